"""Home: what needs a person, and how the shop does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _

from salespilots.domain.business import Permission
from salespilots.domain.errors import NotFound
from salespilots.domain.events import Event
from salespilots.services.direct import DIRECT
from salespilots.web.context import here, services
from salespilots.web.lookups import customers, order_rows
from salespilots.web.pages import page
from salespilots.web.permissions import permits
from salespilots.web.presenters import connections
from salespilots.web.presenters import home as present
from salespilots.web.presenters import start as setup
from salespilots.web.shell import remember_position

blueprint = Blueprint("home", __name__, url_prefix="/app")
blueprint.before_request(remember_position)


@blueprint.get("", endpoint="index")
@permits(Permission.MEMBER)
def index() -> Any:
    """Each region is worked out only when it is asked for."""
    current = request.args.get("range", "today")
    current = current if current in present.RANGES else "today"
    money = here().may(Permission.STATISTICS)
    wanted = request.headers.get("X-Partial", "")
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "needs": lambda: {"needs": _needs()},
        "revenue": lambda: {"revenue": _revenue(current) if money else None},
        "tiles": lambda: {"tiles": present.tiles(*_both(current), money=money) if money else None},
        "funnel": lambda: {"funnel": present.funnel(_both(current)[0]) if money else None},
        "latest": lambda: {"latest": order_rows(services().orders.page(here().shop_id, limit=4).items)},
        "activity": lambda: {"activity": _activity(money)},
    }
    context: dict[str, Any] = {}
    for name, build in parts.items():
        if wanted in ("", name):
            context |= build()
    return page(
        "home/index.html",
        greeting=present.greeting(here().user.name),
        today_label=present.today_label(),
        range=current,
        ranges=present.ranges(current) if money else [],
        **context,
    )


def _both(current: str) -> tuple[Any, Any]:
    """The period and the one before it."""
    dashboard, shop_id = services().dashboard, here().shop_id
    return dashboard.stats(shop_id, current), dashboard.stats(shop_id, current, previous=True)


def _revenue(current: str) -> Any:
    sold = services().dashboard.has_sold(here().shop_id)
    return present.revenue(*_both(current), current, sold=sold)


def _needs() -> Any:
    shop_id, me = here().shop_id, here()
    badges = services().dashboard.badges(shop_id)
    if not me.may(Permission.INBOX):
        badges = {**badges, "waiting": 0}
    stock = services().catalog.counts(shop_id) if me.may(Permission.CATALOGUE) else {}
    steps = setup.steps(services().shops.onboarding(shop_id)) if me.may(Permission.SHOP_ADMIN) else []
    missing = [one for one in steps if one.state in ("now", "later")]
    ring = None
    if missing:
        title = _("Next: %(step)s", step=setup.title(missing[0].key))
        ring = (len(steps) - len(missing), len(steps), title)
    takes_upi = me.may(Permission.ORDERS) and services().connections.find(shop_id, DIRECT) is not None
    claims = len(services().direct.claims(shop_id)) if takes_upi else 0
    accounts = _accounts() if me.may(Permission.SHOP_ADMIN) else []
    notes = services().owner_notes.news(shop_id) if me.may(Permission.CATALOGUE) else 0
    return present.needs(badges, stock, ring, claims=claims, accounts=accounts, notes=notes, **_decisions())


def _accounts() -> list[tuple[str, str, str]]:
    """Connections to customers that need the owner: (key, name, what is so)."""
    registry, shown = services().core.registry, []
    for key, one in services().connections.all(here().shop_id).items():
        provider = registry.channels.find(key) if one.kind == "channel" else None
        if provider is not None and connections.status_of(provider, one) == "attention":
            shown.append((key, provider.label, connections.note(provider, one)))
    return shown


def _decisions() -> dict[str, Any]:
    """What waits for this person's word: one send leads to its chat, more of them to the list where they may see it."""
    admin = here().may(Permission.SHOP_ADMIN)
    if not here().may(Permission.INBOX):
        return {}
    given_up, undecided, chat = services().stuck.waiting(here().shop_id)
    if admin and undecided > 1:
        href = url_for("about.index", _anchor="decide")
    else:
        href = url_for("inbox.thread", conversation_id=chat) if chat else ""
    return {"given_up": given_up if admin else 0, "undecided": undecided, "undecided_href": href}


def _activity(money: bool) -> Any:
    shop_id = here().shop_id
    events = services().dashboard.activity(shop_id, 6)
    people = customers(shop_id, [one.ids["customer_id"] for one in events if one.ids.get("customer_id")])
    names = {key: one.display_name for key, one in people.items()}
    for event in events:
        names |= _by_chat(event, names)
    return present.activity(events, names, money=money)


def _by_chat(event: Event, names: dict[str, str]) -> dict[str, str]:
    """The customer's name where an event knows only the chat."""
    chat = event.ids.get("conversation_id", "")
    if not chat or event.ids.get("customer_id") or chat in names:
        return {}
    try:
        return {chat: services().conversations.get(here().shop_id, chat).customer.display_name}
    except NotFound:
        return {}
