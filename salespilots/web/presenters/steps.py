"""The panels of the builder: kinds to choose from, the form of a step or of the trigger, where a step leads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from flask_babel import gettext as _

from salespilots.domain.workflow import BRANCHES, END, HUMAN, Workflow, branches_of
from salespilots.domain.workflow_editing import FORK, Spot
from salespilots.ports.extensions import ActionType, TriggerType
from salespilots.ports.settings import Words, words_in
from salespilots.services.templates import sample
from salespilots.web.presenters.workflow_words import (
    branch_of,
    group_of,
    helps,
    look,
    placeholders_at,
    plain,
    step_title,
)
from salespilots.web.settings_form import Control


def kinds(actions: Iterable[ActionType], href: Callable[[str], str]) -> list[SimpleNamespace]:
    """Kinds of steps by what they are for."""
    names = {
        "say": _("Say"), "ask": _("Ask"), "sell": _("Sell"), "check": _("Check"), "wait": _("Wait"),
        "customer": _("Customer"), "team": _("Team"),
    }  # fmt: skip
    told = helps()
    groups: dict[str, list[SimpleNamespace]] = {name: [] for name in names}
    for one in actions:
        groups[group_of(one)].append(
            SimpleNamespace(
                label=_(one.label), help=told.get(one.key, ""), href=href(one.key), look=look(one.key, one), on=False
            )
        )
    return [SimpleNamespace(label=names[key], kinds=found) for key, found in groups.items() if found]


def trigger_kinds(
    triggers: Iterable[TriggerType], href: Callable[[str], str], now: str
) -> list[SimpleNamespace]:  # fmt: skip
    """Triggers by what they are about."""
    names = {
        "message": (_("A customer writes"), "inbox", "auto"), "sale": (_("Orders and stock"), "orders", "ok"),
        "customer": (_("Customers"), "users", "info"), "time": (_("Time"), "clock", ""),
    }  # fmt: skip
    groups: dict[str, list[SimpleNamespace]] = {name: [] for name in names}
    for one in triggers:
        group = one.group if one.group in names else "message"
        icon, tone = names[group][1:]
        groups[group].append(
            SimpleNamespace(
                label=_(one.label), help="", href=href(one.key), look=SimpleNamespace(icon=icon, tone=tone),
                on=one.key == now,
            )
        )  # fmt: skip
    return [SimpleNamespace(label=names[key][0], kinds=found) for key, found in groups.items() if found]


def where(definition: Mapping[str, Any], spot: Spot, registry: Any) -> str:
    """Where a new step will be, in a few words."""
    steps = {one["id"]: one for one in definition.get("steps") or []}
    if spot.after is None or spot.after not in steps:
        return _("At the beginning")
    before = steps[spot.after]
    title = plain(step_title(before, registry.actions.find(before["kind"]))[0])
    if spot.branch == "next":
        return _("After “%(title)s”", title=title)
    return _("After “%(title)s”, on “%(branch)s”", title=title, branch=branch_of(before, spot.branch)[0])


def words_of(kept: Sequence[str]) -> list[SimpleNamespace]:
    """Placeholders with the text that stands for them in a definition."""
    return [
        SimpleNamespace(text=f"{{{one.name}}}", label=one.label, sample=one.sample) for one in placeholders_at(kept)
    ]  # fmt: skip


def step_panel(
    workflow: Workflow,
    step: Mapping[str, Any],
    action: ActionType | None,
    fields: Sequence[Control],
    errors: Mapping[str, str],
    *,
    new: bool,
    saved: bool,
    ways: Sequence[SimpleNamespace],
    words: Sequence[SimpleNamespace],
) -> SimpleNamespace:
    """The form of a step."""
    settings = step.get("settings") or {}
    return SimpleNamespace(
        kind="step", title=_(action.label) if action else step["kind"], look=look(step["kind"], action),
        help=helps().get(step["kind"], ""), fields=[one for one in fields if not one.advanced],
        more=[one for one in fields if one.advanced], errors=errors, labels=_labels(fields), step_id=step["id"],
        step_kind=step["kind"], new=new, saved=saved, ways=ways, words=words, preview=preview(action, settings),
        failing=_(action.failing) if action and "on_error" in action.exits else "", moves=[], goes=1, copies=False, back="", figures=[],
        installed=action is not None,
    )  # fmt: skip


def trigger_panel(
    workflow: Workflow,
    kind: str,
    trigger: TriggerType | None,
    fields: Sequence[Control],
    errors: Mapping[str, str],
    *,
    saved: bool,
) -> SimpleNamespace:
    """The form of the trigger."""
    return SimpleNamespace(
        kind="step", title=_(trigger.label) if trigger else kind, look=look("when", None), help="",
        fields=[one for one in fields if not one.advanced], more=[one for one in fields if one.advanced], errors=errors,
        labels=_labels(fields), step_id="", step_kind=kind, new=False, saved=saved, ways=[], words=[], preview=None,
        failing="", moves=[], goes=0, copies=False, back="", figures=[], installed=trigger is not None,
    )  # fmt: skip


def _labels(fields: Sequence[Control]) -> dict[str, str]:
    """Field name to label, for the list of what is to be mended."""
    named: dict[str, str] = {}
    for one in fields:
        named[one.name] = one.label
        for row in one.rows:
            named.update(_labels(row))
    return named


def preview(action: ActionType | None, settings: Mapping[str, Any]) -> SimpleNamespace | None:
    """The words as a customer would see them, with invented values."""
    if action is None or not action.sends:
        return None
    texts = [sample(text) for name, text in words_in(action.settings, settings) if text and "." not in name]
    given = settings.get("quick_replies")
    titles = (
        [str(one.get("title") or "") for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []
    )
    says = any(isinstance(one, Words) for one in action.settings().fields.values())
    return SimpleNamespace(texts=texts, replies=[one for one in titles if one]) if texts or says else None


def ways_out(step: Mapping[str, Any], action: ActionType) -> list[str]:
    """The branches that a step's form offers."""
    if action.ends:
        return []
    exits = set(action.exits) | {key for key, _target in branches_of(dict(step))}
    if not set(action.exits) >= FORK:
        exits.add("next")
    return [key for key in BRANCHES if key in exits]


def leads_to(step: Mapping[str, Any], key: str) -> str:
    """Where a branch leads, named or not."""
    return str(step.get(key) or (HUMAN if key == "on_error" else END))


def ways(
    definition: Mapping[str, Any], step: Mapping[str, Any], action: ActionType | None, registry: Any
) -> list[SimpleNamespace]:
    """Where each branch leads, and where it may lead."""
    if action is None:
        return []
    others = [
        (
            one["id"],
            _(
                "%(number)s: %(title)s",
                number=place,
                title=plain(step_title(one, registry.actions.find(one["kind"]))[0]),
            ),
        )
        for place, one in enumerate(definition.get("steps") or [], start=1)
        if one["id"] != step["id"]
    ]
    told = []
    for key in ways_out(step, action):
        name = _("Then") if key == "next" else branch_of(step, key)[0]
        choices = [(END, _("It ends here")), (HUMAN, _("A person answers")), ("new", _("A new step")), *others]
        told.append(
            SimpleNamespace(name=f"way-{key}", label=name, value=leads_to(step, key), choices=choices)
        )  # fmt: skip
    return told
