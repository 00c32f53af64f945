"""The one webhook route of all providers: raw bytes, signature, one insert, 200."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Blueprint, Flask, Response, request

from salespilots.domain.errors import NotFound
from salespilots.ports.errors import BadSignature
from salespilots.ports.webhook import WebhookRequest
from salespilots.services.messaging.inbox import MAX_BODY
from salespilots.web.context import services
from salespilots.web.errors import problem
from salespilots.web.permissions import machine
from salespilots.web.quick_door import REFUSED, QuickDoor

log = structlog.get_logger(__name__)
blueprint = Blueprint("webhooks", __name__)


def read_request() -> WebhookRequest | None:
    """The request as plugins see it; None when its body is too large."""
    if (request.content_length or 0) > MAX_BODY:
        return None
    body = request.stream.read(MAX_BODY + 1) if request.method == "POST" else b""
    if len(body) > MAX_BODY:
        return None
    return WebhookRequest(
        body=body,
        headers={name.lower(): value for name, value in request.headers.items()},
        query={name: values[0] for name, values in request.args.lists()},
    )


@blueprint.get("/webhooks/channel/<provider>")
@blueprint.get("/webhooks/channel/<provider>/<endpoint_token>")
@machine
def handshake(provider: str, endpoint_token: str | None = None) -> Any:
    """A provider asks whether this address is ours."""
    asked = read_request()
    text = services().inbox.handshake(provider, asked, endpoint_token) if asked else None
    if text is None:
        return problem(403, "forbidden", "The verify token does not fit.")
    return Response(text, content_type="text/plain; charset=utf-8")


@blueprint.post("/webhooks/channel/<provider>")
@blueprint.post("/webhooks/channel/<provider>/<endpoint_token>")
@machine
def channel(provider: str, endpoint_token: str | None = None) -> Any:
    """A channel's events, for the whole installation or at a shop's own address."""
    return _accept(lambda asked: services().inbox.accept_channel(provider, asked, endpoint_token))


@blueprint.post("/webhooks/payments/<provider>/<endpoint_token>")
@machine
def payments(provider: str, endpoint_token: str) -> Any:
    """A shop's payment events."""
    return _accept(lambda asked: services().inbox.accept_payments(provider, endpoint_token, asked))


def _accept(keep: Any) -> Any:
    asked = read_request()
    if asked is None:
        return problem(413, "too_large", f"At most {MAX_BODY // 1024 // 1024} MiB.")
    try:
        refused = request.environ.get(REFUSED)
        if refused is not None:
            raise refused
        keep(asked)
    except BadSignature as error:
        log.warning("webhook.bad_signature", provider=error.provider)
        return problem(401, "bad_signature", "The signature does not fit.")
    except NotFound as error:
        return problem(404, "not_found", error.message)
    except (ValueError, RecursionError):
        return problem(400, "bad_request", "This body is not one of the provider's.")
    return Response('{"status":"ok"}', content_type="application/json")


def register(app: Flask) -> None:
    """Add the addresses, and the short way to them."""
    app.register_blueprint(blueprint)
    app.wsgi_app = QuickDoor(app.wsgi_app, app.extensions["salespilots"])  # type: ignore[method-assign]
