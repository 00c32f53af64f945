"""A definition as a person reads it: one way down, and beside each step the ways that leave it. Every step stands once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from salespilots.domain.workflow import BRANCHES, END, HUMAN, branches_of, first_step, steps_by_id
from salespilots.domain.workflow_editing import FORK, Spot, onward
from salespilots.domain.workflow_problems import Kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Steps one after the other. ``spot``: what leads here. ``target``: where it goes on after the last one: ``end``,
    ``human``, or a step that stands elsewhere; None when the last step forks or ends."""

    spot: Spot
    nodes: tuple[Node, ...]
    target: str | None

    @property
    def last(self) -> Spot:
        """Where a further step would be put: at the end, by the first way of a fork, before a step that ends it."""
        if not self.nodes:
            return self.spot
        node = self.nodes[-1]
        if node.behind is not None:
            return node.behind
        if node.forks:
            return node.ways[0].last
        return (self.nodes[-2].behind if len(self.nodes) > 1 else None) or self.spot


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A step. ``number`` counts all in reading order from 1; ``behind``: the spot after it on its lane, None when
    nothing goes on there; ``ways``: the branches that leave it sideways."""

    step: Mapping[str, Any]
    number: int
    behind: Spot | None
    ways: tuple[Lane, ...]
    forks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """``loose``: lanes that nothing leads to."""

    main: Lane
    loose: tuple[Lane, ...]
    count: int


def outline(definition: Mapping[str, Any], kinds: Kinds) -> Outline:
    """Read a definition of the right shape. Kinds that are not installed are read as plain steps."""
    reader = _Reader(dict(definition), kinds)
    main = reader.lane(Spot(), first_step(dict(definition)))
    loose = []
    for id in reader.steps:
        if id not in reader.shown:
            loose.append(reader.lane(Spot(after=id, branch=""), id))
    return Outline(main=main, loose=tuple(loose), count=len(reader.steps))


class _Reader:
    def __init__(self, definition: dict[str, Any], kinds: Kinds) -> None:
        self.steps = steps_by_id(definition)
        self.kinds = kinds
        self.shown: set[str] = set()
        self._number = 0

    def lane(self, spot: Spot, start: str | None) -> Lane:
        """The steps from ``start`` on that do not stand elsewhere yet; their side ways are read after them."""
        way: list[str] = []
        at: str | None = start or END
        while at in self.steps and at not in self.shown:
            self.shown.add(at)
            way.append(at)
            step = self.steps[at]
            at = (step.get("next") or END) if onward(self.kinds.get(step["kind"])) == "next" else None
        return Lane(spot=spot, nodes=tuple(self._node(one) for one in way), target=at)

    def _node(self, id: str) -> Node:
        step = self.steps[id]
        self._number += 1
        number, kind = self._number, self.kinds.get(step["kind"])
        fork = kind is not None and kind.exits >= FORK
        named = dict(branches_of(step))
        ways = []
        for key in BRANCHES:
            target = named.get(key)
            usual = HUMAN if key == "on_error" else END
            if (fork and key in FORK) or (key != "next" and target is not None and target != usual):
                ways.append(self.lane(Spot(after=id, branch=key), target))
        behind = Spot(after=id) if onward(kind) == "next" else None
        return Node(step=step, number=number, behind=behind, ways=tuple(ways), forks=fork)
