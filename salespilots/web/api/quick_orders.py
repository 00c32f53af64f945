"""The short way of a new order: what many buyers send at one moment costs little more than the order itself.

What comes in here is a plain POST of a known key that becomes an order; everything else, every refusal included, goes
the long way (`orders.create_order`), which checks the request again and finds what came of it.
"""

from __future__ import annotations

import io
import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any

import structlog
from flask import Flask

from salespilots.domain.business import ApiKey
from salespilots.services.container import Services
from salespilots.web.api import schemas, shapes
from salespilots.web.api.bodies import MAX_BODY, bearer, read_object

ADDRESS = "/api/v1/orders"
SCOPE = "orders:write"

REFUSED = "salespilots.order_refused"
"""Where the long way finds why no order was made."""

_SCHEMA = schemas.OrderIn()
_KINDS = ("application/json", "application/json; charset=utf-8")


class QuickOrders:
    """WSGI middleware in front of the application."""

    def __init__(self, app: Flask) -> None:
        self._app: Callable[..., Iterable[bytes]] = app.wsgi_app
        self._services: Services = app.extensions["salespilots"]
        self._json = app.json

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        key = self._key(environ) if environ["PATH_INFO"] == ADDRESS and environ["REQUEST_METHOD"] == "POST" else None
        if key is None:
            return self._app(environ, start_response)
        started, request_id = time.monotonic(), secrets.token_hex(8)
        values = _read(environ)
        if values is None:
            return self._app(environ, start_response)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            made = self._services.orders.make(key.business_id, actor=key.id, **values)
            answer = self._json.dumps(shapes.order(made.order, made.timeline), separators=(",", ":")).encode() + b"\n"
        except Exception as error:
            environ[REFUSED] = error
            return self._app(environ, start_response)
        headers = [
            ("Content-Type", "application/json"), ("Content-Length", str(len(answer))), ("X-Request-Id", request_id),
        ]  # fmt: skip
        metrics = self._services.core.metrics
        metrics.observe("request_seconds", time.monotonic() - started, route=ADDRESS, status="201")
        start_response("201 CREATED", headers)
        return [answer]

    def _key(self, environ: dict[str, Any]) -> ApiKey | None:
        """The key of a request that may go this way."""
        length = environ.get("CONTENT_LENGTH") or ""
        plain = (
            length.isascii() and length.isdigit() and len(length) < 8 and 0 < int(length) <= MAX_BODY
            and environ.get("CONTENT_TYPE", "").lower() in _KINDS and not environ.get("QUERY_STRING")
            and "HTTP_IDEMPOTENCY_KEY" not in environ and "HTTP_TRANSFER_ENCODING" not in environ
        )  # fmt: skip
        text = bearer(environ.get("HTTP_AUTHORIZATION", "")) if plain else None
        key = self._services.api_keys.believed(text) if text else None
        return key if key is not None and key.allows(SCOPE) else None


def _read(environ: dict[str, Any]) -> dict[str, Any] | None:
    """What an order is asked for with, or None for the long way to say what is wrong."""
    length = int(environ["CONTENT_LENGTH"])
    try:
        body = environ["wsgi.input"].read(length)
        environ["wsgi.input"] = io.BytesIO(body)
        values: dict[str, Any] | None = _SCHEMA.load(read_object(body)) if len(body) == length else None
    except Exception:  # whatever is wrong with it
        return None
    return values
