"""What an order comes to beside its goods, and for how long it is held: by the shop's rules and how it is paid."""

from __future__ import annotations

from datetime import datetime, timedelta

from salespilots.domain.business import Business
from salespilots.domain.errors import Conflict, InvalidInput
from salespilots.domain.gst import tax_of_order
from salespilots.domain.money import MAX_PAISE
from salespilots.domain.order import Order
from salespilots.ports.extensions import CASH
from salespilots.ports.storage import UnitOfWork
from salespilots.services.core import Core
from salespilots.services.discounts import find_in, taken_off


def charge_in(core: Core, uow: UnitOfWork, order: Order, shop: Business) -> None:
    """Discount, delivery, COD fee, advance and tax of an order that is not placed yet: by its code, where it has one,
    and by what its terms say of ``shipping_paise`` instead of the shop's rule.

    Raises `InvalidInput` for amounts out of range and for a code that may not be used.
    """
    pincode = order.address.get("pincode")
    shipping_paise = order.terms.get("shipping_paise")
    if order.discount_code:
        code = find_in(
            uow,
            order.discount_code,
            goods_paise=order.subtotal_paise,
            customer_id=order.customer_id,
            now=core.clock.now(),
        )
        order.discount_code = code.code
        order.discount_paise, off_shipping = taken_off(code, order.subtotal_paise, 1)
        shipping_paise = 0 if off_shipping else shipping_paise
    goods = order.subtotal_paise - order.discount_paise
    order.shipping_paise = shop.shipping_for(goods, pincode) if shipping_paise is None else shipping_paise
    charge_method(order, shop)


def check_amounts(order: Order) -> None:
    """Raise `InvalidInput` for the field that makes the order too large or its discount larger than its goods."""
    too_large = "The order comes to more than one order can."
    if order.subtotal_paise > MAX_PAISE:
        raise InvalidInput({"lines": [too_large]})
    if order.discount_paise > order.subtotal_paise:
        raise InvalidInput({"discount_paise": ["More than the goods cost."]})
    if order.total_paise > MAX_PAISE:
        raise InvalidInput({"shipping_paise": [too_large]})


def charge_method(order: Order, shop: Business) -> None:
    """The fee, the advance and the tax that follow from how an order is paid."""
    rules, cash = shop.cash_rules, order.payment_method == CASH
    order.cod_fee_paise = rules.fee_paise if cash else 0
    check_amounts(order)
    order.advance_paise = min(rules.advance_paise, order.total_paise) if cash else 0
    order.tax_paise = tax_of_order(order, shop)


def hold_of(order: Order, shop: Business) -> timedelta | None:
    """For how long the pieces are held for money to come; None where it comes at the door."""
    if order.payment_method == CASH and not order.advance_paise:
        return None
    return timedelta(minutes=shop.reserve_minutes)


def reminder_of(order: Order, shop: Business) -> datetime | None:
    """When who has not paid yet is told that the time runs out: only where there is a chat, and time left for it. Of an
    order that is paid at the door: when the shop is told that nobody has accepted it."""
    if order.payment_method == CASH and order.expires_at is None and order.placed_at is not None:
        return order.placed_at + timedelta(hours=shop.cash_rules.confirm_hours)
    if not order.conversation_id or not shop.remind_minutes or order.expires_at is None or order.placed_at is None:
        return None
    at = order.expires_at - timedelta(minutes=shop.remind_minutes)
    return at if at > order.placed_at else None


def switch_in(order: Order, shop: Business, method: str, now: datetime) -> None:
    """A placed order that nobody has paid anything of is to be paid another way: fee, advance and hold are those of an
    order made so. Raises `Conflict` once money came."""
    if order.paid_paise or order.held_paise:
        raise Conflict("Something is paid already: how it is paid is fixed.")
    order.payment_method, order.payment_url = method, None
    charge_method(order, shop)
    hold = hold_of(order, shop)
    order.expires_at = None if hold is None else now + hold
    order.remind_at = reminder_of(order, shop)
