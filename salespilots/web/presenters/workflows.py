"""Workflows as cards: a definition becomes sentences, in the order in which they happen."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from flask_babel import gettext as _

from salespilots.domain.workflow import BRANCHES, END, HUMAN, Workflow, WorkflowState, first_step, steps_by_id

DEEPEST = 4
KINDS = {"order": "create_order", "hand": "hand_over"}
BY_KEY = {"flow.stop": "stop", "flow.go_to": "go_to", "order.quote": "send"}


def labels() -> dict[str, tuple[str, str]]:
    """How a branch is called, and its tone."""
    return {
        "then": (_("Yes"), "ok"),
        "else": (_("No"), "bad"),
        "on_many": (_("Several fit"), ""),
        "on_empty": (_("Nothing found"), ""),
        "on_no": (_("No, or not enough"), "bad"),
        "on_error": (_("It does not work"), "bad"),
        "on_change": (_("The price has changed"), ""),
        "on_timeout": (_("No answer"), ""),
        "on_event": (_("The customer writes"), ""),
    }


def card(workflow: Workflow, trigger: str, week: tuple[int, int, Any], problems: list[str]) -> SimpleNamespace:
    """One workflow of the list."""
    runs, good, last = week
    return SimpleNamespace(
        id=workflow.id,
        name=workflow.name,
        trigger=trigger,
        state="error" if problems else str(workflow.state),
        live=workflow.state is WorkflowState.LIVE,
        runs_7d=runs,
        done_percent=round(good * 100 / runs) if runs else None,
        last_run_at=last,
        problem=problems[0] if problems else None,
    )


def asks() -> dict[str, str]:
    """What a question asks for."""
    return {
        "variant": _("Ask which size or colour"),
        "quantity": _("Ask how many"),
        "name": _("Ask for the name"),
        "phone": _("Ask for the mobile number"),
        "pincode": _("Ask for the pincode"),
        "address": _("Ask for the address"),
        "yes_no": _("Ask for a yes"),
        "choice": _("Ask for a choice"),
    }


class Story:
    """Walks a definition once: the main way down, side ways as branches."""

    def __init__(self, definition: Mapping[str, Any], registry: Any) -> None:
        self._definition = definition
        self._registry = registry
        self._steps = steps_by_id(dict(definition))
        self._shown: set[str] = set()
        self._main = self._way(first_step(dict(definition)))

    def steps(self) -> list[SimpleNamespace]:
        """All cards, the trigger first."""
        return [self._when(), *(self._card(one, 0) for one in self._main)]

    def _way(self, start: str | None) -> list[str]:
        """Step ids from ``start`` along ``next``, none shown twice."""
        way: list[str] = []
        at = start
        while at in self._steps and at not in self._shown:
            self._shown.add(at)
            way.append(at)
            at = self._steps[at].get("next")
        return way

    def _when(self) -> SimpleNamespace:
        trigger = self._definition.get("trigger") or {}
        kind = self._registry.triggers.find(trigger.get("kind"))
        settings = trigger.get("settings") or {}
        title = _(kind.sentence(settings)) if kind else str(trigger.get("kind"))
        problem = None if kind else _("This trigger is not installed.")
        return _step("when", title, keywords=settings.get("keywords") or [], problem=problem)

    def _sentence(self, step_id: str) -> str:
        step = self._steps[step_id]
        action = self._registry.actions.find(step["kind"])
        return _(action.sentence(step.get("settings") or {})) if action else step["kind"]

    def _card(self, step_id: str, depth: int) -> SimpleNamespace:
        step = self._steps[step_id]
        action = self._registry.actions.find(step["kind"])
        if action is None:
            return _step("stop", step["kind"], state="error", problem=_("This step is not installed."))
        settings = step.get("settings") or {}
        kind = BY_KEY.get(step["kind"]) or KINDS.get(action.tone, action.tone)
        quote = " ".join(str(settings[name]) for name in ("text", "ask") if settings.get(name))
        title = self._sentence(step_id)
        if quote and quote in title:
            title = asks().get(str(settings.get("type")), _(action.label)) if kind == "ask" else _(action.label)
        replies = [one.get("title", "") for one in settings.get("quick_replies") or []]
        return _step(kind, title, quote=quote, keywords=replies, branches=self._branches(step, depth))

    def _branches(self, step: Mapping[str, Any], depth: int) -> list[SimpleNamespace]:
        named = labels()
        branches = []
        for key in BRANCHES:
            target = step.get(key)
            if key == "next" or target is None or target == END:
                continue
            label, tone = named[key]
            branches.append(SimpleNamespace(label=label, tone=tone, steps=self._side(target, depth)))
        return branches

    def _side(self, target: str, depth: int) -> list[SimpleNamespace]:
        if target == HUMAN:
            return [_step("hand_over", _("Ask a person to answer"))]
        if target not in self._steps or target in self._shown or depth >= DEEPEST:
            return [_step("go_to", self._sentence(target))] if target in self._steps else []
        way = self._way(target)
        cards = [self._card(one, depth + 1) for one in way]
        after = self._steps[way[-1]].get("next")
        if after in self._steps:
            cards.append(_step("go_to", self._sentence(after)))
        elif after == HUMAN:
            cards.append(_step("hand_over", _("Ask a person to answer")))
        return cards


def _step(kind: str, title: str, **more: Any) -> SimpleNamespace:
    given = {"detail": "", "keywords": [], "quote": "", "problem": None, "state": "", "branches": [], **more}
    return SimpleNamespace(kind=kind, title=title, **given)
