"""The load generator: ``python -m bench.shooter``, a process of its own that reads plans as JSON and writes what came back.

Closed loop (``seconds``): each connection posts as soon as it was answered. Open loop (``streams`` with rates): a message is
due at its time whatever the server does, and its time counts from then; connections are opened as they are needed, up to
``connections``. Everything is signed before the first is due. A request whose connection was closed before an answer
began is posted once more on another, as the platform would.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import json
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from bench.wire import Stream, requests

LEAD = 0.05
"""Seconds between the end of the preparations and the beginning."""

Told = Callable[[int], None]
"""Given the status; -1 for a connection that broke twice."""


class Line(asyncio.Protocol):
    """One keep-alive connection that carries one request at a time."""

    def __init__(self, pool: Pool) -> None:
        self._pool, self._buffer = pool, b""
        self._request, self._again = b"", False
        self._told: Told | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._pool.free(self)

    def post(self, request: bytes, told: Told, again: bool = False) -> None:
        self._request, self._told, self._again = request, told, again
        self._transport.write(request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end].lower()
        found = head.find(b"\r\ncontent-length:")
        length = int(head[found + 17 :].split(b"\r\n", 1)[0]) if found >= 0 else 0
        if len(self._buffer) < end + 4 + length or self._told is None:
            return
        status, told = int(self._buffer[9:12]), self._told
        self._buffer, self._told = b"", None
        told(status)
        if b"connection: close" in head:
            self._transport.close()
        else:
            self._pool.free(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._pool.lost(self)
        if self._told is not None:
            told, self._told = self._told, None
            if self._again or self._buffer:
                told(-1)
            else:
                self._pool.post(self._request, told, again=True)

    def close(self) -> None:
        self._transport.close()


class Pool:
    """Up to so many connections to a port; what finds none waits in line."""

    def __init__(self, port: int, most: int) -> None:
        self._port, self._most, self._open = port, most, 0
        self._idle: list[Line] = []
        self._waiting: deque[tuple[bytes, Told, bool]] = deque()
        self._opening: set[asyncio.Task[None]] = set()

    def post(self, request: bytes, told: Told, again: bool = False) -> None:
        """As soon as a connection is free."""
        if self._idle:
            self._idle.pop().post(request, told, again)
            return
        self._waiting.append((request, told, again))
        if self._open < self._most:
            self._open += 1
            task = asyncio.ensure_future(self._connect())
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _connect(self) -> None:
        for _ in range(100):
            try:
                await asyncio.get_running_loop().create_connection(lambda: Line(self), "127.0.0.1", self._port)
                return
            except OSError:
                await asyncio.sleep(0.02)
        self._open -= 1

    def free(self, line: Line) -> None:
        """It can carry another request."""
        if self._waiting:
            line.post(*self._waiting.popleft())
        else:
            self._idle.append(line)

    def lost(self, line: Line) -> None:
        """It is closed."""
        self._open -= 1
        if line in self._idle:
            self._idle.remove(line)

    def close(self) -> None:
        """Hang up."""
        for line in list(self._idle):
            line.close()


async def closed(plan: dict[str, Any]) -> dict[str, Any]:
    """As fast as it is answered, for ``warm`` + ``seconds``; only the latter count."""
    if "request" in plan:
        made: Iterator[bytes] = itertools.repeat(plan["request"].encode())
    else:
        made = iter([one for _, one in requests(Stream(**plan["stream"]), plan["secret"], time.time())])
    pool = Pool(plan["port"], plan["connections"])
    took: list[float] = []
    statuses: dict[int, int] = {}
    all_over = asyncio.get_running_loop().create_future()
    counting = time.monotonic() + plan["warm"]
    ends, under_way = counting + plan["seconds"], plan["connections"]

    def post() -> None:
        nonlocal under_way
        began = time.monotonic()

        def told(status: int) -> None:
            nonlocal under_way
            now = time.monotonic()
            statuses[status] = statuses.get(status, 0) + 1
            if counting <= now < ends and status // 100 == 2:
                took.append(now - began)
            if now < ends:
                post()
                return
            under_way -= 1
            if not under_way:
                all_over.set_result(None)

        pool.post(next(made), told)

    for _ in range(plan["connections"]):
        post()
    await all_over
    pool.close()
    return {"statuses": statuses, "took": took, "seconds": plan["seconds"]}


async def opened(plan: dict[str, Any]) -> dict[str, Any]:
    """Each message when it is due. The answer has for each stream lists in the order of its POSTs: when they were due
    and answered (CLOCK_MONOTONIC), and with which status."""
    streams = [Stream(**one) for one in plan["streams"]]
    wall, made = time.time() + LEAD, []
    for place, stream in enumerate(streams):
        made += [(stream.due(index), place, one) for index, one in requests(stream, plan["secret"], wall)]
    made.sort(key=lambda one: one[0])
    pool, began = Pool(plan["port"], plan["connections"]), time.monotonic() + LEAD
    answers: list[dict[str, list[float]]] = [{"due": [], "at": [], "status": []} for _ in streams]
    left, all_over = len(made), asyncio.get_running_loop().create_future()

    def post(at: float, place: int, request: bytes) -> None:
        answer, number = answers[place], len(answers[place]["due"])
        answer["due"].append(at)
        answer["at"].append(0.0)
        answer["status"].append(0)

        def told(status: int) -> None:
            nonlocal left
            answer["at"][number], answer["status"][number] = time.monotonic(), status
            left -= 1
            if not left:
                all_over.set_result(None)

        pool.post(request, told)

    for after, place, request in made:
        at = began + after
        rest = at - time.monotonic()
        if rest > 0:
            await asyncio.sleep(rest)
        post(at, place, request)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(all_over, plan["patience"])
    pool.close()
    return {"streams": answers, "unanswered": left}


def main() -> None:
    """A plan on each line of the standard input, what came back on one of the output; ends with the input."""
    gc.disable()
    for line in sys.stdin:
        plan = json.loads(line)
        came = asyncio.run(closed(plan) if plan["mode"] == "closed" else opened(plan))
        print(json.dumps(came), flush=True)
        del came
        gc.collect()


if __name__ == "__main__":
    main()
