"""Keeping a shop's sends below what its channel allows, shared out among the workers that are there."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

BURST_SECONDS = 1.0
"""How much of the allowance may leave at once."""

LONGEST = timedelta(hours=1)
"""No place lies further ahead, unless a clock was wrong."""


class Pace:
    """A place in time for each send of a key. In memory: each worker keeps to its share of the rate.

    Who has to wait is told a time of their own, one after the other, so that those who wait do not all ask again at once.
    """

    def __init__(self) -> None:
        self._next: dict[str, datetime] = {}
        self._told: dict[str, datetime] = {}
        self._lock = threading.Lock()
        self.workers = 1
        """How many workers share the rate; the sweeper keeps it up to date."""

    def wait(self, key: str, per_second: float, now: datetime) -> timedelta:
        """How long the next send of ``key`` has to wait; zero takes the place. ``per_second`` 0: no limit."""
        if per_second <= 0:
            return timedelta(0)
        gap = timedelta(seconds=self.workers / per_second)
        burst = max(timedelta(seconds=BURST_SECONDS), gap)
        with self._lock:
            due = self._sane(self._next, key, now)
            free = due + gap - burst
            if free > now:
                at = max(free, self._sane(self._told, key, now))
                self._told[key] = at + gap
                return at - now
            self._next[key] = max(due, now) + gap
            if len(self._next) > 10_000:
                self._next = {name: at for name, at in self._next.items() if at > now}
                self._told = {name: at for name, at in self._told.items() if at > now}
            return timedelta(0)

    def _sane(self, times: dict[str, datetime], key: str, now: datetime) -> datetime:
        at = times.get(key, now)
        return now if at > now + LONGEST else at
