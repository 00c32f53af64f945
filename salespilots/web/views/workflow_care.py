"""Workflows as a whole: made, brought in from a file, renamed, copied, put in order, deleted."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import Blueprint, flash, request, send_file, url_for
from flask_babel import gettext as _

from salespilots.domain.business import Permission
from salespilots.domain.errors import InvalidInput
from salespilots.services.accounts import slugify
from salespilots.services.workflows.versions import MAX_FILE
from salespilots.web.context import here, services
from salespilots.web.fields import Line
from salespilots.web.forms import Form, read
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import permits, takes_files

blueprint = Blueprint("workflow_care", __name__, url_prefix="/app/workflows")

EMPTY: dict[str, Any] = {"format": 1, "trigger": {"kind": "message.received", "settings": {}}, "steps": []}
"""What a new workflow is until it has steps."""


class NameForm(Form):
    """What a workflow is called."""

    name = Line(required=True, longest=80)


@blueprint.get("/new")
@permits(Permission.CATALOGUE)
def new() -> Any:
    """Begin with nothing, or with a file."""
    return page("workflows/new.html", values={}, errors={})


@blueprint.post("/new")
@permits(Permission.CATALOGUE)
def create() -> Any:
    """An empty draft; its first question is when it starts."""
    values, errors = read(NameForm, request.form)
    if errors:
        return page("workflows/new.html", 422, values=request.form, errors=errors)
    made = services().workflows.create(here().shop_id, values["name"], EMPTY, actor=here().user.id)
    return back_to(url_for("builder.trigger", workflow_id=made.id, choose=1))


@blueprint.post("/file")
@permits(Permission.CATALOGUE)
@takes_files(1_000_000)
def bring_in() -> Any:
    """A draft from a workflow's file."""
    sent = request.files.get("file")
    data = sent.read(MAX_FILE + 1) if sent else b""
    if not data:
        return page("workflows/new.html", 422, values={}, errors={"file": _("Choose a file.")})
    try:
        made = services().versions.bring_in(here().shop_id, data, actor=here().user.id)
    except InvalidInput as error:
        told = " ".join(_(text) for text in error.fields.get("file", [])[:3])
        return page("workflows/new.html", 422, values={}, errors={"file": told or _(error.message)})
    flash(_("Brought in as a draft. Look through it before it goes live."), "ok")
    return back_to(url_for("builder.show", workflow_id=made.id))


@blueprint.post("/<workflow_id>/rename")
@permits(Permission.CATALOGUE)
def rename(workflow_id: str) -> Any:
    """Another name; nothing else changes."""
    values, errors = read(NameForm, request.form)
    if errors:
        services().workflows.get(here().shop_id, workflow_id)
        flash(errors["name"], "bad")
    else:
        services().workflows.save_draft(here().shop_id, workflow_id, name=values["name"])
    return back_to(url_for("builder.show", workflow_id=workflow_id))


@blueprint.post("/<workflow_id>/duplicate")
@permits(Permission.CATALOGUE)
def duplicate(workflow_id: str) -> Any:
    """The same once more, as a draft."""
    found = services().workflows.get(here().shop_id, workflow_id)
    name = _("%(name)s, copy", name=found.name)[:80]
    made = services().workflows.duplicate(here().shop_id, workflow_id, name, actor=here().user.id)
    flash(_("This is the copy. It is a draft."), "ok")
    return back_to(url_for("builder.show", workflow_id=made.id))


@blueprint.get("/<workflow_id>/file")
@permits(Permission.CATALOGUE)
def export(workflow_id: str) -> Any:
    """The draft as a file."""
    found = services().workflows.get(here().shop_id, workflow_id)
    data = services().versions.export(here().shop_id, workflow_id)
    name = f"{slugify(found.name) or 'workflow'}.json"
    return send_file(BytesIO(data), mimetype="application/json", as_attachment=True, download_name=name)


@blueprint.post("/<workflow_id>/delete")
@permits(Permission.CATALOGUE)
def delete(workflow_id: str) -> Any:
    """Off the list; its log stays."""
    services().workflows.archive(here().shop_id, workflow_id, actor=here().user.id)
    flash(_("The workflow is deleted."), "ok")
    return back_to(url_for("workflows.index"))


@blueprint.post("/<workflow_id>/place")
@permits(Permission.CATALOGUE)
def place(workflow_id: str) -> Any:
    """Asked one place earlier or later."""
    by = -1 if request.form.get("by") == "-1" else 1
    services().workflows.move(here().shop_id, workflow_id, by, actor=here().user.id)
    return back_to(url_for("workflows.index", _anchor=f"w-{workflow_id}"))
