"""Templates: words kept in both languages, for workflow steps and for the composer."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _

from salespilots.domain.business import Permission
from salespilots.domain.errors import Conflict, InvalidInput, NotFound
from salespilots.domain.template import LANGUAGES
from salespilots.services.template_starters import BY_NAME, FIRST
from salespilots.services.templates import LONGEST, SAMPLE, sample
from salespilots.web.context import here, services
from salespilots.web.fields import Line, Text
from salespilots.web.forms import Form, read
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import permits
from salespilots.web.presenters import templates as present
from salespilots.web.shell import remember_position

blueprint = Blueprint("templates", __name__, url_prefix="/app/templates")
blueprint.before_request(remember_position)


class TemplateForm(Form):
    """A template as typed."""

    title = Line(longest=80, load_default="")
    name = Line(longest=41, required=True)
    purpose = Line(longest=20, load_default="other")
    text_en = Text(longest=LONGEST, load_default="")
    text_hi = Text(longest=LONGEST, load_default="")


@blueprint.get("")
@permits(Permission.CATALOGUE)
def index() -> Any:
    """By purpose; a shop without any is offered a few."""
    templates, shop_id = services().templates, here().shop_id
    found = templates.all(shop_id)
    return page(
        "templates/index.html",
        sections=present.sections(found, templates.uses(shop_id)),
        offers=[present.offer(one) for one in FIRST] if not found else [],
    )


@blueprint.get("/new")
@permits(Permission.CATALOGUE)
def new() -> Any:
    """An empty form."""
    return _form({"purpose": "answer"})


@blueprint.post("/new")
@permits(Permission.CATALOGUE)
def create() -> Any:
    """Make it."""
    return _save(None)


@blueprint.post("/first")
@permits(Permission.CATALOGUE)
def first() -> Any:
    """Take one of those that are offered, or all of them."""
    name = request.form.get("name", "")
    if name and name not in BY_NAME:
        raise NotFound("There is no such template.")
    there = {one.name for one in services().templates.all(here().shop_id)}
    for one in FIRST:
        if one.name not in there and name in ("", one.name):
            services().templates.save(here().shop_id, one.values(), actor=here().user.id)
    return back_to(url_for("templates.index"))


@blueprint.get("/<template_id>")
@permits(Permission.CATALOGUE)
def edit(template_id: str) -> Any:
    """One of them."""
    found = services().templates.get(here().shop_id, template_id)
    return _form(present.values_of(found), template_id=found.id)


@blueprint.post("/<template_id>")
@permits(Permission.CATALOGUE)
def change(template_id: str) -> Any:
    """Change it; what was sent stays as it was."""
    services().templates.get(here().shop_id, template_id)
    return _save(template_id)


@blueprint.post("/<template_id>/delete")
@permits(Permission.CATALOGUE)
def delete(template_id: str) -> Any:
    """Take it away, unless workflows use it."""
    try:
        services().templates.delete(here().shop_id, template_id, actor=here().user.id)
    except Conflict as refused:
        flash(_(refused.message), "bad")
        return back_to(url_for("templates.edit", template_id=template_id))
    flash(_("Template deleted"), "ok")
    return back_to(url_for("templates.index"))


def _save(template_id: str | None) -> Any:
    values, errors = read(TemplateForm, request.form)
    if errors:
        return _form(request.form.to_dict(), errors, 422, template_id)
    given = {
        "title": values["title"], "name": values["name"].removeprefix("/").lower(), "purpose": values["purpose"],
        "texts": {language: values[f"text_{language}"] for language in LANGUAGES},
    }  # fmt: skip
    try:
        services().templates.save(here().shop_id, given, template_id=template_id, actor=here().user.id)
    except InvalidInput as error:
        return _form(request.form.to_dict(), present.placed(error.fields), 422, template_id)
    except Conflict as refused:
        return _form(request.form.to_dict(), {"_": _(refused.message)}, 422, template_id)
    flash(_("Saved"), "ok")
    return back_to(url_for("templates.index"))


def _form(
    values: dict[str, Any], errors: dict[str, str] | None = None, status: int = 200, template_id: str | None = None
) -> Any:
    used: list[str] = []
    if template_id is not None:
        kept = services().templates.get(here().shop_id, template_id)
        used = services().templates.uses(here().shop_id).get(kept.name, [])
    return page(
        "templates/form.html", status, values=values, errors=errors or {}, template_id=template_id, used=used,
        purposes=present.purposes(), variables=present.variables(), samples=SAMPLE,
        preview={one: sample(str(values.get(f"text_{one}") or "")[:LONGEST]) for one in LANGUAGES},
    )  # fmt: skip


# --- in the composer ---------------------------------------------------------------------------------------------


@blueprint.get("/for/<conversation_id>")
@permits(Permission.INBOX)
def offered(conversation_id: str) -> Any:
    """All of them with their words for one chat, in the customer's language: a page, or the list under the composer."""
    found = services().templates.for_composer(here().shop_id, conversation_id)
    row = services().conversations.get(here().shop_id, conversation_id)
    return page(
        "templates/offered.html",
        chat_id=conversation_id,
        name=row.customer.name or _("this customer"),
        offers=[{"name": one.name, "title": one.title, "text": text} for one, text in found],
        may_change=here().may(Permission.CATALOGUE),
    )
