"""The parts of a soak, in the order in which they are played."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from soak.grounds import NAMES
from soak.parts import days, kills, outage, power, restarts, rush, versions
from soak.progress import Outcome


@dataclass(frozen=True, slots=True)
class Part:
    """``goal``: how much of ``unit`` in all; ``sitting``: how much at a time; ``run`` is given the sitting's number and how
    much to do, and ends by itself."""

    unit: str
    goal: int
    sitting: int
    run: Callable[[int, int], Outcome]


KILLS = 5_000

PARTS: dict[str, Part] = {
    "versions": Part("minutes side by side", 1, 1, versions.run),
    "restarts": Part("restarts of PostgreSQL", 40, 20, restarts.run),
    **{f"kills-{name}": Part("kills", -(-KILLS // len(NAMES)), 280, kills.runner(name)) for name in NAMES},
    "days": Part("days delivered badly", 1_000, 100, days.run),
    "power": Part("power cuts", 2_000, 1_000, power.run),
    **{f"rush-{name}": Part("rounds of buyers", 50, 10, rush.runner(name)) for name in ("sqlite", "postgresql")},
    "outage": Part("minutes without the provider", 30, 30, outage.run),
}
