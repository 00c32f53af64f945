"""Whether a definition can go live in this shop: its structure, its words, and what it refers to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from salespilots.domain.template import LANGUAGES
from salespilots.domain.workflow import WorkflowState
from salespilots.domain.workflow_problems import WHEN, Problem, problems_of
from salespilots.ports.settings import placeholders, words_in
from salespilots.ports.storage import UnitOfWork
from salespilots.ports.texts import OWN_FIELD, PLACEHOLDERS
from salespilots.services.core import Core
from salespilots.services.workflows.schemas import kinds_of, settings_problems

CALLED = "webhook_"
"""Before the names of what an address answered."""


def problems_in(core: Core, uow: UnitOfWork, definition: Mapping[str, Any], *, itself: str = "") -> list[Problem]:
    """Every problem, those that stop it first. ``itself``: the workflow's id."""
    registry = core.registry
    found = problems_of(definition, triggers=registry.triggers.keys(), kinds=kinds_of(registry))
    found += [
        Problem(place=place, text=text, stops=True) for place, text in settings_of_steps(core, definition) if text
    ]
    found += _words(core, definition)
    for step in definition.get("steps") or []:
        found += _references(uow, step, itself)
    return sorted(found, key=lambda one: not one.stops)


def settings_of_steps(core: Core, definition: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(place, what is wrong) of settings that would be refused today: an older release may have taken them."""
    trigger = definition.get("trigger") or {}
    kind = core.registry.triggers.find(trigger.get("kind"))
    for text in settings_problems(core, kind.settings, trigger.get("settings") or {}) if kind else ():
        yield WHEN, text
    for step in definition.get("steps") or []:
        action = core.registry.actions.find(step["kind"])
        for text in settings_problems(core, action.settings, step.get("settings") or {}) if action else ():
            yield step["id"], text


def _words(core: Core, definition: Mapping[str, Any]) -> Iterator[Problem]:
    """Placeholders that nothing fills."""
    steps, actions = definition.get("steps") or [], core.registry.actions
    kept = set(PLACEHOLDERS)
    for step in steps:
        action = actions.find(step["kind"])
        if action is not None and action.keeps is not None:
            kept |= set(action.keeps(step.get("settings") or {}))
    calls = any(step["kind"] == "webhook.call" for step in steps)
    for step in steps:
        action = actions.find(step["kind"])
        for _, text in words_in(action.settings, step.get("settings") or {}) if action is not None else ():
            for name in placeholders(text):
                if name in kept or name.startswith(OWN_FIELD) or (calls and name.startswith(CALLED)):
                    continue
                yield Problem(place=step["id"], text=f"nothing gives a value for {{{name}}}.")


def _references(uow: UnitOfWork, step: Mapping[str, Any], itself: str) -> Iterator[Problem]:
    """Templates, workflows and people that a step names."""
    settings, place = step.get("settings") or {}, step["id"]
    if step["kind"] == "message.template":
        template = uow.templates.find(name=str(settings.get("name")))
        if template is None:
            yield Problem(place=place, text=f"there is no template “{settings.get('name')}”.")
        else:
            names = {"en": "English", "hi": "Hindi"}
            missing = ", ".join(names[one] for one in LANGUAGES if not template.texts.get(one))
            if missing:
                yield Problem(place=place, text=f"the template “{template.name}” has no {missing}.", stops=False)
    elif step["kind"] == "flow.workflow":
        other = uow.workflows.find(id=str(settings.get("workflow_id")))
        if other is None or other.archived:
            yield Problem(place=place, text="the workflow to go on in is gone.")
        elif other.id == itself:
            yield Problem(place=place, text="a workflow cannot go on in itself.")
        elif other.state is not WorkflowState.LIVE:
            yield Problem(place=place, text=f"“{other.name}” is not live, so nothing goes on there.", stops=False)
    elif step["kind"] == "flow.assign":
        members = {one.user_id for one in uow.memberships.select()}
        if settings.get("user_id") not in members:
            yield Problem(place=place, text="that person is not of the team any more.")
