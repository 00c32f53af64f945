"""Keeping a shop's sends below what its channel allows, shared out among the workers that are there."""

from __future__ import annotations

import threading
from datetime import timedelta

BURST_SECONDS = 1.0
"""How much of the allowance may leave at once."""

LONGEST = 3600.0
"""Seconds ahead up to which places are told; then they begin anew, for whoever asks by then."""


class Pace:
    """A place in time for each send of a key. In memory: each worker keeps to its share of the rate.

    Who has to wait is told a time of their own, one after the other, so that those who wait do not all ask again at once.
    Times are seconds of the steady clock: a clock that is set holds up nobody and lets nobody rush.
    """

    def __init__(self) -> None:
        self._next: dict[str, float] = {}
        self._told: dict[str, float] = {}
        self._lock = threading.Lock()
        self.workers = 1
        """How many workers share the rate; the sweeper keeps it up to date."""

    def wait(self, key: str, per_second: float, now: float, *, at_once: int = 1) -> timedelta:
        """How long the next send of ``key`` has to wait; zero takes the place. ``per_second`` 0: no limit. ``at_once``: so
        many may leave one after the other when none did for long, all workers together."""
        if per_second <= 0:
            return timedelta(0)
        gap = self.workers / per_second
        burst = max(BURST_SECONDS, gap, at_once / per_second)
        with self._lock:
            due = self._next.get(key, now)
            free = due + gap - burst
            if free > now:
                told = self._told.get(key, now)
                at = free if told > now + LONGEST else max(free, told)
                self._told[key] = at + gap
                return timedelta(seconds=at - now)
            self._next[key] = max(due, now) + gap
            if len(self._next) > 10_000:
                self._next = {name: at for name, at in self._next.items() if at > now}
                self._told = {name: at for name, at in self._told.items() if at > now}
            return timedelta(0)
