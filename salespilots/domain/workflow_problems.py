"""What is wrong with a definition, and where: found when it is saved, or before it goes live.

``place`` is a step's id, or ``when`` for the trigger; None is the whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from salespilots.domain.errors import DefinitionInvalid
from salespilots.domain.windows import MARGIN
from salespilots.domain.workflow import END, EXITS, HUMAN, MAX_STEPS, branches_of, parse_duration

WHEN = "when"

WINDOW = timedelta(hours=24)
"""The shortest reply window that a message has to fit into."""

WINDOW_FIELD = "window.open"
"""The fact by which a check makes sure that the window is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """``stops``: it cannot go live like this; otherwise it is worth a look. ``saves``: it cannot even be kept."""

    text: str
    place: str | None = None
    stops: bool = True
    saves: bool = False

    @property
    def sentence(self) -> str:
        """With its place."""
        if self.place is None:
            return self.text
        return f"When: {self.text}" if self.place == WHEN else f"Step {self.place}: {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KindOfStep:
    """What has to be known of a kind of step to judge a definition. ``waits_for``: the settings that hold its wait."""

    key: str
    exits: frozenset[str] = frozenset()
    sends: bool = False
    waits: bool = False
    ends: bool = False


Kinds = Mapping[str, KindOfStep]


def structure_of(definition: Mapping[str, Any], *, triggers: Collection[str], kinds: Kinds) -> list[Problem]:
    """What no draft may have: unknown kinds, steps that lead nowhere known or go round without waiting, too many."""
    found: list[Problem] = []
    kind = (definition.get("trigger") or {}).get("kind")
    if kind not in triggers:
        found.append(Problem(place=WHEN, text=f"unknown trigger {kind!r}.", saves=True))
    steps = definition.get("steps") or []
    if len(steps) > MAX_STEPS:
        found.append(Problem(text=f"At most {MAX_STEPS} steps.", saves=True))
    ids = [step["id"] for step in steps]
    known = set(ids)
    for step_id in sorted(one for one, times in Counter(ids).items() if times > 1):
        found.append(Problem(place=step_id, text="used twice.", saves=True))
    for step_id in sorted(known & (EXITS | {WHEN})):
        found.append(Problem(place=step_id, text="choose another id: this one has a meaning.", saves=True))
    for step in steps:
        if step["kind"] not in kinds:
            found.append(Problem(place=step["id"], text=f"unknown kind {step['kind']!r}.", saves=True))
        for key, target in branches_of(step):
            if target not in EXITS and target not in known:
                found.append(Problem(place=step["id"], text=f"{key} names a missing step {target!r}.", saves=True))
    return found if found else _endless(steps, kinds)


def problems_of(definition: Mapping[str, Any], *, triggers: Collection[str], kinds: Kinds) -> list[Problem]:
    """Every reason why the definition cannot go live, in words for its author. Its shape was checked before."""
    found = structure_of(definition, triggers=triggers, kinds=kinds)
    steps = definition.get("steps") or []
    if not steps:
        return [*found, Problem(text="Add at least one step.")]
    if found:
        return found
    reached = _reachable(steps, kinds)
    found += [Problem(place=step["id"], text="nothing leads here.") for step in steps if step["id"] not in reached]
    found += _never_ending(steps, reached, kinds)
    found += [
        Problem(place=step["id"], text=f"it never leaves by {key}.", stops=False)
        for step in steps
        for key, _ in branches_of(step)
        if key not in ("next", "on_error") and key not in kinds[step["kind"]].exits
    ]
    found += _after_the_window(steps, kinds)
    return found


def check(problems: Collection[Problem]) -> None:
    """Raise `DefinitionInvalid` when one of the problems stops it."""
    stopping = [one.sentence for one in problems if one.stops]
    if stopping:
        raise DefinitionInvalid(stopping)


def ways_of(step: Mapping[str, Any], kinds: Kinds) -> Iterator[tuple[str, str]]:
    """The (branch, target) pairs that a run can take; what is not named ends it, a failure asks a person."""
    kind = kinds[step["kind"]]
    if kind.ends:
        yield "next", END
        return
    named = dict(branches_of(dict(step)))
    yield from named.items()
    for key in ({"next"} | kind.exits) - set(named) - ({"next"} if {"then", "else"} <= kind.exits else set()):
        yield key, HUMAN if key == "on_error" else END


def _reachable(steps: list[dict], kinds: Kinds) -> set[str]:
    by_id = {step["id"]: step for step in steps}
    seen: set[str] = set()
    todo = [steps[0]["id"]]
    while todo:
        current = todo.pop()
        if current in seen or current in EXITS:
            continue
        seen.add(current)
        todo += [target for _, target in ways_of(by_id[current], kinds)]
    return seen


def _never_ending(steps: list[dict], reached: set[str], kinds: Kinds) -> list[Problem]:
    """Steps from which no way leads to an end, whatever happens."""
    ending: set[str] = set()
    grew = True
    while grew:
        more = {
            step["id"]
            for step in steps
            if step["id"] not in ending
            and any(key != "on_error" and (target in EXITS or target in ending) for key, target in ways_of(step, kinds))
        }
        ending |= more
        grew = bool(more)
    stuck = [step["id"] for step in steps if step["id"] in reached and step["id"] not in ending]
    return [Problem(place=one, text="from here no way leads to an end.") for one in stuck[:1]]


def _endless(steps: list[dict], kinds: Kinds) -> list[Problem]:
    """Loops in which nothing waits would spin: each loop needs a step that waits for a person or a time."""
    waiting = {step["id"] for step in steps if kinds[step["kind"]].waits}
    by_id = {step["id"]: step for step in steps}
    done: set[str] = set()
    found: list[Problem] = []
    for start in (step["id"] for step in steps):
        if start in done or start in waiting:
            continue
        way: list[tuple[str, Iterator[tuple[str, str]]]] = [(start, branches_of(by_id[start]))]
        on_way = {start}
        while way:
            at, targets = way[-1]
            target = next((one for _, one in targets), None)
            if target is None:
                way.pop()
                on_way.discard(at)
                done.add(at)
            elif target in on_way:
                found.append(Problem(place=at, text=f"goes back to {target} without waiting for anything.", saves=True))
            elif target not in done and target not in waiting and target not in EXITS:
                way.append((target, branches_of(by_id[target])))
                on_way.add(target)
    return found


def _after_the_window(steps: list[dict], kinds: Kinds) -> list[Problem]:
    """Messages that a way leads to after so long a wait that the reply window has closed, and no check in between."""
    by_id = {step["id"]: step for step in steps}
    longest: dict[str, timedelta] = {}
    late: dict[str, timedelta] = {}
    todo: list[tuple[str, timedelta]] = [(steps[0]["id"], timedelta())]
    while todo:
        at, waited = todo.pop()
        if at in EXITS or waited <= longest.get(at, timedelta(-1)):
            continue
        longest[at] = waited
        step = by_id[at]
        kind, settings = kinds[step["kind"]], step.get("settings") or {}
        silent = _silence(step["kind"], settings, waited) if kind.waits else waited
        if kind.sends and (silent if step["kind"] == "message.follow_up" else waited) > WINDOW:
            late[at] = max(silent, waited)
        checks = any(one.get("field") == WINDOW_FIELD for one in settings.get("all") or [] if isinstance(one, Mapping))
        for key, target in ways_of(step, kinds):
            heard = kind.waits and _heard(step["kind"], settings, key)
            after = timedelta() if heard or (checks and key == "then") else silent
            todo.append((target, min(after, MAX_COUNTED)))
    return [
        Problem(
            place=one,
            text="it may be said more than 24 hours after the customer wrote, when the reply window is closed. Wait less,"
            " or check “The reply window is open” before it.",
        )
        for one in late
    ]


SILENT = frozenset({"flow.wait", "message.follow_up"})
"""Steps whose way on means that time passed and nobody wrote."""

MAX_COUNTED = timedelta(days=2)


def _heard(kind: str, settings: Mapping[str, Any], way: str) -> bool:
    """Whether a waiting step is left that way because the customer wrote."""
    if kind in SILENT:
        return way == "on_event" and settings.get("or_event", "message.received") == "message.received"
    return way != "on_timeout"


def _silence(kind: str, settings: Mapping[str, Any], before: timedelta) -> timedelta:
    """How long the customer may be silent when a waiting step is left by its time."""
    text = settings.get("for") if kind == "flow.wait" else settings.get("after")
    if kind == "ask":
        text = f"PT{int(settings.get('wait_hours') or 23)}H"
    try:
        length = parse_duration(str(text)) if text else timedelta(hours=23)
    except ValueError:
        return before
    if settings.get("window", "move") == "move" and kind in SILENT and before < WINDOW - MARGIN:
        return min(before + length, WINDOW - MARGIN)
    return min(before + length, MAX_COUNTED)
