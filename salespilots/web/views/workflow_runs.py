"""The log of what a workflow did: run by run, step by step, and why."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _

from salespilots.domain.business import Permission
from salespilots.domain.errors import NotFound
from salespilots.domain.run import Run
from salespilots.web.builder_page import run_rows
from salespilots.web.context import here, services
from salespilots.web.forms import query_number
from salespilots.web.lookups import channel_label, customers
from salespilots.web.pages import page
from salespilots.web.permissions import permits
from salespilots.web.presenters import runs as present
from salespilots.web.shell import remember_position

blueprint = Blueprint("workflow_runs", __name__, url_prefix="/app/workflows")
blueprint.before_request(remember_position)

RESULTS = ("", "done", "handed_over", "no_answer", "error")


@blueprint.get("/<workflow_id>/runs")
@permits(Permission.CATALOGUE)
def index(workflow_id: str) -> Any:
    """The log."""
    shop_id = here().shop_id
    found = services().workflows.get(shop_id, workflow_id)
    result, cursor = request.args.get("state", ""), request.args.get("after")
    result = result if result in RESULTS else ""
    versions = services().versions.all(shop_id, workflow_id)
    number = query_number(request.args.get("version"))
    version = next((one for one in versions if one.number == number), None)
    listed = services().run_log.runs(
        shop_id, workflow_id, result=result, version_id=version.id if version else "", cursor=cursor, limit=30
    )
    names = {
        "": _("All"), "done": _("Done"), "handed_over": _("Handed over"), "no_answer": _("No answer"), "error": _("Failed"),
    }  # fmt: skip
    keep: dict[str, Any] = {
        "workflow_id": workflow_id, "state": result or None, "version": version.number if version else None,
    }  # fmt: skip
    return page(
        "workflows/runs.html",
        workflow=found,
        filters=[
            SimpleNamespace(
                label=names[one], on=one == result, count=None,
                href=url_for("workflow_runs.index", **{**keep, "state": one or None}),
            )
            for one in RESULTS
        ],
        state=result,
        version=str(version.number) if version else "",
        versions=[("", _("Every version")), *((str(one.number), _("Version %(number)s", number=one.number)) for one in versions)],
        runs=run_rows(listed.items),
        older_href=url_for("workflow_runs.index", **keep, after=listed.next) if listed.next else None,
        newer_href=url_for("workflow_runs.index", **keep) if cursor else None,
    )  # fmt: skip


@blueprint.get("/<workflow_id>/runs/<run_id>")
@permits(Permission.CATALOGUE)
def run(workflow_id: str, run_id: str) -> Any:
    """One run as a story."""
    shop_id = here().shop_id
    workflow = services().workflows.get(shop_id, workflow_id)
    found, steps, version = services().run_log.run(shop_id, run_id)
    if found.workflow_id != workflow.id:
        raise NotFound("There is no such run.")
    customer = customers(shop_id, [found.customer_id or ""]).get(found.customer_id or "")
    actions = services().core.registry.actions

    def label(kind: str) -> str:
        action = actions.find(kind)
        return _(action.label) if action else kind

    row = present.run_row(found, customer)
    order = services().orders.get(shop_id, found.order_id) if found.order_id else None
    messages = services().conversations.said_by(found)
    return page(
        "workflows/run.html",
        workflow=workflow,
        run=SimpleNamespace(
            id=found.id, state=row.state, at=found.created_at, version=version.number, customer_id=found.customer_id,
            customer_name=row.customer_name, trigger_text=row.trigger_text, conversation_id=found.conversation_id,
            order=SimpleNamespace(id=order.id, number=order.number or _("Draft")) if order else None,
            trace=present.trace(found, steps, label, workflow.name, saw=True),
            said=present.said(messages, channel_label(messages[0].provider) if messages else ""),
            why=_why(found), message_id=found.message_id,
            problem=_("A step did not work, so a person was asked.") if found.result == "error" else None,
        ),
    )  # fmt: skip


def _why(run: Run) -> SimpleNamespace | None:
    """Why it answers such a message, and why the other workflows do not: as they are today."""
    if run.message_id is None:
        return None
    try:
        told = services().explaining.message(here().shop_id, run.message_id)
    except NotFound:  # the message was deleted since
        return None
    passed = [
        SimpleNamespace(name=one.name, why=_(one.why), href=url_for("builder.show", workflow_id=one.workflow_id))
        for one in told.passed if one.workflow_id != run.workflow_id
    ]  # fmt: skip
    understood = told.intent.replace("_", " ") if told.intent != "other" else ""
    return SimpleNamespace(
        text=told.message.text, understood=understood, percent=round(told.confidence * 100), passed=passed
    )  # fmt: skip
