"""The shop's event log, as JSON or as a stream."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from flask import Response, request
from flask_smorest import Blueprint

from salespilots.services.live import Live
from salespilots.web.api import schemas, shapes
from salespilots.web.api.guard import actor, scope, shop_id
from salespilots.web.context import services
from salespilots.web.views.home_events import LIFE_SECONDS, STOPPING, leave_slot, take_slot

PATH = "events"
LOOK_SECONDS = 0.5
blueprint = Blueprint("api_events", __name__, description="The event log")


@blueprint.get("")
@scope("events:read")
@blueprint.arguments(schemas.EventsQuery, location="query")
@blueprint.response(200)
def list_events(query: dict[str, Any]) -> Any:
    """Events after ``after``; with ``Accept: text/event-stream`` they keep coming for five minutes."""
    seq = query["after"]
    last = request.headers.get("Last-Event-ID", "")
    if last.isascii() and last.isdigit() and len(last) <= 18:
        seq = int(last)
    if "text/event-stream" in request.headers.get("Accept", ""):
        if not take_slot(actor()):
            return Response(status=204)
        response = Response(_stream(services().live, shop_id(), actor(), seq), content_type="text/event-stream")
        response.headers["Cache-Control"] = "no-store"
        return response
    events = services().live.after(shop_id(), seq, query["limit"])
    return {"items": [shapes.event(one) for one in events], "next": None}


def _stream(live: Live, business_id: str, holder: str, seq: int) -> Iterator[str]:
    ends = time.monotonic() + LIFE_SECONDS
    try:
        yield "retry: 2000\n\n"
        while time.monotonic() < ends and not STOPPING.is_set():
            for event in live.after(business_id, seq):
                seq = event.seq
                yield f"id: {seq}\nevent: {event.type}\ndata: {json.dumps(shapes.event(event))}\n\n"
            STOPPING.wait(LOOK_SECONDS)
    finally:
        leave_slot(holder)
