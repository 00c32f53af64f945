"""Deaths at marked lines, in step with the work that is done, so that there is always some progress to be endangered."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from salespilots.services.crash_points import POINTS
from soak.fleet import FREEZE, Fleet

EVERY = 9
"""Messages and replies between two deaths."""

AT_ONCE = 5
ANYWHERE = 0.05
"""Share of the deaths that come at no marked line, but wherever a worker is."""

FREEZES = 0.05
"""Share of the orders that freeze a process instead, unless more are wanted."""

FROZEN_SECONDS = 9.0
"""How long it stands still: longer than a quick lease."""

ONE_STEP = frozenset({"step.called", "payment.claimed", "payment.linked"})
"""Lines of one step: a product that dies at each of them in a row takes the step for deadly, and gives it up."""

BETWEEN_STEPS = 20
"""Messages and replies between two orders for those."""

STEPS_A_WAVE = 4
"""Orders for those while the same customers buy, so that none of their steps can be given up."""

RARE = ONE_STEP | {"look.answered"}
"""Lines that are passed now and then: an order may wait for long."""

NEVER_FROZEN = frozenset({"accept.before_commit", "accept.after_commit"})
"""A web server that stands still is the provider's time-out, not ours to judge."""


def every_point(times: int) -> dict[str, int]:
    """Each marked line so often."""
    return dict.fromkeys(POINTS, times)


class Reaper:
    """Orders deaths. ``wanted``: at which lines, and how often at least; ``kills``: how many in all, at least; ``freezes``:
    the share of the orders that freeze a process instead, for ``frozen_seconds``."""

    def __init__(
        self, fleet: Fleet, wanted: Mapping[str, int], kills: int = 0, *, seed: int = 1, every: int = EVERY,
        freezes: float = FREEZES, frozen_seconds: float = FROZEN_SECONDS,
    ) -> None:  # fmt: skip
        self.kills: Counter[str] = Counter()
        self.frozen: Counter[str] = Counter()
        self._fleet, self._wanted, self._goal, self._every = fleet, wanted, kills, every
        self._freezes, self._frozen_seconds = freezes, frozen_seconds
        self._chance = random.Random(f"reaper {seed}")
        self._ordered: set[str] = set()
        self._thaw: dict[str, tuple[int, float]] = {}
        self._steps_from = self._steps = 0

    @property
    def enough(self) -> bool:
        """Whether every line had its deaths, and the product all of them."""
        each = all(self.kills[point] >= number for point, number in self._wanted.items())
        return each and self.kills.total() >= self._goal

    @contextmanager
    def reaping(self, progress: Callable[[], int]) -> Iterator[None]:
        """Let processes die for a while. ``progress``: how much has been done."""
        over = threading.Event()
        self._steps = 0
        thread = threading.Thread(target=self._reap, args=(over, progress), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            self._count()
            self._fleet.withdraw()
            self._ordered.clear()
            self._thaw.clear()

    def _reap(self, over: threading.Event, progress: Callable[[], int]) -> None:
        next_at = progress() + self._every
        while not over.wait(0.02):
            self._count()
            self._let_go_on()
            if len(self._ordered) < AT_ONCE and progress() >= next_at:
                self._next(progress())
                next_at = progress() + round(self._every * self._chance.uniform(0.5, 1.5))

    def _count(self) -> None:
        for order in [one for one in self._ordered if not self._fleet.waits(one)]:
            self._ordered.discard(order)
            (self.frozen if order.endswith(FREEZE) else self.kills)[order.removesuffix(FREEZE)] += 1

    def _let_go_on(self) -> None:
        for point, process in self._fleet.frozen().items():
            since = self._thaw.setdefault(point, (process, time.monotonic()))[1]
            if time.monotonic() - since > self._frozen_seconds:
                self._fleet.thaw(point, process)
                del self._thaw[point]

    def _next(self, done: int) -> None:
        if self._chance.random() < ANYWHERE:
            self._fleet.kill_one(self._chance)
            self.kills["anywhere"] += 1
            return
        steps_too = done >= self._steps_from and self._steps < STEPS_A_WAVE and not self._ordered & ONE_STEP
        free = [one for one in self._wanted if one not in self._ordered and (steps_too or one not in ONE_STEP)]
        short = [one for one in free if self.kills[one] < self._wanted[one]]
        if not short and (not free or self._goal <= self.kills.total() > 0):
            return
        point = self._chance.choice([one for one in short if one in RARE] or short or free)
        if point in ONE_STEP:
            self._steps_from, self._steps = done + BETWEEN_STEPS, self._steps + 1
        freeze = point not in NEVER_FROZEN | RARE and self._chance.random() < self._freezes
        if freeze and (self._fleet.frozen() or any(one.endswith(FREEZE) for one in self._ordered)):
            return  # one at a time: the others are there to take over its lanes
        (self._fleet.order_freeze if freeze else self._fleet.order)(point)
        self._ordered.add(f"{point}{FREEZE}" if freeze else point)
