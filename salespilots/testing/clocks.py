"""Time and ids that a test decides."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)
"""Where a `FakeClock` begins: a Sunday morning, ten o'clock in India."""


class FakeClock:
    """A clock that moves when told to."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._passed = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The time it shows, aware and in UTC."""
        return self._now

    def advance(self, by: timedelta | float) -> datetime:
        """Move on by a duration or by seconds; returns the new time."""
        step = by if isinstance(by, timedelta) else timedelta(seconds=by)
        with self._lock:
            self._now += step
            self._passed += max(0.0, step.total_seconds())
            return self._now

    def set(self, moment: datetime) -> None:
        """Let time pass until a moment that is still to come."""
        self.advance(moment - self._now)

    def jump(self, by: timedelta) -> None:
        """Be set ahead or back, as a machine's clock is: no time passes."""
        with self._lock:
            self._now += by

    def steady(self) -> float:
        """Seconds that have passed."""
        return self._passed


class FakeIds:
    """Ids and tokens in counting order after ``after``, well-formed and equal in every run."""

    def __init__(self, after: int = 0) -> None:
        self._next = after
        self._lock = threading.Lock()

    def _number(self) -> int:
        with self._lock:
            self._next += 1
            return self._next

    def new(self, kind: str) -> str:
        """An id with the prefix of ``kind``."""
        from salespilots.domain.ids import PREFIXES

        return f"{PREFIXES[kind]}_{self._number():022d}"

    def token(self) -> str:
        """A token that is not secret."""
        return f"token{self._number():027d}"
