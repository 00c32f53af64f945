"""Reads that several pages share: names, pictures and order rows of the signed-in shop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import SimpleNamespace

from flask import g
from flask_babel import gettext as _

from salespilots.domain.business import Permission
from salespilots.domain.customer import Customer
from salespilots.domain.order import Order
from salespilots.web.context import here, services
from salespilots.web.media import SMALL, thumbnail
from salespilots.web.presenters.orders import order_row


def pictures(shop_id: str, product_ids: Iterable[str]) -> dict[str, str]:
    """Product id to the address of its first picture; each product is read once a request."""
    known: dict[str, str] = g.setdefault("product_pictures", {})
    wanted = [one for one in dict.fromkeys(product_ids) if one not in known]
    if wanted:
        found = services().catalog.first_pictures(shop_id, wanted)
        known.update({one: thumbnail(shop_id, found[one], SMALL) if found.get(one) else "" for one in wanted})
    return known


def customers(shop_id: str, ids: Iterable[str]) -> dict[str, Customer]:
    """Customers by id."""
    return services().customers.many(shop_id, list(dict.fromkeys(ids)))


def sees_money() -> bool:
    """People who only pack see addresses and items, no amounts."""
    return here().may(Permission.ORDERS)


def order_rows(orders: Sequence[Order]) -> list[SimpleNamespace]:
    """Rows for a list of orders of the signed-in shop."""
    shop_id, money = here().shop_id, sees_money()
    people = customers(shop_id, [one.customer_id for one in orders])
    shown = pictures(shop_id, [one.lines[0].product_id for one in orders if one.lines])
    return [order_row(one, people.get(one.customer_id), shown, money=money) for one in orders]


def provider_label(port: str, key: str) -> str:
    """What people call a channel or a payments provider; its key when its plugin is gone."""
    by_hand = {"cash": _("Cash"), "bank": _("Bank transfer")}
    if port == "payments" and key in by_hand:
        return by_hand[key]
    registry = services().core.registry
    found = (registry.payments if port == "payments" else registry.channels).find(key)
    return _(found.label) if found else key


def channel_label(key: str) -> str:
    """What people call a channel."""
    return provider_label("channel", key)


def user_names(ids: Iterable[str | None]) -> dict[str, str]:
    """User id to name."""
    wanted = sorted({one for one in ids if one and one.startswith("usr_")})
    return services().accounts.names(wanted) if wanted else {}


def live_products(shop_id: str, most: int = 200) -> list[tuple[str, str]]:
    """(id, title) of products on sale, for a choice."""
    rows = services().catalog.page(shop_id, state="live", limit=most).items
    return sorted(((one.product.id, one.product.title) for one in rows), key=lambda one: one[1].casefold())
