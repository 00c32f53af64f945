"""A rush: many want the same of one shop at one moment, and who came first does it for all who wait.

A transaction costs nearly the same for one as for ten, and whoever waits for the same row gains nothing by trying.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from salespilots.ports.storage import StorageUnavailable

A = TypeVar("A")
R = TypeVar("R")

MOST = 32
"""Asks that are done in one transaction."""


@dataclass(slots=True, eq=False)
class _Ask(Generic[A, R]):
    """Who waits: until it is done, or until it is to go on by itself, alone or at the head of those behind it."""

    what: A
    result: R | Exception | None = None
    leads: bool = False
    turn: threading.Lock = field(default_factory=threading.Lock)


class Rush(Generic[A, R]):
    """``alone(shop, what)`` does one thing. ``together(shop, whats)`` does several in one transaction and answers for each
    what came of it, an error, or None for one that has to be done alone; where it fails, each is done alone."""

    def __init__(
        self, alone: Callable[[str, A], R], together: Callable[[str, Sequence[A]], Sequence[R | Exception | None]]
    ) -> None:
        self._alone, self._together = alone, together
        self._waiting: dict[str, list[_Ask[A, R]]] = {}
        """By shop, for which somebody is at work."""
        self._lock = threading.Lock()

    def do(self, shop: str, what: A) -> R:
        """What ``alone`` returns or raises, whoever did it."""
        ask: _Ask[A, R] = _Ask(what)
        with self._lock:
            waiting = self._waiting.get(shop)
            if waiting is None:
                self._waiting[shop], ask.leads = [], True
            else:
                ask.turn.acquire()
                waiting.append(ask)
        if not ask.leads:
            ask.turn.acquire()
        if ask.leads:
            self._lead(shop, ask)
        if ask.result is None:
            return self._alone(shop, what)
        if isinstance(ask.result, Exception):
            raise ask.result
        return ask.result

    def _lead(self, shop: str, first: _Ask[A, R]) -> None:
        """Do it for all who wait, then let the next one lead."""
        with self._lock:
            waiting = self._waiting[shop]
            others = waiting[: MOST - 1]
            del waiting[: MOST - 1]
        try:
            if others:
                self._answer(shop, [first, *others])
            else:
                first.result = self._alone(shop, first.what)
        finally:
            for one in others:
                one.turn.release()
            with self._lock:
                if waiting:
                    waiting[0].leads = True
                    waiting.pop(0).turn.release()
                else:
                    del self._waiting[shop]

    def _answer(self, shop: str, asks: Sequence[_Ask[A, R]]) -> None:
        results: Sequence[R | Exception | None]
        try:
            results = self._together(shop, [one.what for one in asks])
        except StorageUnavailable as error:
            results = [error] * len(asks)
        except Exception:  # one of them is the trouble: it must not take the others with it
            results = [None] * len(asks)
        for one, result in zip(asks, results, strict=True):
            one.result = result
