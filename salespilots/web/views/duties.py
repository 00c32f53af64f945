"""What a provider asks because of an account, signed by it, and the page where a person looks up their deletion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from flask import Blueprint, Response, jsonify, render_template, request, url_for
from flask_babel import gettext as _

from salespilots.domain.errors import NotFound
from salespilots.ports.errors import BadSignature
from salespilots.web.context import services
from salespilots.web.errors import problem
from salespilots.web.permissions import machine, public
from salespilots.web.presenters.deletion import sentences

log = structlog.get_logger(__name__)
blueprint = Blueprint("duties", __name__)

MOST = 16 * 1024
"""Bytes of such a form."""

T = TypeVar("T")


@blueprint.post("/<provider>/deauthorize")
@machine
def deauthorise(provider: str) -> Any:
    """The app was taken off an account."""
    return _heed(
        lambda signed: services().duties.deauthorise(provider, signed), lambda count: jsonify({"status": "ok"})
    )


@blueprint.post("/<provider>/data-deletion")
@machine
def delete(provider: str) -> Any:
    """What came from an account is to be deleted. The answer's words are the provider's."""
    return _heed(
        lambda signed: services().duties.ask_deletion(provider, signed),
        lambda asked: jsonify({"url": _page_of(provider, asked.code), "confirmation_code": asked.code}),
    )


def _page_of(provider: str, code: str) -> str:
    return services().core.base_url + url_for("duties.deletion", provider=provider, token=code)


def _heed(work: Callable[[str], T], answer: Callable[[T], Response]) -> Response:
    """A refused notice leaves nothing behind but a line in the log."""
    request.max_content_length = request.max_form_memory_size = MOST
    signed = request.form.get("signed_request", "")
    try:
        return answer(work(signed))
    except BadSignature as error:
        log.warning("notice.bad_signature", provider=error.provider)
        return problem(400, "bad_signature", "The signature does not fit.")
    except ValueError:
        return problem(400, "bad_request", "This is not a signed request of the provider.")


@blueprint.get("/<provider>/deletion/<token>")
@public
def deletion(provider: str, token: str) -> Any:
    """How far a deletion is: for whoever has its code."""
    try:
        found = services().duties.deletion(provider, token)
    except NotFound:
        text = _("There is no deletion with this code. Look at the code once more.")
        return _page("auth/message.html", 404, title=_("Not found"), icon="search", tone="info", text=text)
    registry = services().core.registry.channels.find(provider)
    return _page(
        "duties/deletion.html",
        200,
        asked=found,
        name=registry.label if registry else provider,
        lines=sentences(found),
    )


def _page(template: str, status: int, **context: Any) -> Response:
    answer = Response(render_template(template, **context), status, content_type="text/html; charset=utf-8")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
