"""Customers who write through a provider that delivers until it is acknowledged, and twice now and then."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

from salespilots.testing.delivery import History
from salespilots.testing.twin_client import TwinHandle
from soak.scripts import SCRIPTS, Cast

AGAIN = 0.1
"""Share of webhooks that come a second time."""

TRIES = 600
WAIT = 0.1


@dataclass
class Answers:
    """What the product answered to webhooks."""

    accepted: int = 0
    refused: dict[int, int] = field(default_factory=dict)

    def note(self, status: int) -> bool:
        """Whether it was acknowledged."""
        if 200 <= status < 300:
            self.accepted += 1
            return True
        self.refused[status] = self.refused.get(status, 0) + 1
        return False


class Driver:
    """Plays a cast against a product. ``webhook_urls``: of its web servers, each asked in turn. ``pause``: the longest that a
    customer rests between two messages, in seconds."""

    def __init__(
        self, graph: TwinHandle, webhook_urls: Sequence[str], history: History, *, pause: float = 1.5, again: float = AGAIN
    ) -> None:  # fmt: skip
        self._graph, self._urls, self._history, self._pause, self._again = graph, webhook_urls, history, pause, again
        self._turn = itertools.count()
        self._lock = threading.Lock()
        self.answers = Answers()
        self.stopping = False

    def play(self, people: Cast, seed: object) -> None:
        """Every customer writes their script; returns when all was acknowledged."""
        with ThreadPoolExecutor(len(people)) as pool:
            talks = [pool.submit(self._talk, who, script, f"{seed} {who}") for who, script in people.items()]
            for done in talks:
                done.result()

    def play_calmly(self, people: Cast, rest: Callable[[], None]) -> None:
        """The same word by word: everybody says one thing, then ``rest``."""
        for number in range(max(map(len, SCRIPTS))):
            for who, script in people.items():
                if number < len(SCRIPTS[script]):
                    self.write(who, SCRIPTS[script][number], f"mid.{who}.{number}")
            rest()

    def _talk(self, who: str, script: int, seed: str) -> None:
        chance = random.Random(seed)
        for number, text in enumerate(SCRIPTS[script]):
            time.sleep(chance.uniform(0, self._pause))
            mid = f"mid.{who}.{number}"
            self.write(who, text, mid)
            if chance.random() < self._again:
                self._post(who, text, mid)

    def write(self, who: str, text: str, mid: str) -> None:
        """Deliver until it is acknowledged, like a provider that keeps a day's worth of tries."""
        self._history.note("written", who=who, text=text, mid=mid)
        for _ in range(TRIES):
            if self.stopping:
                return
            if self._post(who, text, mid):
                self._history.note("acknowledged", who=who, mid=mid)
                return
            time.sleep(WAIT)
        raise AssertionError(f"{mid} was never acknowledged: {self.answers}")

    def _post(self, who: str, text: str, mid: str) -> bool:
        event, url = {"from": who, "text": text, "mid": mid}, self._urls[next(self._turn) % len(self._urls)]
        answer = self._graph.call("/__deliver", {"events": [event], "webhook_url": url})
        with self._lock:
            return self.answers.note(answer["posted"][0]["status"])


def pay(razorpay: TwinHandle, wanted: Callable[[dict[str, Any]], bool]) -> int:
    """The customers of these links pay on the provider's own page; returns how many did."""
    paid = 0
    for link in razorpay.state()["links"].values():
        if link["status"] == "created" and wanted(link):
            httpx.post(link["short_url"], trust_env=False, timeout=10)
            paid += 1
    return paid
