"""Every route says who may use it; the application refuses to start if one does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask

from salespilots.domain.business import Permission

F = TypeVar("F", bound=Callable[..., Any])

PUBLIC = "public"
"""For sign-in, customers' pages and health: no account needed."""

API = "api"
"""For bearer keys: the scope is declared by the API view itself."""

MACHINE = "machine"
"""For signed webhooks: no cookie, no form token; the signature is the permission."""

ATTRIBUTE = "salespilots_access"


def permits(permission: Permission) -> Callable[[F], F]:
    """Members of the shop whose role has ``permission``."""
    return _mark(permission)


def public(view: F) -> F:
    """Anybody."""
    return _mark(PUBLIC)(view)


def machine(view: F) -> F:
    """Programs that sign what they send."""
    return _mark(MACHINE)(view)


def takes_files(most: int) -> Callable[[F], F]:
    """A view whose form may be larger than others, in bytes: files come with it."""

    def mark(view: F) -> F:
        view.salespilots_most = most  # type: ignore[attr-defined]
        return view

    return mark


def _mark(access: Permission | str) -> Callable[[F], F]:
    def mark(view: F) -> F:
        setattr(view, ATTRIBUTE, access)
        return view

    return mark


def access_of(app: Flask, endpoint: str) -> Permission | str | None:
    """What a route declares."""
    return getattr(app.view_functions[endpoint], ATTRIBUTE, None)


def refuse_undeclared(app: Flask) -> None:
    """Stop the start when a route forgot to say who may use it."""
    missing = sorted({rule.endpoint for rule in app.url_map.iter_rules() if access_of(app, rule.endpoint) is None})
    if missing:
        raise RuntimeError(f"routes without a declared permission: {', '.join(missing)}")
