"""Tags of customers."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from salespilots.services.tags import Counted
from salespilots.web.api import schemas
from salespilots.web.api.guard import actor, keep_answer, scope, shop_id
from salespilots.web.api.resource import Resource
from salespilots.web.api.shapes import moment
from salespilots.web.context import services

PATH = "tags"
blueprint = Resource("api_tags", __name__, description="Tags of customers")
blueprint.after_request(keep_answer)


class TagIn(schemas.Base):
    """A tag as sent."""

    name = schemas.line(40, 1, required=True)


class TagOut(Schema):
    """A tag and how many customers have it."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    customers = fields.Integer(required=True)
    created_at = fields.String(required=True, metadata={"format": "date-time"})


def _tag(one: Counted) -> dict[str, Any]:
    return {
        "id": one.tag.id, "name": one.tag.name, "customers": one.customers, "created_at": moment(one.tag.created_at)
    }  # fmt: skip


@blueprint.get("")
@scope("tags:read")
@blueprint.arguments(schemas.ListQuery, location="query")
@blueprint.answers(TagOut, page=True)
def list_tags(query: dict[str, Any]) -> Any:
    """By name, with how many customers have each."""
    page = services().tags.page(shop_id(), **query)
    return {"items": [_tag(one) for one in page.items], "next": page.next}


@blueprint.post("")
@scope("tags:write")
@blueprint.arguments(TagIn)
@blueprint.answers(TagOut, 201)
def create_tag(values: dict[str, Any]) -> Any:
    """A new one."""
    return _tag(services().tags.add(shop_id(), values["name"]))


@blueprint.get("/<tag_id>")
@scope("tags:read")
@blueprint.answers(TagOut)
def get_tag(tag_id: str) -> Any:
    """One tag."""
    return _tag(services().tags.get(shop_id(), tag_id))


@blueprint.patch("/<tag_id>")
@scope("tags:write")
@blueprint.arguments(TagIn)
@blueprint.answers(TagOut)
def rename_tag(values: dict[str, Any], tag_id: str) -> Any:
    """Call it otherwise, at everybody who has it; 409 while workflows name it."""
    return _tag(services().tags.rename(shop_id(), tag_id, values["name"], actor=actor()))


@blueprint.delete("/<tag_id>")
@scope("tags:write")
@blueprint.answers(TagOut)
def delete_tag(tag_id: str) -> Any:
    """Take it off everybody; 409 while workflows name it."""
    found = services().tags.get(shop_id(), tag_id)
    services().tags.delete(shop_id(), tag_id, actor=actor())
    return _tag(found)
