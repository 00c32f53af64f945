"""The time machine: the last days once more with a workflow's draft, and who would have got something else."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _

from salespilots.domain.business import Permission
from salespilots.domain.errors import InvalidInput
from salespilots.web.context import here, services
from salespilots.web.pages import page
from salespilots.web.permissions import permits
from salespilots.web.presenters import replays as present
from salespilots.web.shell import remember_position

blueprint = Blueprint("replays", __name__, url_prefix="/app/workflows/<workflow_id>/replay")
blueprint.before_request(remember_position)

DAYS = (1, 7, 30)


@blueprint.get("")
@permits(Permission.CATALOGUE)
def index(workflow_id: str) -> Any:
    """With ``days`` it is played, which takes some seconds and writes nothing; without, one chooses."""
    shop_id = here().shop_id
    workflow = services().workflows.get(shop_id, workflow_id)
    days = {str(one): one for one in DAYS}.get(request.args.get("days", ""))
    told, trouble = None, ""
    if days is not None:
        try:
            replay = services().time_machine.replay(shop_id, workflow_id, days=days)
        except InvalidInput as error:
            trouble = _(next(iter(error.fields.values()))[0])
        else:
            names = {one.id: one.name for one in services().workflows.page(shop_id, limit=200).items}
            told = present.told(replay, names, lambda id: url_for("inbox.thread", conversation_id=id))
    choices = [("1", _("1 day")), ("7", _("7 days")), ("30", _("30 days"))]
    return page(
        "replays/index.html", 422 if trouble else 200, workflow=workflow, days=days or 7, choices=choices, told=told,
        trouble=trouble,
    )  # fmt: skip
