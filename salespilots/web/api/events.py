"""The shop's event log, as JSON or as a stream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flask import Response, request

from salespilots.services.live import Live
from salespilots.web.api import answers, schemas, shapes
from salespilots.web.api.guard import actor, scope, shop_id
from salespilots.web.api.resource import Resource
from salespilots.web.context import services
from salespilots.web.errors import problem
from salespilots.web.forms import query_number
from salespilots.web.streams import slot, stream

PATH = "events"
blueprint = Resource("api_events", __name__, description="The event log")
STREAM = {"text/event-stream": {"schema": {"type": "string"}}}


@blueprint.get("")
@scope("events:read")
@blueprint.arguments(schemas.EventsQuery, location="query")
@blueprint.doc(responses={"200": {"content": STREAM}})
@blueprint.answers(answers.Event, page=True)
def list_events(query: dict[str, Any]) -> Any:
    """Events after ``after``, oldest first; with ``Accept: text/event-stream`` they keep coming for five minutes."""
    last = query_number(request.headers.get("Last-Event-ID"))
    known = query["after"] if last is None else last
    if "text/event-stream" in request.headers.get("Accept", ""):
        return _stream(known)
    seq = query["after"] if query["cursor"] is None else query["cursor"]
    events = services().live.after(shop_id(), seq, query["limit"] + 1)
    more = len(events) > query["limit"]
    events = events[: query["limit"]]
    return {"items": [shapes.event(one) for one in events], "next": str(events[-1].seq) if more else None}


def _stream(seq: int) -> Response:
    if request.method == "HEAD":
        return Response(content_type="text/event-stream")
    if not slot(actor()):
        refused = problem(429, "too_many_streams", "This key has three streams open.")
        refused.headers["Retry-After"] = "5"
        return refused
    return stream(actor(), "retry: 2000\n\n", _News(services().live, shop_id(), seq))


class _News:
    """What happened since the last look."""

    def __init__(self, live: Live, business_id: str, seq: int) -> None:
        self._live, self._business_id, self._seq = live, business_id, seq

    def __call__(self) -> Iterator[str]:
        for event in self._live.after(self._business_id, self._seq):
            self._seq = event.seq
            yield f"id: {event.seq}\nevent: {event.type}\ndata: {json.dumps(shapes.event(event))}\n\n"
