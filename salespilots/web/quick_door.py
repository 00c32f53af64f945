"""The short way of a webhook: providers' events are answered before the rest of the web application is woken.

Each event costs the shop's server only what keeping it costs. What comes in here is a POST with a length to a webhook's
address that is kept without trouble; everything else, every refusal included, goes the long way (`webhooks`), with what
was found out so far.
"""

from __future__ import annotations

import io
import re
import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any

from salespilots.ports.webhook import WebhookRequest
from salespilots.services.container import Services
from salespilots.services.messaging.inbox import MAX_BODY

REFUSED = "salespilots.webhook_refused"
"""Where the long way finds why the short one did not work."""

ANSWER = b'{"status":"ok"}'
_CHANNEL = re.compile(r"/webhooks/channel/([^/]+)(?:/([^/]+))?")
_PAYMENTS = re.compile(r"/webhooks/payments/([^/]+)/([^/]+)")

App = Callable[[dict[str, Any], Any], Iterable[bytes]]


class QuickDoor:
    """WSGI middleware in front of the application."""

    def __init__(self, app: App, services: Services) -> None:
        self._app, self._services = app, services
        self._headers = [("Content-Type", "application/json"), ("Content-Length", str(len(ANSWER)))]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] != "POST" or not path.startswith("/webhooks/"):
            return self._app(environ, start_response)
        keep, route = self._keeper(path)
        length = environ.get("CONTENT_LENGTH") or ""
        plain = length.isascii() and length.isdigit() and len(length) < 9 and not environ.get("QUERY_STRING")
        if keep is None or not plain or int(length) > MAX_BODY:
            return self._app(environ, start_response)
        started = time.monotonic()
        body = environ["wsgi.input"].read(int(length))
        try:
            if len(body) != int(length):
                raise ValueError("the body is shorter than it says")
            keep(WebhookRequest(body=body, headers=_headers_of(environ)))
        except Exception as error:
            environ["wsgi.input"], environ[REFUSED] = io.BytesIO(body), error
            return self._app(environ, start_response)
        metrics = self._services.core.metrics
        metrics.observe("request_seconds", time.monotonic() - started, route=route, status="200")
        start_response("200 OK", [*self._headers, ("X-Request-Id", secrets.token_hex(8))])
        return [ANSWER]

    def _keeper(self, path: str) -> tuple[Callable[[WebhookRequest], int] | None, str]:
        """What keeps the events of this address, and the address's pattern."""
        inbox = self._services.inbox
        found = _CHANNEL.fullmatch(path)
        if found:
            provider, token = found.groups()
            route = "/webhooks/channel/<provider>" + ("/<endpoint_token>" if token else "")
            return lambda asked: inbox.accept_channel(provider, asked, token), route
        found = _PAYMENTS.fullmatch(path)
        if found:
            provider, token = found.groups()
            route = "/webhooks/payments/<provider>/<endpoint_token>"
            return lambda asked: inbox.accept_payments(provider, token, asked), route
        return None, ""


def _headers_of(environ: dict[str, Any]) -> dict[str, str]:
    """The request's headers under their own names, in lower case."""
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name[:5] == "HTTP_"}
    return headers | {"content-type": environ.get("CONTENT_TYPE", ""), "content-length": environ["CONTENT_LENGTH"]}
