"""The builder: the steps of a workflow's draft, and the forms that change them. Every form saves the draft at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _

from salespilots.domain import workflow_editing as editing
from salespilots.domain.business import Permission
from salespilots.domain.errors import Conflict, InvalidInput, NotFound
from salespilots.domain.workflow import Workflow, steps_by_id
from salespilots.domain.workflow_editing import Spot
from salespilots.domain.workflow_problems import WHEN
from salespilots.services.workflows.schemas import kinds_of
from salespilots.web.builder_page import builder_page, kept_names, offered
from salespilots.web.context import here, services
from salespilots.web.dry_panel import panel_of
from salespilots.web.pages import back_to
from salespilots.web.permissions import permits
from salespilots.web.presenters import steps as present
from salespilots.web.settings_form import controls
from salespilots.web.settings_reading import PREFIX, problems_of_settings, read_settings
from salespilots.web.shell import remember_position

blueprint = Blueprint("builder", __name__, url_prefix="/app/workflows")
blueprint.before_request(remember_position)

NEW = "new"
SPLIT = "flow.split"
MORE_ROWS = 3
AUTOSAVED = "stepstate"
"""The region that a form's own saving asks for."""


def found(workflow_id: str) -> Workflow:
    """The workflow of this shop."""
    return services().workflows.get(here().shop_id, workflow_id)


def builder_at(workflow_id: str, step_id: str = "") -> str:
    """The builder's address, at a step."""
    return url_for("builder.show", workflow_id=workflow_id, _anchor=f"s-{step_id}" if step_id else None)


def save(workflow: Workflow, definition: Mapping[str, Any], place: str) -> dict[str, str]:
    """Keep a draft; gives what is wrong by form field when it cannot be kept."""
    try:
        services().workflows.save_draft(here().shop_id, workflow.id, definition=definition, based_on=workflow.version)
    except InvalidInput as error:
        return _by_field(error, place)
    except Conflict as error:
        now = found(workflow.id)
        if now.version != workflow.version and _without(now.draft, place) == _without(workflow.draft, place):
            return save(now, definition, place)  # the same form, which was saving itself
        return {"_": _(error.message)}
    return {}


def _without(draft: Mapping[str, Any], place: str) -> Any:
    """What a form for one place does not touch."""
    steps = [one for one in draft.get("steps") or [] if one.get("id") != place]
    return steps, None if place == WHEN else draft.get("trigger")


def _by_field(error: InvalidInput, place: str) -> dict[str, str]:
    where = "When" if place == WHEN else f"Step {place}"
    told: dict[str, str] = {}
    for text in error.fields.get("definition", []):
        part = re.match(rf"{re.escape(where)}: ([a-z_]+): (.+)", text)
        told.setdefault(f"{PREFIX}{part[1]}" if part else "_", _(part[2]) if part else text)
    return told or {"_": error.message}


@blueprint.get("/<workflow_id>")
@permits(Permission.CATALOGUE)
def show(workflow_id: str) -> Any:
    """All steps."""
    workflow = found(workflow_id)
    return builder_page(workflow, panel_of(workflow, {}, quiet=True))


# --- one step ------------------------------------------------------------------------------------------------------------


def _step_of(workflow: Workflow, step_id: str) -> dict[str, Any]:
    step = steps_by_id(workflow.draft).get(step_id)
    if step is None:
        raise NotFound("There is no such step.")
    return step


def _step_page(
    workflow: Workflow,
    step: Mapping[str, Any],
    errors: Mapping[str, str],
    status: int = 200,
    *,
    spot: Spot | None = None,
    blanks: int = 1,
    saved: bool = False,
) -> Any:
    """The form of a step, of one that is not there yet where ``spot`` says where it will be."""
    registry = services().core.registry
    action = registry.actions.find(step["kind"])
    kinds = kinds_of(registry)
    settings = step.get("settings") or {}
    fields = controls(action.settings, settings, errors, offered(workflow), blanks=blanks) if action else []
    new = spot is not None
    panel = present.step_panel(
        workflow, step, action, fields, errors, new=new, saved=saved,
        ways=[] if new else present.ways(workflow.draft, step, action, registry),
        words=present.words_of(kept_names(workflow.draft)),
    )  # fmt: skip
    if spot is not None:
        branch = spot.branch if spot.after else None
        panel.action = url_for("builder.insert", workflow_id=workflow.id, after=spot.after, branch=branch)
        panel.back = url_for("builder.add", workflow_id=workflow.id, after=spot.after, branch=branch)
    else:
        panel.action = url_for("builder.change", workflow_id=workflow.id, step_id=step["id"])
        panel.moves = [by for by in (-1, 1) if editing.may_move(workflow.draft, step["id"], by, kinds)]
        panel.copies = editing.onward(kinds.get(step["kind"])) is not None
        if step["kind"] == SPLIT:
            panel.figures = services().splits.figures(here().shop_id, workflow.id, step["id"])
        panel.goes = len(workflow.draft["steps"]) - len(editing.remove(workflow.draft, step["id"], kinds)["steps"])
    return builder_page(workflow, panel, status, chosen="" if new else step["id"])


@blueprint.get("/<workflow_id>/steps/<step_id>")
@permits(Permission.CATALOGUE)
def step(workflow_id: str, step_id: str) -> Any:
    """One step's form."""
    workflow = found(workflow_id)
    return _step_page(workflow, _step_of(workflow, step_id), {})


@blueprint.post("/<workflow_id>/steps/<step_id>")
@permits(Permission.CATALOGUE)
def change(workflow_id: str, step_id: str) -> Any:
    """Save its settings and where it leads; what cannot be saved stays in the form with what to mend."""
    workflow = found(workflow_id)
    step = _step_of(workflow, step_id)
    action = services().core.registry.actions.find(step["kind"])
    if action is None:
        raise Conflict("This step is not installed.")
    settings = read_settings(action.settings, request.form)
    typed = {**step, "settings": settings}
    if "more" in request.form:
        return _step_page(workflow, typed, {}, blanks=MORE_ROWS)
    errors = problems_of_settings(action.settings, settings)
    changed = editing.change(workflow.draft, step_id, settings)
    new_way = ""
    for key in present.ways_out(step, action):
        target = request.form.get(f"way-{key}")
        if target == NEW:
            new_way = key
        elif target is not None and target != present.leads_to(step, key):
            changed = editing.lead(changed, step_id, key, target)
    errors = errors or save(workflow, changed, step_id)
    alone = request.headers.get("X-Partial") == AUTOSAVED
    if errors:
        return _step_page(workflow, typed, errors, 200 if alone else 422)
    if alone:
        workflow = found(workflow_id)
        return _step_page(workflow, _step_of(workflow, step_id), {}, saved=True)
    if new_way:
        return back_to(url_for("builder.add", workflow_id=workflow_id, after=step_id, branch=new_way))
    return back_to(builder_at(workflow_id, step_id))


@blueprint.post("/<workflow_id>/steps/<step_id>/move")
@permits(Permission.CATALOGUE)
def move(workflow_id: str, step_id: str) -> Any:
    """One place up or down."""
    workflow = found(workflow_id)
    _step_of(workflow, step_id)
    by = -1 if request.form.get("by") == "-1" else 1
    try:
        changed = editing.move(workflow.draft, step_id, by, kinds_of(services().core.registry))
    except Conflict as error:
        flash(_(error.message), "bad")
        return back_to(builder_at(workflow_id, step_id))
    _kept(workflow, changed, step_id)
    return back_to(builder_at(workflow_id, step_id))


@blueprint.post("/<workflow_id>/steps/<step_id>/copy")
@permits(Permission.CATALOGUE)
def copy(workflow_id: str, step_id: str) -> Any:
    """The same once more behind it."""
    workflow = found(workflow_id)
    changed, new = editing.duplicate(workflow.draft, step_id, kinds_of(services().core.registry))
    return back_to(builder_at(workflow_id, new if _kept(workflow, changed, new) else step_id))


@blueprint.post("/<workflow_id>/steps/<step_id>/remove")
@permits(Permission.CATALOGUE)
def remove(workflow_id: str, step_id: str) -> Any:
    """Take it out, with what only it led to."""
    workflow = found(workflow_id)
    changed = editing.remove(workflow.draft, step_id, kinds_of(services().core.registry))
    if _kept(workflow, changed, step_id):
        flash(_("The step is taken out."), "ok")
    return back_to(builder_at(workflow_id))


def _kept(workflow: Workflow, changed: Mapping[str, Any], place: str) -> bool:
    errors = save(workflow, changed, place)
    if errors:
        flash(next(iter(errors.values())), "bad")
    return not errors


# --- a new step ----------------------------------------------------------------------------------------------------------


def _spot(workflow: Workflow) -> Spot:
    after = request.args.get("after") or None
    if after is not None:
        _step_of(workflow, after)
    return Spot(after=after, branch=request.args.get("branch") or "next")


@blueprint.get("/<workflow_id>/add")
@permits(Permission.CATALOGUE)
def add(workflow_id: str) -> Any:
    """What can be put in here, or the form of what was chosen."""
    workflow = found(workflow_id)
    spot, kind = _spot(workflow), request.args.get("kind")
    actions = services().core.registry.actions
    if kind is not None and actions.find(kind) is not None:
        return _step_page(workflow, {"id": NEW, "kind": kind, "settings": {}}, {}, spot=spot)
    branch = spot.branch if spot.after else None

    def href(kind: str) -> str:
        return url_for("builder.add", workflow_id=workflow_id, after=spot.after, branch=branch, kind=kind)

    where = present.where(workflow.draft, spot, services().core.registry)
    panel = SimpleNamespace(kind="kinds", title=_("Add a step"), where=where, groups=present.kinds(actions.all(), href))
    return builder_page(workflow, panel)


@blueprint.post("/<workflow_id>/add")
@permits(Permission.CATALOGUE)
def insert(workflow_id: str) -> Any:
    """Put it in."""
    workflow = found(workflow_id)
    registry, spot = services().core.registry, _spot(workflow)
    action = registry.actions.find(request.form.get("kind", ""))
    if action is None:
        raise NotFound("There is no such kind of step.")
    settings = read_settings(action.settings, request.form)
    typed = {"id": NEW, "kind": action.key, "settings": settings}
    if "more" in request.form:
        return _step_page(workflow, typed, {}, spot=spot, blanks=MORE_ROWS)
    errors = problems_of_settings(action.settings, settings)
    changed, new = editing.insert(workflow.draft, action.key, settings, spot, kinds_of(registry))
    errors = errors or save(workflow, changed, new)
    if errors:
        return _step_page(workflow, typed, errors, 422, spot=spot)
    return back_to(builder_at(workflow_id, new))


# --- the trigger ---------------------------------------------------------------------------------------------------------


def _trigger_page(
    workflow: Workflow, kind: str, settings: Mapping[str, Any], errors: Mapping[str, str], status: int = 200, *,
    saved: bool = False, blanks: int = 1,
) -> Any:  # fmt: skip
    trigger = services().core.registry.triggers.find(kind)
    fields = controls(trigger.settings, settings, errors, offered(workflow), blanks=blanks) if trigger else []
    panel = present.trigger_panel(workflow, kind, trigger, fields, errors, saved=saved)
    panel.action = url_for("builder.change_trigger", workflow_id=workflow.id)
    panel.back = url_for("builder.trigger", workflow_id=workflow.id, choose=1)
    return builder_page(workflow, panel, status, chosen=WHEN)


@blueprint.get("/<workflow_id>/when")
@permits(Permission.CATALOGUE)
def trigger(workflow_id: str) -> Any:
    """When it starts: its form, or the kinds to choose from."""
    workflow = found(workflow_id)
    now, triggers = workflow.draft.get("trigger") or {}, services().core.registry.triggers
    kind = request.args.get("kind") or now.get("kind", "")
    if "choose" in request.args or triggers.find(kind) is None:

        def href(kind: str) -> str:
            return url_for("builder.trigger", workflow_id=workflow_id, kind=kind)

        groups = present.trigger_kinds(triggers.all(), href, now.get("kind", ""))
        panel = SimpleNamespace(kind="kinds", title=_("When does it start?"), where="", groups=groups)
        return builder_page(workflow, panel, chosen=WHEN)
    settings = now.get("settings") or {} if kind == now.get("kind") else {}
    return _trigger_page(workflow, kind, settings, {})


@blueprint.post("/<workflow_id>/when")
@permits(Permission.CATALOGUE)
def change_trigger(workflow_id: str) -> Any:
    """Save it."""
    workflow = found(workflow_id)
    trigger = services().core.registry.triggers.find(request.form.get("kind", ""))
    if trigger is None:
        raise NotFound("There is no such trigger.")
    settings = read_settings(trigger.settings, request.form)
    if "more" in request.form:
        return _trigger_page(workflow, trigger.key, settings, {}, blanks=MORE_ROWS)
    errors = problems_of_settings(trigger.settings, settings)
    changed = {**workflow.draft, "trigger": {"kind": trigger.key, "settings": settings}}
    errors = errors or save(workflow, changed, WHEN)
    alone = request.headers.get("X-Partial") == AUTOSAVED
    if errors or alone:
        kept = workflow if errors else found(workflow_id)
        return _trigger_page(kept, trigger.key, settings, errors, 200 if alone else 422, saved=not errors)
    return back_to(builder_at(workflow_id, WHEN))
