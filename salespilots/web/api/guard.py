"""What holds for every API request: the key, its scope, a sane body, one answer per idempotency key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from flask import Response, current_app, g, request
from werkzeug.exceptions import RequestEntityTooLarge

from salespilots.domain.errors import InvalidInput
from salespilots.domain.idempotency import IdempotencyRecord
from salespilots.ports.storage import storable
from salespilots.web.api.bodies import MAX_BODY, Unreadable, bearer, read_object
from salespilots.web.context import services
from salespilots.web.errors import problem

F = TypeVar("F", bound=Callable[..., Any])
FILE_KINDS = (
    "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/octet-stream",
)  # fmt: skip
STALE = timedelta(minutes=2)
"""A first request that never came to an end gives its key free after this."""


def scope(name: str) -> Callable[[F], F]:
    """The scope a view needs."""

    def mark(view: F) -> F:
        view.salespilots_scope = name  # type: ignore[attr-defined]
        return view

    return mark


def also_reads(name: str) -> Callable[[F], F]:
    """A second scope that a view needs: what it tells is another resource's, too."""

    def mark(view: F) -> F:
        view.salespilots_also = name  # type: ignore[attr-defined]
        return view

    return mark


def may(name: str) -> bool:
    """Whether the request's key has a scope."""
    return bool(g.api_key.allows(name))


def takes_file(most: int) -> Callable[[F], F]:
    """A view whose body is a file of at most so many bytes, as it is."""

    def mark(view: F) -> F:
        view.salespilots_file = most  # type: ignore[attr-defined]
        return view

    return mark


def guard() -> Response | None:
    """Runs before every API view; an answer here ends the request."""
    refused = _authenticate() or _check_body()
    if refused is None and request.method == "POST" and request.headers.get("Idempotency-Key"):
        return _replay()
    return refused


def shop_id() -> str:
    """The shop of the key."""
    return g.api_key.business_id


def actor() -> str:
    """Who acts, for the log: the key."""
    return g.api_key.id


def request_key() -> str:
    """What makes this request's effect happen once even where no answer was kept: its Idempotency-Key and body, hashed.

    Empty without the header.
    """
    key = request.headers.get("Idempotency-Key", "")
    return hashlib.sha256(f"{key}\n{_digest()}".encode()).hexdigest()[:40] if key else ""


# --- key and scope -----------------------------------------------------------------------------------------


def _authenticate() -> Response | None:
    text = bearer(request.headers.get("Authorization", ""))
    key = services().api_keys.find(text) if text else None
    if key is None:
        response = problem(401, "unauthorized", "Send a key: Authorization: Bearer …")
        response.headers["WWW-Authenticate"] = 'Bearer realm="salespilots"'
        return response
    g.api_key = key
    view = current_app.view_functions[request.endpoint or ""]
    needed = getattr(view, "salespilots_scope", None)
    for one in (needed, getattr(view, "salespilots_also", needed)):
        if one is None or not key.allows(one):
            return problem(403, "forbidden", f"This key lacks the scope {one}.")
    return None


# --- bodies ------------------------------------------------------------------------------------------------


def _check_body() -> Response | None:
    for name, values in request.args.lists():
        if len(values) > 1:
            return problem(422, "invalid_input", "A parameter is given twice.", errors={name[:60]: ["Give it once."]})
        if not storable(values[0]) or not storable(name):
            return problem(
                422, "invalid_input", "A parameter cannot be read.", errors={"query": ["Not storable text."]}
            )
    if request.method not in ("POST", "PUT", "PATCH"):
        return None
    file = getattr(current_app.view_functions[request.endpoint or ""], "salespilots_file", 0)
    most = file or MAX_BODY
    request.max_content_length = most + 1  # a body in chunks names no length: it is read this far and measured
    try:
        body: bytes | None = request.get_data(cache=True)
    except RequestEntityTooLarge:
        body = None
    if body is None or len(body) > most:
        return problem(413, "too_large", f"At most {most >> 20} MiB.")
    if file:
        known = not body or request.mimetype in FILE_KINDS
        return (
            None if known else problem(415, "unsupported_media_type", f"Send a file as one of {', '.join(FILE_KINDS)}.")
        )
    if not body:
        return None
    if request.mimetype != "application/json":
        return problem(415, "unsupported_media_type", "Send JSON with the content type application/json.")
    try:
        g.body = read_object(body)
    except Unreadable as error:
        return problem(error.status, error.code, error.detail, **error.more)
    return None


# --- idempotency -------------------------------------------------------------------------------------------


def _digest() -> str:
    return hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.get_data(cache=True)).hexdigest()


def _replay() -> Response | None:
    """The kept answer of this key, a refusal, or None when this request is the first."""
    key = request.headers["Idempotency-Key"]
    if not 1 <= len(key) <= 200 or not key.isprintable():
        raise InvalidInput({"Idempotency-Key": ["1 to 200 printable characters."]})
    core = services().core
    now = core.clock.now()
    digest = _digest()
    record = IdempotencyRecord(
        id=core.ids.new("idempotency"), business_id=shop_id(), key=key, request_hash=digest, created_at=now
    )
    with core.storage.unit_of_work(shop_id()) as uow:
        if uow.idempotency.add_once(record):
            uow.commit()
            g.idempotency = record
            return None
        found = uow.idempotency.find(key=key)
        if (
            found is not None
            and found.status is None
            and now - found.created_at > STALE
            and found.request_hash == digest
        ):
            found.created_at = now
            uow.idempotency.save(found)
            uow.commit()
            g.idempotency = found
            return None
    if found is None or (found.request_hash == digest and found.status is None):
        return problem(409, "in_progress", "The first request with this key still runs.")
    if found.request_hash != digest:
        return problem(422, "idempotency_key_reused", "This key was used with another body.")
    kind = "application/json" if (found.status or 0) < 400 else "application/problem+json"
    response = Response(found.body or "", status=found.status, content_type=kind)
    response.headers["Idempotency-Replayed"] = "true"
    return response


def keep_answer(response: Response) -> Response:
    """Keep the first answer of a key; a failure of ours gives the key free again."""
    record: IdempotencyRecord | None = g.pop("idempotency", None)
    if record is None:
        return response
    with services().core.storage.unit_of_work(record.business_id) as uow:
        found = uow.idempotency.find(key=record.key)
        if found is not None:
            if response.status_code >= 500:
                uow.idempotency.remove(found)
            else:
                found.status, found.body = response.status_code, response.get_data(as_text=True)
                uow.idempotency.save(found)
            uow.commit()
    return response
