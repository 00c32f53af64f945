"""The shop's event log for the browser: a stream, or a poll where streams do not get through."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

from flask import Flask, Response, jsonify, request

from salespilots.domain.business import Permission
from salespilots.domain.events import Event
from salespilots.services.live import Live, stream_name
from salespilots.web.context import here, services
from salespilots.web.permissions import permits

LOOK_SECONDS = 0.25
HEARTBEAT_SECONDS = 20.0
LIFE_SECONDS = 300.0
MAX_STREAMS = 48
MAX_STREAMS_PER_USER = 3
REPLAY = 200

STOPPING = threading.Event()
"""Set when the server ends, so that open streams let go at once."""

_open: dict[str, int] = {}
_lock = threading.Lock()


def _after() -> int:
    for text in (request.headers.get("Last-Event-ID"), request.args.get("after")):
        if text and text.isascii() and text.isdigit() and len(text) <= 18:
            return int(text)
    return services().live.last_seq(here().shop_id)


def as_json(event: Event) -> dict[str, Any]:
    """What the browser learns: kind and ids, never words."""
    return {"seq": event.seq, "type": event.type, "name": stream_name(event), "ids": event.ids}


def take_slot(user_id: str) -> bool:
    """A place for one more stream of this holder; False when there is none."""
    with _lock:
        if sum(_open.values()) >= MAX_STREAMS or _open.get(user_id, 0) >= MAX_STREAMS_PER_USER:
            return False
        _open[user_id] = _open.get(user_id, 0) + 1
        return True


def _slot_soon(user_id: str) -> bool:
    """The same with a little patience: the stream of the page just left ends at its next look."""
    return take_slot(user_id) or any(not STOPPING.wait(LOOK_SECONDS) and take_slot(user_id) for _try in range(3))


def leave_slot(user_id: str) -> None:
    """Give the place back."""
    with _lock:
        _open[user_id] -= 1
        if not _open[user_id]:
            del _open[user_id]


def _left(client: Any) -> bool:
    """Whether the browser closed its end: a page that was left must not keep a place until the next heartbeat."""
    if client is None:
        return False
    try:
        return client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except (BlockingIOError, InterruptedError, ValueError):  # open and silent, or a wrapped socket that takes no flags
        return False
    except OSError:
        return True


def _stream(live: Live, business_id: str, user_id: str, seq: int, client: Any = None) -> Iterator[str]:
    ends = time.monotonic() + LIFE_SECONDS
    beat = time.monotonic()
    try:
        yield f"retry: 2000\nid: {seq}\n\n"
        while time.monotonic() < ends and not STOPPING.is_set() and not _left(client):
            events = live.after(business_id, seq, REPLAY + 1)
            if len(events) > REPLAY:
                seq = live.last_seq(business_id)
                yield f"id: {seq}\nevent: resync\ndata: {{}}\n\n"
                continue
            for event in events:
                seq = event.seq
                yield f"id: {seq}\nevent: {stream_name(event)}\ndata: {json.dumps(as_json(event))}\n\n"
            if time.monotonic() - beat > HEARTBEAT_SECONDS:
                beat = time.monotonic()
                yield ": still here\n\n"
            STOPPING.wait(LOOK_SECONDS)
    finally:
        leave_slot(user_id)


@permits(Permission.MEMBER)
def events() -> Any:
    """``text/event-stream``, or JSON for ``Accept: application/json`` (204 when nothing is new)."""
    shop_id, seq = here().shop_id, _after()
    if "text/event-stream" not in request.headers.get("Accept", ""):
        items = services().live.after(shop_id, seq, REPLAY)
        if not items:
            return Response(status=204)
        return jsonify(items=[as_json(one) for one in items], seq=items[-1].seq)
    if request.method == "HEAD" or not _slot_soon(here().user.id):
        return Response(status=204)
    stream = _stream(services().live, shop_id, here().user.id, seq, request.environ.get("gunicorn.socket"))
    response = Response(stream, content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def register(app: Flask) -> None:
    """Add the address next to Home."""
    app.add_url_rule("/app/events", "home.events", events)
