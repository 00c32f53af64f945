"""The list of workflows: what answers, in which order."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _

from salespilots.domain.business import Permission
from salespilots.domain.errors import Conflict, DomainError
from salespilots.domain.workflow import Workflow, WorkflowState
from salespilots.domain.workflow_problems import Problem
from salespilots.services.rehearsal.cases import CasesFail
from salespilots.web.context import here, services
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import permits
from salespilots.web.presenters import workflows as present
from salespilots.web.shell import remember_position

blueprint = Blueprint("workflows", __name__, url_prefix="/app/workflows")
blueprint.before_request(remember_position)

VIEWS = ("", "live", "draft")


def stopping(problems: list[Problem]) -> list[str]:
    """The sentences of those that keep it from going live."""
    return [one.sentence for one in problems if one.stops]


@blueprint.get("")
@permits(Permission.CATALOGUE)
def index() -> Any:
    """In the order in which they are matched."""
    shop_id, workflows = here().shop_id, services().workflows
    view = request.args.get("state", "")
    view = view if view in VIEWS else ""
    every = workflows.page(shop_id, limit=100).items
    live = [one for one in every if one.state is WorkflowState.LIVE]
    others = [one for one in every if one.state is not WorkflowState.LIVE]
    found = {"live": live, "draft": others}.get(view, every)
    week = services().run_log.week(shop_id, [one.id for one in found])
    wrong = workflows.problems_of_many(shop_id, found)
    cards = [
        present.card(
            one, _trigger(one), week[one.id], stopping(wrong[one.id]), first=one is found[0], last=one is found[-1]
        )
        for one in found
    ]  # fmt: skip
    names = {"": (_("All"), len(every)), "live": (_("Live"), len(live)), "draft": (_("Off and drafts"), len(others))}
    return page(
        "workflows/index.html",
        workflows=cards,
        ordered=not view and len(every) > 1,
        any=bool(every),
        filters=[
            SimpleNamespace(
                label=names[one][0], count=names[one][1], on=one == view,
                href=url_for("workflows.index", state=one or None),
            )
            for one in VIEWS
        ],
    )  # fmt: skip


def _trigger(workflow: Workflow) -> str:
    trigger = workflow.draft.get("trigger") or {}
    kind = services().core.registry.triggers.find(trigger.get("kind"))
    return _(kind.sentence(trigger.get("settings") or {})) if kind else str(trigger.get("kind", ""))


@blueprint.post("/<workflow_id>/switch")
@permits(Permission.CATALOGUE)
def switch(workflow_id: str) -> Any:
    """Live or paused; what began goes on. Where something stops it, or what would go live is not what was live before,
    the page that shows it comes first."""
    workflows, shop_id = services().workflows, here().shop_id
    on = request.form.get("live") == "1"
    if on:
        found = workflows.get(shop_id, workflow_id)
        changed = found.live_version_id is not None and services().versions.unpublished(shop_id, found)
        if changed or stopping(workflows.problems(shop_id, found)):
            return back_to(url_for("versions.review", workflow_id=workflow_id, ask=1))
    try:
        (services().cases.publish if on else workflows.pause)(shop_id, workflow_id, actor=here().user.id)
    except CasesFail:
        return back_to(url_for("versions.review", workflow_id=workflow_id, ask=1))
    except (DomainError, Conflict) as error:
        flash(_(error.message), "bad")
    came_from = urlsplit(request.referrer or "").path
    one = url_for("builder.show", workflow_id=workflow_id)
    single = request.headers.get("X-Partial") == "switch" or came_from.startswith(one)
    return back_to(one if single else url_for("workflows.index"))
