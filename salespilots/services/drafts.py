"""Orders that are still being written: what can be sold, and changing a draft as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from salespilots.domain.catalog import ProductState
from salespilots.domain.cod import Refusal
from salespilots.domain.errors import InvalidTransition
from salespilots.domain.events import Event
from salespilots.domain.order import Order
from salespilots.domain.order_states import OrderState
from salespilots.ports.extensions import CASH
from salespilots.ports.storage import eq, one_of
from salespilots.services.core import Core, retrying
from salespilots.services.ordering import build_order_in
from salespilots.services.quotes import cash_refusal_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A variant on sale: its price in paise and the pieces that can be promised now."""

    variant_id: str
    product_id: str
    title: str
    sku: str
    price_paise: int
    available: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What an order would be, not kept. ``least_paise``: the shop's smallest order, where this one is smaller;
    ``cash_refusal``: why it could not be paid at the door in the chat. The owner may make it all the same."""

    order: Order
    least_paise: int
    serves: bool
    cash_refusal: Refusal | None


WRITTEN = (
    "lines", "discount_paise", "discount_code", "shipping_paise", "cod_fee_paise", "advance_paise", "tax_paise",
    "payment_method", "address", "terms",
)  # fmt: skip
"""What a draft takes over when it is written anew."""


class Drafts:
    """Use cases on drafts."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def offers(self, business_id: str, variant_ids: Sequence[str]) -> dict[str, Offer]:
        """What is on sale of these variants, by id."""
        wanted = list(dict.fromkeys(variant_ids))
        if not wanted:
            return {}
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            variants = uow.variants.select(one_of("id", wanted), eq("archived", False))
            live = eq("state", ProductState.LIVE)
            products = {
                one.id: one for one in uow.products.select(one_of("id", [one.product_id for one in variants]), live)
            }
            levels = uow.stock.levels([one.id for one in variants])
        return {
            one.id: Offer(
                variant_id=one.id, product_id=one.product_id, sku=one.sku, price_paise=one.price_paise,
                title=", ".join(filter(None, [products[one.product_id].title, one.title])),
                available=levels[one.id].available,
            )
            for one in variants
            if one.product_id in products
        }  # fmt: skip

    def preview(self, business_id: str, *, customer_id: str, lines: Sequence[tuple[str, int]], **more: Any) -> Preview:
        """The order that `change` and `Orders.create` would make of this. Raises what they raise."""
        core = self._core
        with core.storage.unit_of_work(business_id, read_only=True) as uow:
            order = build_order_in(core, uow, customer_id=customer_id, lines=lines, **more)
            shop = uow.shop()
            asked = order.payment_method == CASH and shop.cash_rules.offered
            return Preview(
                order=order,
                least_paise=shop.min_order_paise if order.subtotal_paise < shop.min_order_paise else 0,
                serves=shop.deliveries.serves(order.address.get("pincode")),
                cash_refusal=cash_refusal_in(uow, shop.cash_rules, order) if asked else None,
            )

    def change(
        self, business_id: str, order_id: str, *, lines: Sequence[tuple[str, int]], actor: str = "", **more: Any
    ) -> Order:
        """Write a draft anew with today's prices: lines as (variant id, pieces), address, method, charges and discount.
        Raises `InvalidTransition` for what is placed, `NotFound` for a variant not on sale, `InvalidInput`."""
        core = self._core

        def use_case() -> Order:
            with core.storage.unit_of_work(business_id) as uow:
                order = uow.orders.get(order_id)
                if order.state is not OrderState.DRAFT:
                    raise InvalidTransition("Only a draft can be changed here.")
                values: Mapping[str, Any] = {"payment_method": order.payment_method, **more}
                anew = build_order_in(
                    core, uow, customer_id=order.customer_id, practice=order.practice, lines=lines, **values
                )
                for name in WRITTEN:
                    setattr(order, name, getattr(anew, name))
                uow.orders.save(order)
                changed = Event(type="order.changed", at=core.clock.now(), ids=order.ids(), actor=actor or "system")
                uow.record(changed)
                uow.commit()
            return order

        return retrying(use_case)
