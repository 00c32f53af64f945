"""Templates: words in both languages, by a name."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from salespilots.domain.template import LANGUAGES, PURPOSES, Template
from salespilots.web.api import schemas
from salespilots.web.api.guard import actor, keep_answer, scope, shop_id
from salespilots.web.api.resource import Resource
from salespilots.web.api.shapes import moment
from salespilots.web.context import services

PATH = "templates"
blueprint = Resource("api_templates", __name__, description="Templates")
blueprint.after_request(keep_answer)


class ReplyIn(schemas.Base):
    """One tappable answer."""

    title = schemas.line(20, 1, required=True)
    payload = schemas.line(200, 1, required=True)


class TemplateIn(schemas.Base):
    """A template as sent."""

    name = schemas.line(40, 1, required=True)
    title = schemas.line(80)
    purpose = fields.String(validate=validate.OneOf(PURPOSES))
    texts = fields.Dict(
        keys=fields.String(validate=validate.OneOf(LANGUAGES)), values=fields.String(validate=validate.Length(max=1000)),
        required=True,
    )  # fmt: skip
    quick_replies = fields.List(fields.Nested(ReplyIn), validate=validate.Length(max=13))


class TemplatePut(TemplateIn):
    """What changes; the rest stays."""

    name = schemas.line(40, 1)
    texts = fields.Dict(
        keys=fields.String(validate=validate.OneOf(LANGUAGES)), values=fields.String(validate=validate.Length(max=1000))
    )


class Reply(Schema):
    """One tappable answer."""

    title = fields.String(required=True)
    payload = fields.String(required=True)


class TemplateOut(Schema):
    """A template. ``texts``: language (en, hi) to words."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    title = fields.String(required=True)
    purpose = fields.String(required=True)
    texts = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    quick_replies = fields.List(fields.Nested(Reply), required=True)
    created_at = fields.String(required=True, metadata={"format": "date-time"})
    updated_at = fields.String(required=True, metadata={"format": "date-time"})


def _template(one: Template) -> dict[str, Any]:
    return {
        "id": one.id, "name": one.name, "title": one.title, "purpose": one.purpose, "texts": one.texts,
        "quick_replies": one.quick_replies, "created_at": moment(one.created_at), "updated_at": moment(one.updated_at),
    }  # fmt: skip


@blueprint.get("")
@scope("templates:read")
@blueprint.arguments(schemas.ListQuery, location="query")
@blueprint.answers(TemplateOut, page=True)
def list_templates(query: dict[str, Any]) -> Any:
    """By name."""
    page = services().templates.page(shop_id(), **query)
    return {"items": [_template(one) for one in page.items], "next": page.next}


@blueprint.post("")
@scope("templates:write")
@blueprint.arguments(TemplateIn)
@blueprint.answers(TemplateOut, 201)
def create_template(values: dict[str, Any]) -> Any:
    """A new one; its placeholders are checked."""
    return _template(services().templates.save(shop_id(), values, actor=actor()))


@blueprint.get("/<template_id>")
@scope("templates:read")
@blueprint.answers(TemplateOut)
def get_template(template_id: str) -> Any:
    """One template."""
    return _template(services().templates.get(shop_id(), template_id))


@blueprint.patch("/<template_id>")
@scope("templates:write")
@blueprint.arguments(TemplatePut)
@blueprint.answers(TemplateOut)
def change_template(values: dict[str, Any], template_id: str) -> Any:
    """Change fields; one that workflows use keeps its name."""
    return _template(services().templates.save(shop_id(), values, template_id=template_id, actor=actor()))


@blueprint.delete("/<template_id>")
@scope("templates:write")
@blueprint.answers(TemplateOut)
def delete_template(template_id: str) -> Any:
    """Take it away; 409 while workflows use it."""
    found = services().templates.get(shop_id(), template_id)
    services().templates.delete(shop_id(), template_id, actor=actor())
    return _template(found)
