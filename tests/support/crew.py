"""A worker's crew with turns that need no database, and calls that come back when a test says so."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from salespilots.ports.work import Lease
from salespilots.services.messaging.pieces import Piece
from salespilots.tasks.crew import Crew
from salespilots.tasks.slots import STEP_SHARE, STEP_SLOTS, share_of
from salespilots.testing.clocks import FakeClock

SHOP_STEPS = share_of(STEP_SLOTS, 0, STEP_SHARE)
"""Steps of one shop while no other has any."""


class Step:
    """A call that takes until ``go_on``."""

    def __init__(self) -> None:
        self.go_on, self.began, self.over = threading.Event(), threading.Event(), threading.Event()
        self.answer = "answer"

    def make(self) -> str:
        self.began.set()
        assert self.go_on.wait(60)
        self.over.set()
        return self.answer


def quick() -> Step:
    """One that is answered at once."""
    made = Step()
    made.go_on.set()
    return made


class NotedTurns:
    """Turns without a database: each lane has one call, if any, and is let go once that is answered."""

    def __init__(self) -> None:
        self.closing = False
        self.calls: Callable[[], Step] | None = None
        self.again_at: dict[str, datetime] = {}
        self.taken: list[str] = []
        self.noted: list[tuple[str, Any]] = []
        self.steps: list[Step] = []

    def take(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            if piece.made:
                self.noted.append((piece.lane, piece.outcome))
            answered, piece.made, piece.call, piece.again_at = piece.made, False, None, None
            piece.done += 1
            if self.closing or answered:
                continue
            self.taken.append(piece.lane)
            step = self.calls() if self.calls else None
            piece.call, piece.again_at = step, self.again_at.pop(piece.lane, None)
            piece.lease = Lease(lane=piece.lane, owner="me", fence=len(self.taken)) if step else None
            self.steps += [step] if step else []

    def keep(self, leases: list[Lease]) -> set[str]:
        return {one.lane for one in leases}

    def note_alone(self, piece: Piece) -> None:
        raise AssertionError("nobody died here")


class Seconds:
    """What passes for the crew's timers."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


class Shift:
    """A crew at work."""

    def __init__(self) -> None:
        self.clock, self.turns = FakeClock(), NotedTurns()
        due = SimpleNamespace(due=lambda lanes: [("shop", lane) for lane in lanes])
        services: Any = SimpleNamespace(turns=self.turns, core=SimpleNamespace(clock=self.clock), workforce=due)
        self.crew = Crew(services)

    def under_way(self) -> int:
        """Calls that began and are not over."""
        return sum(one.began.is_set() and not one.over.is_set() for one in self.turns.steps)

    def answer_all(self) -> None:
        """All calls come back now."""
        for one in self.turns.steps:
            one.go_on.set()

    def idle(self) -> bool:
        return not self.crew._active
