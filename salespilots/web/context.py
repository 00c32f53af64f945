"""Who is asking and for which shop: set once per request at the edge, read by views."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, g

from salespilots.domain.business import Business, Membership, Permission, User
from salespilots.services.container import Services


@dataclass(frozen=True, slots=True)
class Here:
    """The signed-in person in one shop."""

    user: User
    membership: Membership
    shop: Business
    session_id: str

    @property
    def shop_id(self) -> str:
        """The tenant of this request."""
        return self.shop.id

    def may(self, permission: Permission) -> bool:
        """Whether the role allows it."""
        return self.membership.may(permission)


def here() -> Here:
    """The signed-in context; only in views that declare a permission."""
    return g.here


def signed_in() -> Here | None:
    """The same, or None on public pages."""
    return getattr(g, "here", None)


def services() -> Services:
    """The application's services."""
    return current_app.extensions["salespilots"]
