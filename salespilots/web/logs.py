"""Request ids and one line per request; never a body, a token or a customer's words."""

from __future__ import annotations

import secrets
import time

import structlog
from flask import Flask, Response, g, request

log = structlog.get_logger("salespilots.web")


def register(app: Flask) -> None:
    """Bind the request's context to every log line within it."""
    metrics = app.extensions["salespilots"].core.metrics

    @app.before_request
    def _begin() -> None:
        g.request_id = secrets.token_hex(8)
        g.started = time.monotonic()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def _end(response: Response) -> Response:
        response.headers["X-Request-Id"] = getattr(g, "request_id", "")
        seconds = time.monotonic() - getattr(g, "started", time.monotonic())
        route = request.url_rule.rule if request.url_rule else "unmatched"
        here = getattr(g, "here", None)
        log.debug(
            "web.request", method=request.method, route=route, status=response.status_code, ms=int(seconds * 1000),
            shop=here.shop.id if here else None,
        )  # fmt: skip
        metrics.observe("request_seconds", seconds, route=route, status=str(response.status_code))
        return response
