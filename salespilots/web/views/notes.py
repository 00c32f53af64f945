"""What workflows told the owner."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _

from salespilots.domain.business import Permission
from salespilots.domain.events import Event
from salespilots.web.context import here, services
from salespilots.web.forms import query_number
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import permits
from salespilots.web.shell import remember_position

blueprint = Blueprint("notes", __name__, url_prefix="/app/notes")
blueprint.before_request(remember_position)


@blueprint.get("")
@permits(Permission.CATALOGUE)
def index() -> Any:
    """Newest first, the new ones marked."""
    notes, new = services().owner_notes.latest(here().shop_id)
    workflows = {one.id: one.name for one in services().workflows.page(here().shop_id, limit=200).items}
    rows = [_row(one, workflows, new=place < new) for place, one in enumerate(notes)]
    return page("notes/index.html", rows=rows, new=new, until=notes[0].seq if notes else 0)


@blueprint.post("/read")
@permits(Permission.CATALOGUE)
def read() -> Any:
    """All of them are read."""
    until = query_number(request.form.get("until")) or 0
    services().owner_notes.heard(here().shop_id, until, actor=here().user.id)
    return back_to(url_for("notes.index"))


def _row(one: Event, workflows: dict[str, str], *, new: bool) -> SimpleNamespace:
    workflow_id, run_id = one.ids.get("workflow_id", ""), one.ids.get("run_id", "")
    chat = one.ids.get("conversation_id")
    href = url_for("inbox.thread", conversation_id=chat) if chat and here().may(Permission.INBOX) else ""
    return SimpleNamespace(
        text=str(one.data.get("text") or ""), at=one.at, new=new,
        workflow=workflows.get(workflow_id) or _("A workflow that is gone"), chat_href=href,
        run_href=url_for("workflow_runs.run", workflow_id=workflow_id, run_id=run_id) if workflow_id in workflows else "",
    )  # fmt: skip
