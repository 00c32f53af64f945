"""For operators: is the process there, are its dependencies, what waits."""

from __future__ import annotations

import hmac
import ipaddress
from typing import Any

from flask import Blueprint, Flask, Response, current_app, jsonify, request

from salespilots.domain.errors import AccessDenied, SalesPilotsError
from salespilots.web.context import services
from salespilots.web.permissions import machine

blueprint = Blueprint("health", __name__)
OLDEST_SECONDS = 300
"""An event that waits longer than this means that no worker is alive."""


@blueprint.get("/healthz")
@machine
def healthz() -> Any:
    """The process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@machine
def readyz() -> Any:
    """Database, schema, and the age of the oldest waiting event."""
    try:
        store = services().core.storage.check()
        backlog = services().maintenance.backlog()
    except SalesPilotsError as error:
        return _unready(error.message)
    if store.startswith("outdated"):
        return _unready(store)
    ready = backlog["oldest_seconds"] < OLDEST_SECONDS
    response = jsonify(status="ok" if ready else "waiting", storage=store, backlog=backlog)
    response.status_code = 200 if ready else 503
    return response


def _unready(detail: str) -> Response:
    response = jsonify(status="unready", detail=detail)
    response.status_code = 503
    response.headers["Retry-After"] = "5"
    return response


@blueprint.get("/metrics")
@machine
def metrics() -> Any:
    """Prometheus text, for a direct loopback peer or with the token."""
    from salespilots.web.metrics import render

    token = current_app.extensions["salespilots.application"].config.metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    by_token = bool(token) and hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())
    forwarded = request.headers.get("X-Forwarded-For") or request.headers.get("Forwarded")
    if not by_token and (forwarded or not _loopback(request.remote_addr)):
        raise AccessDenied("Metrics need the token.")
    return Response(render(services().maintenance.backlog()), content_type="text/plain; version=0.0.4; charset=utf-8")


def _loopback(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


def register(app: Flask) -> None:
    """Add the addresses."""
    app.register_blueprint(blueprint)
