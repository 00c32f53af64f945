"""A rush: many want the same of one shop at one moment, and who came first does it for all who wait.

A transaction costs nearly the same for one as for ten, and whoever waits for the same row gains nothing by trying.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import structlog

log = structlog.get_logger(__name__)

A = TypeVar("A")
R = TypeVar("R")

MOST = 32
"""Asks that are done in one transaction."""

PATIENCE_SECONDS = 1.0
"""Who has waited so long and is not being served goes alone: whatever holds up the others need not hold it up."""


@dataclass(slots=True, eq=False)
class _Ask(Generic[A, R]):
    """Who waits: until it is done, or until it is to go on by itself, alone or at the head of those behind it."""

    what: A
    result: R | Exception | None = None
    leads: bool = False
    turn: threading.Lock = field(default_factory=threading.Lock)


class Rush(Generic[A, R]):
    """``alone(shop, what)`` does one thing. ``together(shop, whats)`` does several in one transaction and answers for each
    what came of it, an error, or None for one that has to be done alone; where it raises, nothing was kept, and each is
    done alone."""

    def __init__(
        self, alone: Callable[[str, A], R], together: Callable[[str, Sequence[A]], Sequence[R | Exception | None]]
    ) -> None:
        self._alone, self._together = alone, together
        self._waiting: dict[Hashable, list[_Ask[A, R]]] = {}
        """By shop and what it is about, where somebody is at work."""
        self._lock = threading.Lock()

    def do(self, shop: str, about: Hashable, what: A) -> R:
        """What ``alone`` returns or raises, whoever did it. ``about``: what those have in common who are served together."""
        place, ask = (shop, about), _Ask[A, R](what)
        with self._lock:
            waiting = self._waiting.get(place)
            if waiting is None:
                self._waiting[place], ask.leads = [], True
            else:
                ask.turn.acquire()
                waiting.append(ask)
        if not ask.leads:
            self._wait(place, ask)
        if ask.leads:
            self._lead(shop, place, ask)
        if ask.result is None:
            return self._alone(shop, what)
        if isinstance(ask.result, Exception):
            raise ask.result
        return ask.result

    def _wait(self, place: Hashable, ask: _Ask[A, R]) -> None:
        try:
            if not ask.turn.acquire(timeout=PATIENCE_SECONDS) and not self._leave(place, ask):
                ask.turn.acquire()  # it is being served
        except BaseException:
            if not self._leave(place, ask) and ask.leads:
                self._pass_on(place)
            raise

    def _leave(self, place: Hashable, ask: _Ask[A, R]) -> bool:
        with self._lock:
            waiting = self._waiting.get(place, [])
            if ask not in waiting:
                return False
            waiting.remove(ask)
            return True

    def _lead(self, shop: str, place: Hashable, first: _Ask[A, R]) -> None:
        """Do it for all who wait, then let the next one lead."""
        others: list[_Ask[A, R]] = []
        try:
            with self._lock:
                waiting = self._waiting[place]
                others = waiting[: MOST - 1]
                del waiting[: MOST - 1]
            if others:
                self._answer(shop, [first, *others])
            else:
                first.result = self._alone(shop, first.what)
        finally:
            for one in others:
                one.turn.release()
            self._pass_on(place)

    def _pass_on(self, place: Hashable) -> None:
        with self._lock:
            waiting = self._waiting[place]
            if waiting:
                waiting[0].leads = True
                waiting.pop(0).turn.release()
            else:
                del self._waiting[place]

    def _answer(self, shop: str, asks: Sequence[_Ask[A, R]]) -> None:
        try:
            results = self._together(shop, [one.what for one in asks])
        except Exception as error:  # one of them is the trouble: it must not take the others with it
            log.info("rush.parted", shop=shop, count=len(asks), error=type(error).__name__)
            return
        for one, result in zip(asks, results, strict=True):
            one.result = result
