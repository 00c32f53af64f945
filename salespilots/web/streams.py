"""Open streams of this process: how many there may be, and the loop that keeps one going.

A stream holds a thread of the server, so their number is bounded, each ends itself after five minutes (clients come
back with ``Last-Event-ID``), at once when the server stops, and as soon as its reader is gone.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from flask import Response, request

LOOK_SECONDS = 0.25
HEARTBEAT_SECONDS = 20.0
LIFE_SECONDS = 300.0
MAX_STREAMS = 48
MAX_STREAMS_PER_HOLDER = 3

STOPPING = threading.Event()
"""Set when the server ends, so that open streams let go at once."""

_open: dict[str, int] = {}
_lock = threading.Lock()


def _take_slot(holder: str) -> bool:
    with _lock:
        if sum(_open.values()) >= MAX_STREAMS or _open.get(holder, 0) >= MAX_STREAMS_PER_HOLDER:
            return False
        _open[holder] = _open.get(holder, 0) + 1
        return True


def _leave_slot(holder: str) -> None:
    with _lock:
        _open[holder] -= 1
        if not _open[holder]:
            del _open[holder]


def open_streams(holder: str) -> int:
    """How many streams this holder has open."""
    with _lock:
        return _open.get(holder, 0)


def slot(holder: str) -> bool:
    """Take a place for one more stream of this holder, with a little patience: one just left ends at its next look."""
    return _take_slot(holder) or any(not STOPPING.wait(LOOK_SECONDS) and _take_slot(holder) for _try in range(3))


def _left(client: Any) -> bool:
    """Whether the reader closed its end: a page that was left must not keep a place until the next heartbeat."""
    if client is None:
        return False
    try:
        return client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except (BlockingIOError, InterruptedError, ValueError):  # open and silent, or a wrapped socket that takes no flags
        return False
    except OSError:
        return True


def _lines(holder: str, first: str, more: Callable[[], Iterator[str]], client: Any) -> Iterator[str]:
    ends = time.monotonic() + LIFE_SECONDS
    beat = time.monotonic()
    try:
        yield first
        while time.monotonic() < ends and not STOPPING.is_set() and not _left(client):
            yield from more()
            if time.monotonic() - beat > HEARTBEAT_SECONDS:
                beat = time.monotonic()
                yield ": still here\n\n"
            STOPPING.wait(LOOK_SECONDS)
    finally:
        _leave_slot(holder)


def stream(holder: str, first: str, more: Callable[[], Iterator[str]]) -> Response:
    """An answer that says ``first`` and then, again and again, what ``more`` yields. The holder has taken a `slot`."""
    lines = _lines(holder, first, more, request.environ.get("gunicorn.socket"))
    response = Response(lines, content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response
