"""Going live, and the versions that were: what changed between them, and bringing one back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _

from salespilots.domain.business import Permission
from salespilots.domain.errors import Conflict, DomainError
from salespilots.domain.workflow import WorkflowState
from salespilots.services.rehearsal.cases import CasesFail
from salespilots.services.workflows.versions import compare
from salespilots.web.builder_page import builder_page
from salespilots.web.context import here, services
from salespilots.web.forms import query_number
from salespilots.web.pages import back_to, page
from salespilots.web.permissions import permits
from salespilots.web.presenters.workflow_words import difference

blueprint = Blueprint("versions", __name__, url_prefix="/app/workflows")


def _review(workflow_id: str, failed: str = "", status: int = 200, failing: Sequence[Mapping[str, Any]] = ()) -> Any:
    workflow = services().workflows.get(here().shop_id, workflow_id)
    live = workflow.state is WorkflowState.LIVE
    panel = SimpleNamespace(
        kind="review", title=_("What changes") if workflow.live_version_id else _("Go live"), failed=failed, failing=failing,
        word=_("Go live all the same") if failing else _("Publish the changes") if live else _("Go live"),
    )  # fmt: skip
    return builder_page(workflow, panel, status)


@blueprint.get("/<workflow_id>/publish")
@permits(Permission.CATALOGUE)
def review(workflow_id: str) -> Any:
    """What is about to go live. ``ask``: a switch was pressed, and the whole page is due instead of its region."""
    if "ask" in request.args and "X-Partial" in request.headers:
        services().workflows.get(here().shop_id, workflow_id)
        return Response("", mimetype="text/plain")
    return _review(workflow_id)


@blueprint.post("/<workflow_id>/publish")
@permits(Permission.CATALOGUE)
def publish(workflow_id: str) -> Any:
    """Make the draft the live version, if its tests pass or the owner wants it all the same."""
    force = request.form.get("force") == "1"
    try:
        done = services().cases.publish(here().shop_id, workflow_id, actor=here().user.id, force=force)
    except CasesFail as error:
        return _review(workflow_id, _("Tests of this workflow fail."), 409, error.details["failing"])
    except (DomainError, Conflict) as error:
        return _review(workflow_id, _(error.message), 409)
    flash(_("Version %(number)s is live", number=done.version_number), "ok")
    return back_to(url_for("builder.show", workflow_id=workflow_id))


@blueprint.get("/<workflow_id>/versions")
@permits(Permission.CATALOGUE)
def index(workflow_id: str) -> Any:
    """All versions, and what differs between two of them."""
    shop_id = here().shop_id
    workflow = services().workflows.get(shop_id, workflow_id)
    versions = services().versions.all(shop_id, workflow_id)
    numbers = [one.number for one in versions]
    older, newer = query_number(request.args.get("from")), query_number(request.args.get("to"))
    older = older if older in numbers else (numbers[0] if numbers else None)
    newer = newer if newer in numbers else None
    by_number = {one.number: one.definition for one in versions}
    registry = services().core.registry
    found = compare(by_number[older], by_number.get(newer or 0, workflow.draft)) if older is not None else []
    names = [(str(one), _("Version %(number)s", number=one)) for one in numbers]
    return page(
        "workflows/versions.html",
        workflow=workflow,
        live=workflow.state is WorkflowState.LIVE,
        versions=[
            SimpleNamespace(
                number=one.number, at=one.published_at, current=one.id == workflow.live_version_id,
                steps=len(one.definition.get("steps") or []), differs=one.definition != workflow.draft,
            )
            for one in versions
        ],
        choices=names, from_value=str(older or ""), to_value=str(newer or ""),
        differences=[difference(one, registry) for one in found],
    )  # fmt: skip


@blueprint.post("/<workflow_id>/versions/<number>/bring-back")
@permits(Permission.CATALOGUE)
def bring_back(workflow_id: str, number: str) -> Any:
    """An earlier version becomes the draft; what is live stays until it is published."""
    services().versions.bring_back(here().shop_id, workflow_id, query_number(number) or 0, actor=here().user.id)
    flash(_("Version %(number)s is the draft now. Publish it to make it live.", number=number), "ok")
    return back_to(url_for("versions.review", workflow_id=workflow_id))
