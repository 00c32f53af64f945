"""Workflows: what answers, in which order, and the log of what it did."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _

from salespilots.domain.business import Permission
from salespilots.domain.errors import Conflict, DomainError, NotFound
from salespilots.domain.workflow import Workflow, WorkflowState
from salespilots.domain.workflow_problems import Problem
from salespilots.web.context import here, services
from salespilots.web.lookups import channel_label, customers
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import permits
from salespilots.web.presenters import runs as present_runs
from salespilots.web.presenters import workflows as present
from salespilots.web.shell import remember_position

blueprint = Blueprint("workflows", __name__, url_prefix="/app/workflows")
blueprint.before_request(remember_position)


def stopping(problems: list[Problem]) -> list[str]:
    """The sentences of those that keep it from going live."""
    return [one.sentence for one in problems if one.stops]


RESULTS = ("", "done", "handed_over", "no_answer", "error")


@blueprint.get("")
@permits(Permission.CATALOGUE)
def index() -> Any:
    """In the order in which they are matched."""
    shop_id, workflows = here().shop_id, services().workflows
    found = workflows.page(shop_id, limit=100).items
    week = services().run_log.week(shop_id, [one.id for one in found])
    wrong = workflows.problems_of_many(shop_id, found)
    cards = [present.card(one, _trigger(one), week[one.id], stopping(wrong[one.id])) for one in found]
    return page("workflows/index.html", workflows=cards)


def _trigger(workflow: Workflow) -> str:
    trigger = workflow.draft.get("trigger") or {}
    kind = services().core.registry.triggers.find(trigger.get("kind"))
    return _(kind.sentence(trigger.get("settings") or {})) if kind else str(trigger.get("kind", ""))


@blueprint.get("/<workflow_id>")
@permits(Permission.CATALOGUE)
def detail(workflow_id: str) -> Any:
    """What one does, step by step."""
    shop_id = here().shop_id
    found = services().workflows.get(shop_id, workflow_id)
    problems = stopping(services().workflows.problems(shop_id, found))
    return page(
        "workflows/detail.html",
        workflow=SimpleNamespace(
            id=found.id,
            name=found.name,
            state="error" if problems else str(found.state),
            live=found.state is WorkflowState.LIVE,
            version=found.version_number,
            saved_at=found.updated_at,
            steps=present.Story(found.draft, services().core.registry).steps(),
            problem=problems[0] if problems else None,
        ),
        runs=_rows(services().run_log.runs(shop_id, workflow_id, limit=5).items),
    )


def _rows(runs: list[Any]) -> list[SimpleNamespace]:
    people = customers(here().shop_id, [one.customer_id for one in runs if one.customer_id])
    return [present_runs.run_row(one, people.get(one.customer_id)) for one in runs]


@blueprint.post("/<workflow_id>/switch")
@permits(Permission.CATALOGUE)
def switch(workflow_id: str) -> Any:
    """Live or paused; what began goes on."""
    workflows, shop_id = services().workflows, here().shop_id
    act = workflows.publish if request.form.get("live") == "1" else workflows.pause
    try:
        act(shop_id, workflow_id, actor=here().user.id)
    except (DomainError, Conflict) as error:
        flash(_(error.message), "bad")
    came_from = urlsplit(request.referrer or "").path
    one = url_for("workflows.detail", workflow_id=workflow_id)
    single = request.headers.get("X-Partial") == "switch" or came_from == one
    return back_to(one if single else url_for("workflows.index"))


@blueprint.get("/<workflow_id>/runs")
@permits(Permission.CATALOGUE)
def runs(workflow_id: str) -> Any:
    """The log."""
    shop_id = here().shop_id
    found = services().workflows.get(shop_id, workflow_id)
    result, cursor = request.args.get("state", ""), request.args.get("after")
    result = result if result in RESULTS else ""
    listed = services().run_log.runs(shop_id, workflow_id, result=result, cursor=cursor, limit=30)
    names = {
        "": _("All"), "done": _("Done"), "handed_over": _("Handed over"), "no_answer": _("No answer"), "error": _("Failed"),
    }  # fmt: skip
    keep: dict[str, Any] = {"workflow_id": workflow_id, "state": result or None}
    return page(
        "workflows/runs.html",
        workflow=found,
        filters=[
            SimpleNamespace(
                label=names[one], on=one == result, count=None,
                href=url_for("workflows.runs", workflow_id=workflow_id, state=one or None),
            )
            for one in RESULTS
        ],
        runs=_rows(listed.items),
        older_href=url_for("workflows.runs", **keep, after=listed.next) if listed.next else None,
        newer_href=url_for("workflows.runs", **keep) if cursor else None,
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

    row = present_runs.run_row(found, customer)
    order = services().orders.get(shop_id, found.order_id) if found.order_id else None
    messages = services().conversations.said_by(found)
    return page(
        "workflows/run.html",
        workflow=workflow,
        run=SimpleNamespace(
            id=found.id,
            state=row.state,
            at=found.created_at,
            version=version.number,
            customer_id=found.customer_id,
            customer_name=row.customer_name,
            trigger_text=row.trigger_text,
            conversation_id=found.conversation_id,
            order=SimpleNamespace(id=order.id, number=order.number or _("Draft")) if order else None,
            trace=present_runs.trace(found, steps, label, workflow.name),
            said=present_runs.said(messages, channel_label(messages[0].provider) if messages else ""),
            problem=_("A step did not work, so a person was asked.") if found.result == "error" else None,
        ),
    )
