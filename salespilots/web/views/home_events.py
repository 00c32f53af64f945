"""The shop's event log for the browser: a stream, or a poll where streams do not get through."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flask import Flask, Response, jsonify, request

from salespilots.domain.business import Permission
from salespilots.domain.events import Event
from salespilots.services.live import Live, stream_name
from salespilots.web.context import here, services
from salespilots.web.forms import query_number
from salespilots.web.permissions import permits
from salespilots.web.streams import slot, stream

REPLAY = 200


def _after() -> int:
    for text in (request.headers.get("Last-Event-ID"), request.args.get("after")):
        seq = query_number(text)
        if seq is not None:
            return seq
    return services().live.last_seq(here().shop_id)


def as_json(event: Event) -> dict[str, Any]:
    """What the browser learns: kind and ids, never words."""
    return {"seq": event.seq, "type": event.type, "name": stream_name(event), "ids": event.ids}


class _News:
    """What happened since the last look. A browser that missed too much is told to read its page again."""

    def __init__(self, live: Live, business_id: str, seq: int) -> None:
        self._live, self._business_id, self._seq = live, business_id, seq

    def __call__(self) -> Iterator[str]:
        events = self._live.after(self._business_id, self._seq, REPLAY + 1)
        if len(events) > REPLAY:
            self._seq = self._live.last_seq(self._business_id)
            yield f"id: {self._seq}\nevent: resync\ndata: {{}}\n\n"
            return
        for event in events:
            self._seq = event.seq
            yield f"id: {event.seq}\nevent: {stream_name(event)}\ndata: {json.dumps(as_json(event))}\n\n"


@permits(Permission.MEMBER)
def events() -> Any:
    """``text/event-stream``, or JSON for ``Accept: application/json`` (204 when nothing is new)."""
    shop_id, seq = here().shop_id, _after()
    if "text/event-stream" not in request.headers.get("Accept", ""):
        items = services().live.after(shop_id, seq, REPLAY)
        if not items:
            return Response(status=204)
        return jsonify(items=[as_json(one) for one in items], seq=items[-1].seq)
    holder = here().user.id
    if request.method == "HEAD" or not slot(holder):
        return Response(status=204)
    return stream(holder, f"retry: 2000\nid: {seq}\n\n", _News(services().live, shop_id, seq))


def register(app: Flask) -> None:
    """Add the address next to Home."""
    app.add_url_rule("/app/events", "home.events", events)
