"""For operators: is the process there, are its dependencies, is anybody at work, what waits."""

from __future__ import annotations

import hmac
import ipaddress
import time
from typing import Any

from flask import Blueprint, Flask, Response, current_app, jsonify, request

from salespilots.domain.errors import AccessDenied, SalesPilotsError
from salespilots.services.stuck import Figures
from salespilots.web.context import services
from salespilots.web.permissions import machine

blueprint = Blueprint("health", __name__)
OLDEST_SECONDS = 300
"""An event that could have been handled, or a message that could have left, and waits longer than this means that the
workers do not keep up."""

SWEEP_SECONDS = 60
"""No worker looked for work for so long: none is alive. A web process younger than this waits for the first one."""

AGAIN_SECONDS = 5
STARTED = "salespilots.started"


@blueprint.get("/healthz")
@machine
def healthz() -> Any:
    """The process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@machine
def readyz() -> Any:
    """Database, schema, workers, and how long events wait that could be handled, and messages that could leave."""
    try:
        store = services().core.storage.check()
        if store.startswith("outdated"):
            return _unready("unready", store)
        figures = services().stuck.figures()
    except SalesPilotsError as error:
        return _unready("unready", error.message)
    facts: dict[str, Any] = {
        "storage": store, "backlog": figures.backlog, "workers_alive": figures.alive,
        "last_sweep_seconds": None if figures.last_sweep is None else round(figures.last_sweep, 1),
    }  # fmt: skip
    if _nobody_works(figures):
        return _unready("no_worker", f"No worker has looked for work for {SWEEP_SECONDS} seconds.", **facts)
    if figures.backlog["due_seconds"] >= OLDEST_SECONDS:
        detail = f"An event that could be handled waits for {figures.backlog['due_seconds']:.0f} seconds."
        return _unready("waiting", detail, **facts)
    if figures.backlog["outbox_due_seconds"] >= OLDEST_SECONDS:
        detail = f"A message that could leave waits for {figures.backlog['outbox_due_seconds']:.0f} seconds."
        return _unready("waiting", detail, **facts)
    return jsonify(status="ok", **facts)


def _nobody_works(figures: Figures) -> bool:
    """Nobody for a minute. Where none was ever seen the first one has the first minute of this process to come."""
    if figures.last_sweep is None:
        return time.monotonic() - current_app.extensions[STARTED] > SWEEP_SECONDS
    return figures.last_sweep > SWEEP_SECONDS


def _unready(status: str, detail: str, **facts: Any) -> Response:
    response = jsonify(status=status, detail=detail, **facts)
    response.status_code = 503
    response.headers["Retry-After"] = str(AGAIN_SECONDS)
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
    return Response(render(services().stuck.figures()), content_type="text/plain; version=0.0.4; charset=utf-8")


def _loopback(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


def register(app: Flask) -> None:
    """Add the addresses."""
    app.extensions[STARTED] = time.monotonic()
    app.register_blueprint(blueprint)
