"""One table from error class to status; a page for people, problem+json for programs."""

from __future__ import annotations

import json
import secrets
from typing import Any

import structlog
from flask import Flask, Response, g, make_response, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from salespilots.domain import errors as domain
from salespilots.ports.errors import BadSignature, NotConnected, PluginError, PortError
from salespilots.ports.storage import StorageUnavailable
from salespilots.services.accounts import TooManyTries

log = structlog.get_logger(__name__)

STATUS: tuple[tuple[type[Exception], int], ...] = (
    (domain.NotFound, 404),
    (domain.AccessDenied, 403),
    (domain.InvalidInput, 422),
    (domain.Conflict, 409),
    (domain.StaleEntity, 409),
    (domain.DomainError, 409),
    (TooManyTries, 429),
    (BadSignature, 401),
    (StorageUnavailable, 503),
    (NotConnected, 409),
    (PluginError, 409),
    (PortError, 502),
)
TITLES = {
    400: "Not understood", 401: "Not signed in", 403: "Not allowed", 404: "Not found", 405: "Method not allowed",
    409: "Not possible now", 413: "Too large", 415: "Wrong content type", 422: "Some fields need a change",
    429: "Too many tries", 500: "Something broke", 502: "The provider did not answer", 503: "Back in a moment",
}  # fmt: skip


def status_of(error: Exception) -> int:
    """The status of one of our errors."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def reference() -> str:
    """What a person can quote: the id of this request in the log."""
    return getattr(g, "request_id", "") or secrets.token_hex(6)


def wants_json() -> bool:
    """Programs' addresses answer in JSON whatever they accept."""
    return request.path.startswith(("/api/", "/webhooks/", "/instagram/", "/healthz", "/readyz", "/metrics"))


def problem(status: int, code: str, detail: str, **more: Any) -> Response:
    """An RFC 9457 answer."""
    body = {
        "type": f"urn:salespilots:problem:{code}" if code else "about:blank",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
        "code": code,
        **more,
    }
    response = make_response(json.dumps(body, ensure_ascii=False), status)
    response.headers["Content-Type"] = "application/problem+json"
    return response


def answer(status: int, code: str, message: str, **more: Any) -> Response:
    """The error in the form that the caller reads."""
    if wants_json():
        response = problem(status, code, message, **more)
    elif request.headers.get("X-Partial"):
        response = make_response(message, status)
        response.headers["Content-Type"] = "text/plain; charset=utf-8"
    else:
        template = "errors/page.html" if getattr(g, "here", None) else "errors/bare.html"
        shown = status if status in (403, 404, 413, 429, 500) else (500 if status >= 500 else 404)
        response = make_response(render_template(template, code=shown, reference=reference(), message=message), status)
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response


def register(app: Flask) -> None:
    """Install the handlers."""

    @app.errorhandler(domain.SalesPilotsError)
    def _ours(error: domain.SalesPilotsError) -> Response:
        status = status_of(error)
        if status >= 500:
            log.error("web.error", code=error.code, status=status, path=request.url_rule and request.url_rule.rule)
        more: dict[str, Any] = {}
        if isinstance(error, domain.InvalidInput):
            more["errors"] = error.fields
        response = answer(status, error.code, error.message, **more)
        if status == 429:
            response.headers["Retry-After"] = str(error.details.get("retry_after", 60))
        return response

    @app.errorhandler(CSRFError)
    def _csrf(error: CSRFError) -> Response:
        return answer(400, "form_expired", _("This page was open for too long. Load it again and repeat."))

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Any:
        status = error.code or 500
        if error.response is not None or 300 <= status < 400:
            return error
        code = {
            400: "bad_request", 401: "unauthorized", 404: "not_found", 405: "method_not_allowed", 413: "too_large",
            415: "unsupported_media_type",
        }.get(status, "http_error")  # fmt: skip
        messages = (getattr(error, "data", None) or {}).get("messages")
        if status == 422 and messages:
            return answer(422, "invalid_input", _("Some fields need a change."), errors=_by_field(messages))
        response = answer(status, code, _detail(status, error))
        allowed = getattr(error, "valid_methods", None)
        if allowed:
            response.headers["Allow"] = ", ".join(sorted(allowed))
        return response

    @app.errorhandler(Exception)
    def _unknown(error: Exception) -> Response:
        log.error("web.crash", error=type(error).__name__, exc_info=error)
        return answer(500, "internal", _("Something broke here. Your data is safe; try again in a moment."))


def _by_field(messages: dict[str, Any]) -> dict[str, list[str]]:
    """Field to sentences; nested places are joined by dots (``lines.0.quantity``)."""
    flat: dict[str, list[str]] = {}
    todo: list[tuple[str, Any]] = [("", inner) for inner in messages.values()]
    while todo:
        path, value = todo.pop()
        if isinstance(value, dict):
            todo += [(f"{path}.{name}" if path else str(name), inner) for name, inner in value.items()]
        else:
            flat.setdefault(path or "_schema", []).extend(map(str, value if isinstance(value, list) else [value]))
    return flat


def _detail(status: int, error: HTTPException) -> str:
    return {
        404: _("There is nothing at this address."),
        405: _("This address does not take this method."),
        413: _("That is too large."),
        415: _("Send JSON with the content type application/json."),
    }.get(status, error.description or TITLES.get(status, ""))
