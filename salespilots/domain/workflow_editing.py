"""Changing the structure of a definition: steps are put in, moved, copied, taken out, and led elsewhere.

Every function gives a new definition and leaves the given one alone. Ids stay unique and no branch names a missing step.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from salespilots.domain.copies import own_copy
from salespilots.domain.errors import Conflict, NotFound
from salespilots.domain.workflow import BRANCHES, END, EXITS, branches_of, first_step, steps_by_id
from salespilots.domain.workflow_problems import WHEN, KindOfStep, Kinds, ways_of

FORK = frozenset({"then", "else"})
LONGEST_ID = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place for a step: behind ``after`` on its ``branch``; ``after`` None is the beginning."""

    after: str | None = None
    branch: str = "next"


def onward(kind: KindOfStep | None) -> str | None:
    """The branch by which a step goes on when nothing special happens; None: nothing comes after it."""
    if kind is None:
        return "next"
    if kind.ends:
        return None
    return "then" if kind.exits >= FORK else "next"


def insert(
    definition: Mapping[str, Any], kind: str, settings: Mapping[str, Any], spot: Spot, kinds: Kinds
) -> tuple[dict[str, Any], str]:
    """Put a new step in; what came at the spot comes after it. Gives the definition and the new step's id.

    Raises `NotFound` for a spot that there is not.
    """
    changed, steps = _copy(definition)
    step: dict[str, Any] = {"id": _fresh_id(kind, steps), "kind": kind, "settings": own_copy(dict(settings))}
    way = onward(kinds.get(kind))
    if spot.after is None:
        target, place = first_step(changed) or END, 0
    else:
        before = _step(steps, spot.after)
        known = kinds.get(before["kind"])
        if spot.branch not in BRANCHES or (known is not None and known.ends):
            raise NotFound("Nothing comes after this step.")
        target, place = before.get(spot.branch) or END, steps.index(before) + 1
        before[spot.branch] = step["id"]
    if way is not None:
        step[way] = target
    steps.insert(place, step)
    return changed, step["id"]


def remove(definition: Mapping[str, Any], step_id: str, kinds: Kinds) -> dict[str, Any]:
    """Take a step out; who led there leads to what came after it. Steps that only it led to go too. Raises `NotFound`."""
    changed, steps = _copy(definition)
    gone = _step(steps, step_id)
    way = onward(kinds.get(gone["kind"]))
    target = (gone.get(way) if way else None) or END
    target = END if target == step_id else target
    reached = _reached(steps, first_step(changed), kinds)
    begins = first_step(changed) == step_id
    steps.remove(gone)
    for step in steps:
        for key, to in list(branches_of(step)):
            if to == step_id:
                step[key] = target
    if begins:
        start = next((one for one in steps if one["id"] == target), None)
        if start is None:
            lost = reached
        else:
            steps.remove(start)
            steps.insert(0, start)
            lost = reached - _reached(steps, target, kinds)
    else:
        lost = reached - _reached(steps, first_step(changed), kinds)
    steps[:] = [one for one in steps if one["id"] not in lost]
    for step in steps:
        for key, to in list(branches_of(step)):
            if to in lost:
                step[key] = END
    _unwind(steps, kinds)
    return changed


def duplicate(definition: Mapping[str, Any], step_id: str, kinds: Kinds) -> tuple[dict[str, Any], str]:
    """The same step once more, right behind it. Raises `NotFound`, also for a step after which nothing comes."""
    step = steps_by_id(dict(definition)).get(step_id)
    if step is None:
        raise NotFound("There is no such step.")
    spot = Spot(after=step_id, branch=onward(kinds.get(step["kind"])) or "next")
    return insert(definition, step["kind"], step.get("settings") or {}, spot, kinds)


def may_move(definition: Mapping[str, Any], step_id: str, by: int, kinds: Kinds) -> bool:
    """Whether `move` does something: steps change places with their neighbour on the same branch, checks stay where they
    are."""
    return _pair(definition, step_id, by, kinds) is not None


def move(definition: Mapping[str, Any], step_id: str, by: int, kinds: Kinds) -> dict[str, Any]:
    """Let a step change places with the one before it (-1) or behind it (+1).

    Raises `Conflict` where it cannot, and where the workflow would then go round without waiting for anything.
    """
    changed, steps = _copy(definition)
    found = _pair(changed, step_id, by, kinds)
    if found is None:
        raise Conflict("It cannot be moved further here.")
    above, below = (_step(steps, one) for one in found)
    after = below.get("next") or END
    for step in steps:
        if step is not below and step is not above:
            for key, to in list(branches_of(step)):
                if to == above["id"]:
                    step[key] = below["id"]
    below["next"] = above["id"]
    above["next"] = below["id"] if after == above["id"] else after
    here, there = steps.index(above), steps.index(below)
    steps[here], steps[there] = below, above
    if _unwind(own_copy(steps), kinds):
        raise Conflict("It would then go round without waiting for anything.")
    return changed


def lead(definition: Mapping[str, Any], step_id: str, branch: str, target: str | None) -> dict[str, Any]:
    """Lead a branch of a step to another step, to the end or to a person; None: as if it was never named.

    Raises `NotFound` for a step or a branch that there is not.
    """
    changed, steps = _copy(definition)
    step = _step(steps, step_id)
    if branch not in BRANCHES or (target is not None and target not in EXITS and target not in steps_by_id(changed)):
        raise NotFound("There is no such step.")
    if target is None:
        step.pop(branch, None)
    else:
        step[branch] = target
    return changed


def change(definition: Mapping[str, Any], step_id: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Give a step other settings. Raises `NotFound`."""
    changed, steps = _copy(definition)
    _step(steps, step_id)["settings"] = own_copy(dict(settings))
    return changed


# --- parts -----------------------------------------------------------------------------------------------------------


def _copy(definition: Mapping[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    changed: dict[str, Any] = own_copy(dict(definition))
    steps: list[dict[str, Any]] = changed.setdefault("steps", [])
    return changed, steps


def _step(steps: Iterable[dict[str, Any]], step_id: str) -> dict[str, Any]:
    found = next((one for one in steps if one["id"] == step_id), None)
    if found is None:
        raise NotFound("There is no such step.")
    return found


def _fresh_id(kind: str, steps: Iterable[Mapping[str, Any]]) -> str:
    taken = {one["id"] for one in steps} | EXITS | {WHEN}
    word = re.sub(r"[^a-z0-9_-]", "", kind.rpartition(".")[2].lower())[: LONGEST_ID - 4] or "step"
    name, number = word, 2
    while name in taken:
        name, number = f"{word}-{number}", number + 1
    return name


def _pair(definition: Mapping[str, Any], step_id: str, by: int, kinds: Kinds) -> tuple[str, str] | None:
    """The two neighbours that would change places, the upper one first."""
    steps = steps_by_id(dict(definition))
    step = steps.get(step_id)
    if step is None or onward(kinds.get(step["kind"])) != "next":
        return None
    if by > 0:
        other = steps.get(step.get("next") or END)
    else:
        above = (one for one in steps.values() if one.get("next") == step_id and one is not step)
        other = next((one for one in above if onward(kinds.get(one["kind"])) == "next"), None)
    if other is None or other is step or onward(kinds.get(other["kind"])) != "next":
        return None
    return (step_id, other["id"]) if by > 0 else (other["id"], step_id)


def _reached(steps: Iterable[dict[str, Any]], start: str | None, kinds: Kinds) -> set[str]:
    by_id = {one["id"]: one for one in steps}
    seen: set[str] = set()
    todo = [start] if start else []
    while todo:
        at = todo.pop()
        if at in seen or at not in by_id:
            continue
        seen.add(at)
        step = by_id[at]
        todo += [to for _, to in (ways_of(step, kinds) if step["kind"] in kinds else branches_of(step))]
    return seen


def _unwind(steps: list[dict[str, Any]], kinds: Kinds) -> bool:
    """End every branch that goes back without anything waiting in between; says whether there was one."""
    by_id = {one["id"]: one for one in steps}
    waiting = {one["id"] for one in steps if one["kind"] in kinds and kinds[one["kind"]].waits}
    done: set[str] = set()
    cut = False
    for start in by_id:
        if start in done or start in waiting:
            continue
        way = [(start, iter(list(branches_of(by_id[start]))))]
        on_way = {start}
        while way:
            at, ways = way[-1]
            found = next(ways, None)
            if found is None:
                way.pop()
                on_way.discard(at)
                done.add(at)
                continue
            key, target = found
            if target in on_way:
                by_id[at][key], cut = END, True
            elif target in by_id and target not in done and target not in waiting:
                way.append((target, iter(list(branches_of(by_id[target])))))
                on_way.add(target)
    return cut
