"""Figures, the goals they are held to, and the table that shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Value = float | dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a figure is to keep to. ``least``: it is to be so large at least, else so large at most. ``ratio``: that of the
    figure to its floor is judged. ``always``: it holds on a busy machine, too, as what it compares was equally disturbed.
    """

    gate: Value | None = None
    stretch: Value | None = None
    least: bool = False
    ratio: bool = False
    always: bool = False

    def met(self, value: Value, limit: Value | None) -> str:
        """ "yes", "no", or nothing when there is no such limit."""
        if limit is None:
            return ""
        pairs = [(value, limit)] if isinstance(limit, float | int) else [(value[name], limit[name]) for name in limit]  # type: ignore[index]
        good = all(one >= bound if self.least else one <= bound for one, bound in pairs)  # type: ignore[operator]
        return "yes" if good else "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number, or several of one kind by name. ``floor``: the bare limit of the same run."""

    name: str
    value: Value
    unit: str
    floor: Value | None = None
    goal: Goal | None = None
    note: str = ""
    quiet: bool = True

    @property
    def ratio(self) -> float | None:
        """To the floor; of several figures the one that comes first."""
        if self.floor is None:
            return None
        value, floor = (next(iter(one.values())) if isinstance(one, dict) else one for one in (self.value, self.floor))
        return round(value / floor, 3) if floor else None

    def judged(self) -> tuple[str, str]:
        """Whether gate and stretch are met."""
        goal = self.goal
        if goal is None:
            return "", ""
        value = self.ratio if goal.ratio else self.value
        if value is None or not (self.quiet or goal.always):
            return tuple("" if one is None else "not judged" for one in (goal.gate, goal.stretch))  # type: ignore[return-value]
        return goal.met(value, goal.gate), goal.met(value, goal.stretch)

    def json(self) -> dict[str, Any]:
        """For programs."""
        gate, stretch = self.judged()
        told: dict[str, Any] = {"value": self.value, "unit": self.unit, "bare": self.floor, "ratio_to_bare": self.ratio}
        if self.goal is not None:
            told |= {"gate": self.goal.gate, "gate_met": gate, "stretch": self.goal.stretch, "stretch_met": stretch}
        return told | {"note": self.note, "quiet": self.quiet}


@dataclass
class Table:
    """Figures in the order in which they were measured. ``failures``: what must not be, such as a lost message."""

    figures: list[Figure] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)
    quiet: bool = True
    """Whether the machine was, before the part that is being measured."""

    def add(
        self, name: str, value: Value, unit: str, *, floor: Value | None = None, goal: Goal | None = None, note: str = ""
    ) -> None:  # fmt: skip
        """Another figure."""
        self.figures.append(
            Figure(name=name, value=value, unit=unit, floor=floor, goal=goal, note=note, quiet=self.quiet)
        )

    def must(self, holds: bool, words: str) -> None:
        """Remember a failure that no noise excuses."""
        if not holds:
            self.failures.append(words)

    def json(self) -> dict[str, Any]:
        """Name to figure."""
        return {one.name: one.json() for one in self.figures} | self.more

    def text(self) -> str:
        """For people."""
        rows = [("", "SalesPilots", "bare limit", "ratio", "gate", "met", "stretch", "met")]
        for one in self.figures:
            goal, (gate, stretch) = one.goal or Goal(), one.judged()
            ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
            sign = ">=" if goal.least else "<="
            rows.append(
                (
                    one.name, f"{_shown(one.value)} {one.unit}", _shown(one.floor), ratio, _limit(sign, goal.gate), gate,
                    _limit(sign, goal.stretch), stretch,
                )
            )  # fmt: skip
        widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
        lines = [
            "  ".join(
                word.ljust(width) if place in (0, 5, 7) else word.rjust(width)
                for place, (word, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        ]
        return "\n".join(lines)


def _shown(value: Value | None) -> str:
    if value is None:
        return ""
    return " / ".join(f"{one:g}" for one in value.values()) if isinstance(value, dict) else f"{value:g}"


def _limit(sign: str, limit: Value | None) -> str:
    if limit is None:
        return ""
    names = " ".join(limit) + " " if isinstance(limit, dict) else ""
    return f"{names}{sign} {_shown(limit)}"
