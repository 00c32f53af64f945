"""How a stand-in delivers its webhooks: in the background, or at once with the answers in hand."""

from __future__ import annotations

import http.client
import queue
import random
import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

RETRIES = 3
"""Of a webhook that is not taken, unless a stand-in is told otherwise."""

LONGEST_GAP = 2.0
"""Seconds between two tries, at most."""

SECOND_COPY = 0
"""In place of the number of the attempt: it is not tried again."""


def post(url: str, body: bytes, headers: Mapping[str, str], *, timeout: float = 20) -> dict[str, Any]:
    """POST once. Returns ``status`` (0 when nobody answered), ``ms`` and ``error``."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    started = time.monotonic()
    connection = kind(parts.hostname or "", parts.port, timeout=timeout)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body=body, headers={"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        answer.read()
        status, error = answer.status, ""
    except (OSError, http.client.HTTPException) as problem:
        status, error = 0, type(problem).__name__
    finally:
        connection.close()
    return {"status": status, "error": error, "ms": round((time.monotonic() - started) * 1000, 1)}


class Courier:
    """Delivers at once or in the background, in order of time due; repeats what was not taken, like the providers do.

    Providers promise "at least once". With ``again_within`` seconds every webhook really comes a second time, after a
    pause of its own, so that the second copies keep neither the order of the first ones nor their distance.
    """

    def __init__(self, *, threads: int = 4, retries: int = RETRIES, gap: float = 0.5, again_within: float = 0) -> None:
        self._again_within, self._pauses = again_within, random.Random(7)
        self.owed = 0
        """Second copies that are still on their way."""
        self.outcomes: deque[dict[str, Any]] = deque(maxlen=10_000)
        self._queue: queue.PriorityQueue[tuple[float, int, str, bytes, dict[str, str], int]] = queue.PriorityQueue()
        self._threads, self._retries, self._gap = threads, retries, gap
        self._count = 0
        self._lock = threading.Lock()
        self._started = False

    def at_once(self, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        """Deliver and wait for the answer (see `post`)."""
        self._again(url, body, headers)
        return post(url, body, headers)

    def _again(self, url: str, body: bytes, headers: Mapping[str, str], delay: float = 0) -> None:
        if self._again_within:
            with self._lock:
                self.owed += 1
                pause = self._pauses.uniform(0, self._again_within)
            self._put(url, body, headers, delay + pause, SECOND_COPY)

    def later(self, url: str, body: bytes, headers: Mapping[str, str], *, delay: float = 0) -> None:
        """Deliver after ``delay`` seconds without waiting for the answer."""
        self._again(url, body, headers, delay)
        self._put(url, body, headers, delay, 1)

    def _put(self, url: str, body: bytes, headers: Mapping[str, str], delay: float, attempt: int) -> None:
        with self._lock:
            self._count += 1
            number = self._count
            if not self._started:
                self._started = True
                for _ in range(self._threads):
                    threading.Thread(target=self._work, daemon=True).start()
        self._queue.put((time.monotonic() + delay, number, url, body, dict(headers), attempt))

    def _work(self) -> None:
        while True:
            item = self._queue.get()
            due, _, url, body, headers, attempt = item
            wait = due - time.monotonic()
            if wait > 0:
                self._queue.put(item)
                time.sleep(min(wait, 0.02))
                continue
            outcome = post(url, body, headers)
            self.outcomes.append({**outcome, "attempt": attempt})
            if attempt == SECOND_COPY:
                with self._lock:
                    self.owed -= 1
            elif not 200 <= outcome["status"] < 300 and attempt <= self._retries:
                self._put(url, body, headers, min(self._gap * attempt, LONGEST_GAP), attempt + 1)
