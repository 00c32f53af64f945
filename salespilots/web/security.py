"""Who is asking, and what every answer carries: session, form token, permission, headers."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Request, g, redirect, request, session, url_for
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import NotFound as HttpNotFound

from salespilots.domain.business import Permission
from salespilots.domain.errors import AccessDenied
from salespilots.web.context import Here, services
from salespilots.web.languages import pick
from salespilots.web.permissions import API, MACHINE, PUBLIC, access_of

CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
HSTS = "max-age=31536000; includeSubDomains"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def cookie_key(secret: str) -> str:
    """The cookie-signing key, derived so that it is not the encryption key itself."""
    digest = hmac.new(secret.encode(), b"salespilots cookie", hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode()


def address() -> str:
    """The client's address, by trusted hops only."""
    return request.remote_addr or "unknown"


def locale() -> str:
    """The user's language; the browser's choice before sign-in."""
    current = getattr(g, "here", None)
    if current is not None:
        return pick(current.user.language)
    return pick(session.get("lang"))


def open_session(token: str) -> None:
    """Put a fresh session into the cookie; nothing of the old one survives."""
    kept = session.get("lang"), session.get("theme")
    session.clear()
    session["sid"] = token
    session.permanent = True
    for name, value in zip(("lang", "theme"), kept, strict=True):
        if value:
            session[name] = value


class Cookies(SecureCookieSessionInterface):
    """The signed cookie of a browser. What programs ask for has a key of its own: a cookie is not even read there."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """What the cookie holds; none for a program."""
        return None if request.path.startswith(("/api/", "/webhooks/")) else super().open_session(app, request)


def register(app: Flask, csrf: CSRFProtect) -> None:
    """Install the rules."""
    from datetime import timedelta

    app.permanent_session_lifetime = timedelta(days=14)

    @app.before_request
    def _guard() -> Any:
        if request.endpoint is None:
            _sign_in()
            return None
        access = access_of(app, request.endpoint)
        if access in (MACHINE, API):
            return None
        signed_in = _sign_in()
        most = getattr(app.view_functions[request.endpoint], "salespilots_most", None)
        if most is not None and signed_in:
            request.max_content_length = most
        if request.method not in SAFE_METHODS:
            csrf.protect()
        if access == PUBLIC:
            return None
        if not signed_in:
            if request.method in SAFE_METHODS and not request.headers.get("X-Partial"):
                return redirect(url_for("auth.signin", next=request.full_path.rstrip("?")), code=303)
            return _ended()
        if not isinstance(access, Permission) or not g.here.may(access):
            raise AccessDenied(_("Your role does not include this page."))
        return None


class Always:
    """WSGI middleware: the headers of every answer, whichever way it went, that does not say otherwise.
    ``Response.headers`` would take ten times as long for each."""

    def __init__(self, app: Flask) -> None:
        self._app: Callable[..., Iterable[bytes]] = app.wsgi_app
        secure = {"Strict-Transport-Security": HSTS} if app.config["SESSION_COOKIE_SECURE"] else {}
        headers = {**HEADERS, **secure, "Cache-Control": "private, no-cache"}
        self._headers = [(name, value, name.lower()) for name, value in headers.items()]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            said = {name.lower() for name, _ in headers}
            added = [(name, value) for name, value, key in self._headers if key not in said]
            return start_response(status, headers + added, *more)

        return self._app(environ, start)


def _sign_in() -> bool:
    token = session.get("sid")
    found = services().accounts.session(token) if isinstance(token, str) else None
    if found is None:
        return False
    g.here = Here(user=found.user, membership=found.membership, shop=found.shop, session_id=found.session.id)
    return True


def _ended() -> Any:
    """A form or a part of a page after the session ended: go and sign in."""
    if request.headers.get("X-Partial"):
        raise HttpNotFound
    return redirect(url_for("auth.signin"), code=303)
