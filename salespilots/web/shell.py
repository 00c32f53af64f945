"""What the frame around every page shows: worked out only when a template asks for it."""

from __future__ import annotations

from functools import cached_property
from types import SimpleNamespace
from typing import Any

from flask import g, request, session
from flask_babel import get_locale
from flask_babel import gettext as _

from salespilots.domain.business import Business, Permission, User
from salespilots.web.context import services, signed_in
from salespilots.web.languages import available

AREAS = {
    "inbox": Permission.INBOX,
    "customers": Permission.INBOX,
    "simulator": Permission.INBOX,
    "orders": Permission.FULFIL,
    "products": Permission.CATALOGUE,
    "comments": Permission.INBOX,
    "posts": Permission.CATALOGUE,
    "workflows": Permission.CATALOGUE,
    "templates": Permission.CATALOGUE,
    "settings": Permission.SHOP_ADMIN,
    "money": Permission.ORDERS,
}
"""What a role needs to see an area in the navigation."""

THEMES = ("auto", "light", "dark")


def remember_position() -> None:
    """Before a page reads anything: changes from here on reach it by the stream, so none is missed."""
    one = signed_in()
    if one is not None and request.method == "GET" and "X-Partial" not in request.headers:
        g.live_seq = services().live.last_seq(one.shop_id)


class Shell:
    """The ``shell`` of the templates; works for people who are not signed in too."""

    @property
    def languages(self) -> tuple[str, ...]:
        """What the language switch offers; hidden while there is one only."""
        return available()

    @property
    def lang(self) -> str:
        """``en`` or ``hi``."""
        return "hi" if getattr(get_locale(), "language", "en") == "hi" else "en"

    @property
    def theme(self) -> str:
        """``auto``, ``light`` or ``dark``."""
        one = signed_in()
        theme = one.user.theme if one else session.get("theme", "auto")
        return theme if theme in THEMES else "auto"

    @property
    def next_path(self) -> str:
        """Where to come back to after a change of language."""
        return request.path if request.method == "GET" else "/"

    @property
    def shop(self) -> Business | SimpleNamespace:
        """The shop of this session."""
        one = signed_in()
        return one.shop if one else SimpleNamespace(id="", name="SalesPilots")

    @property
    def user(self) -> User | SimpleNamespace:
        """Who is signed in."""
        one = signed_in()
        return one.user if one else SimpleNamespace(id="", name="")

    def sees(self, area: str) -> bool:
        """Whether the navigation leads there for this role."""
        one = signed_in()
        return one is not None and (area not in AREAS or one.may(AREAS[area]))

    @cached_property
    def live_seq(self) -> int:
        """The last event this page shows."""
        one = signed_in()
        if one is None:
            return 0
        return g.live_seq if "live_seq" in g else services().live.last_seq(one.shop_id)

    @cached_property
    def badges(self) -> SimpleNamespace:
        """Chats waiting for a person; orders to pack."""
        one = signed_in()
        counts = services().dashboard.badges(one.shop_id) if one else {}
        return SimpleNamespace(inbox=counts.get("waiting", 0), orders=counts.get("to_pack", 0))

    @cached_property
    def connection(self) -> SimpleNamespace | None:
        """How the shop is connected to its customers."""
        one = signed_in()
        if one is None:
            return None
        found = [
            row
            for row in services().connections.all(one.shop_id).values()
            if row.kind == "channel" and (row.enabled or row.state == "attention")
        ]
        if not found:
            return SimpleNamespace(label=_("Practice only"), tone="wait")
        provider = services().core.registry.channels.find(found[0].provider)
        name = provider.label if provider else found[0].provider
        if any(row.state == "attention" for row in found):
            return SimpleNamespace(label=_("%(name)s needs a look", name=name), tone="off")
        return SimpleNamespace(label=_("%(name)s connected", name=name), tone="ok")


def shell_context() -> dict[str, Any]:
    """For ``app.context_processor``."""
    return {"shell": Shell()}
