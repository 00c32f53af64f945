"""A small load generator: one thread, keep-alive connections, closed loop or a fixed rate."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


@dataclass
class Outcome:
    """What came back. ``took``: seconds of each answer, from when the request was due."""

    statuses: dict[int, int] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def good(self) -> int:
        """Answers of 2xx."""
        return sum(count for status, count in self.statuses.items() if 200 <= status < 300)

    def rate(self) -> float:
        """Good answers a second."""
        return self.good() / self.seconds if self.seconds else 0.0


def percentile(values: list[float], share: float) -> float:
    """The value that ``share`` of the sorted values do not exceed, in milliseconds."""
    ranked = sorted(values)
    return round(ranked[min(len(ranked) - 1, int(share * len(ranked)))] * 1000, 1) if ranked else float("nan")


def request_bytes(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """A POST on the wire."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    status, length = int(head[9:12]), 0
    for line in head.split(b"\r\n"):
        if line[:15].lower() == b"content-length:":
            length = int(line[15:])
    if length:
        await reader.readexactly(length)
    return status


class _Line:
    """A keep-alive connection that is opened again when the server closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._pair: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def call(self, data: bytes) -> int:
        try:
            if self._pair is None:
                self._pair = await asyncio.open_connection("127.0.0.1", self._port)
            self._pair[1].write(data)
            return await _answer(self._pair[0])
        except (OSError, asyncio.IncompleteReadError):
            self._pair = None
            return -1

    def close(self) -> None:
        if self._pair is not None:
            self._pair[1].close()


async def _closed(port: int, requests: Iterator[bytes], seconds: float, connections: int) -> Outcome:
    outcome, ends = Outcome(), time.monotonic() + seconds
    started = time.monotonic()

    async def drive() -> None:
        line = _Line(port)
        while time.monotonic() < ends:
            began = time.monotonic()
            status = await line.call(next(requests))
            outcome.statuses[status] = outcome.statuses.get(status, 0) + 1
            outcome.took.append(time.monotonic() - began)
        line.close()

    await asyncio.gather(*(drive() for _ in range(connections)))
    outcome.seconds = time.monotonic() - started
    return outcome


async def _paced(
    port: int, requests: Iterator[bytes], rate: float, count: int, due: Callable[[int, float], None]
) -> Outcome:
    outcome, started = Outcome(), time.monotonic()
    idle: list[_Line] = []

    async def one(index: int) -> None:
        at = started + index / rate
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        line = idle.pop() if idle else _Line(port)
        due(index, at)
        status = await line.call(next(requests))
        outcome.statuses[status] = outcome.statuses.get(status, 0) + 1
        outcome.took.append(time.monotonic() - at)
        idle.append(line)

    await asyncio.gather(*(one(index) for index in range(count)))
    for line in idle:
        line.close()
    outcome.seconds = time.monotonic() - started
    return outcome


def closed(port: int, requests: Iterator[bytes], *, seconds: float, connections: int) -> Outcome:
    """As fast as it is answered."""
    return asyncio.run(_closed(port, requests, seconds, connections))


def paced(
    port: int, requests: Iterator[bytes], *, rate: float, count: int, due: Callable[[int, float], None] = lambda *_: None
) -> Outcome:  # fmt: skip
    """``count`` requests at ``rate`` a second, whatever the server does; ``due(index, moment)`` before each."""
    return asyncio.run(_paced(port, requests, rate, count, due))
