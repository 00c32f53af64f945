"""What is given back when goods come back: worked out from what was paid for them, never from a list price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from salespilots.domain.money import allocate
from salespilots.domain.order import Order
from salespilots.domain.order_states import OrderState
from salespilots.domain.parcels import ReturnState, add_up


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack:
    """The parts of a refund, each from nothing up; ``discount_paise`` is taken off."""

    goods_paise: int = 0
    discount_paise: int = 0
    shipping_paise: int = 0
    cod_fee_paise: int = 0

    @property
    def total_paise(self) -> int:
        """Goods − their part of the discount + charges that the shop's rule gives back."""
        return self.goods_paise - self.discount_paise + self.shipping_paise + self.cod_fee_paise


def discount_of_lines(order: Order) -> dict[str, int]:
    """The order's discount by line id, in proportion to what the lines cost; it adds up to the paisa."""
    weights = [line.total_paise for line in order.lines]
    if not order.discount_paise or not sum(weights):
        return dict.fromkeys((line.id for line in order.lines), 0)
    return dict(zip((line.id for line in order.lines), allocate(order.discount_paise, weights), strict=True))


def given_back_for(order: Order, lines: Mapping[str, int], rules: Mapping[str, object]) -> GivenBack:
    """For pieces by line id that come back. ``rules``: ``shipping`` and ``cod_fee``, whether each is given back when
    nothing of the order stays with the customer. Pieces one after the other come to the same as all at once."""
    before = add_up([one.lines for one in order.returns if one.state == ReturnState.INSPECTED])
    discounts = discount_of_lines(order)
    goods = discount = 0
    for line in order.lines:
        count = lines.get(line.id, 0)
        first, last = before.get(line.id, 0), before.get(line.id, 0) + count
        goods += count * line.unit_paise
        discount += discounts[line.id] * last // line.quantity - discounts[line.id] * first // line.quantity
    whole = all(before.get(line.id, 0) + lines.get(line.id, 0) >= line.quantity for line in order.lines)
    return GivenBack(
        goods_paise=goods,
        discount_paise=discount,
        shipping_paise=order.shipping_paise if whole and rules.get("shipping") else 0,
        cod_fee_paise=order.cod_fee_paise if whole and rules.get("cod_fee") else 0,
    )


def suggested_refund(order: Order) -> int:
    """What to offer in the refund form, in paise: what is owed, else all that was paid for an order that can still be
    stopped, else nothing."""
    if order.refund_due_paise:
        return order.refund_due_paise
    stoppable = order.state in (OrderState.CONFIRMED, OrderState.PACKED)
    return order.paid_paise - order.refunded_paise if stoppable else 0
