"""Parts of an order within a transaction: building it from the catalogue, its stock, its money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from salespilots.domain.business import Business
from salespilots.domain.catalog import ProductState
from salespilots.domain.errors import Conflict, InvalidInput, NotFound, OutOfStock, StaleEntity
from salespilots.domain.events import Event
from salespilots.domain.order import Order, OrderLine
from salespilots.domain.order_states import OrderState
from salespilots.domain.payment import Payment, PaymentState, Refund, RefundState
from salespilots.domain.stock import MovementKind, StockLevel, StockMovement
from salespilots.domain.transitions import Applied, Outcome
from salespilots.ports.storage import UnitOfWork, eq, one_of
from salespilots.services.charging import charge_in, hold_of, reminder_of
from salespilots.services.core import Core
from salespilots.services.discounts import find_in, use_again_in, use_in
from salespilots.services.documents import credit_note_in
from salespilots.services.reacting import react
from salespilots.services.shelf import low_marks_in, moved_in
from salespilots.services.waiting import leave_in

MAX_QUANTITY = 1000
ASK_AGAIN = timedelta(minutes=1)
"""A refund that the provider has not answered for is asked for again after this, with its own key."""

AUTHORISED_LIFE = timedelta(days=3)
"""A bank's yes that is not collected by then goes back to the customer (Razorpay: three days at most)."""

UNANSWERED = "A refund was asked for and not confirmed yet."
"""Why a person is asked to look while a provider owes the answer to a refund."""

BY_HAND = "By hand"
"""The courier of a parcel that the shop brings itself: it needs no tracking number."""


def merge_lines(lines: Sequence[tuple[str, int]]) -> dict[str, int]:
    """Quantities by variant; the same variant twice is one line."""
    merged: dict[str, int] = {}
    for variant_id, quantity in lines:
        if isinstance(quantity, bool) or not 1 <= quantity <= MAX_QUANTITY:
            raise InvalidInput({"quantity": [f"Between 1 and {MAX_QUANTITY} pieces."]})
        merged[variant_id] = merged.get(variant_id, 0) + quantity
    return merged


def build_order_in(
    core: Core,
    uow: UnitOfWork,
    *,
    customer_id: str,
    lines: Sequence[tuple[str, int]],
    address: Mapping[str, Any] | None = None,
    payment_method: str | None = None,
    conversation_id: str | None = None,
    shipping_paise: int | None = None,
    discount_paise: int = 0,
    discount_code: str | None = None,
    cause_key: str | None = None,
    practice: bool = False,
    note: str = "",
) -> Order:
    """A draft with prices from the catalogue, delivery and COD fee by the shop's rules, and the code's discount.

    Raises `NotFound` for a variant that is not on sale, `InvalidInput` for amounts out of range and for a code that
    may not be used.
    """
    if not lines:
        raise InvalidInput({"lines": ["Add at least one line."]})
    quantities = merge_lines(lines)
    shop = uow.shop()
    variants = {one.id: one for one in uow.variants.select(one_of("id", list(quantities))) if not one.archived}
    named = sorted({one.product_id for one in variants.values()})
    products = {one.id: one for one in uow.products.select(one_of("id", named)) if one.state is ProductState.LIVE}
    built: list[OrderLine] = []
    for variant_id, quantity in quantities.items():
        variant = variants.get(variant_id)
        product = products.get(variant.product_id) if variant else None
        if variant is None or product is None:
            raise NotFound("There is no such variant on sale.")
        built.append(
            OrderLine(
                id=core.ids.new("line"),
                variant_id=variant.id,
                product_id=product.id,
                sku=variant.sku,
                title=f"{product.title}, {variant.title}" if variant.title else product.title,
                quantity=quantity,
                unit_paise=variant.price_paise,
                gst_rate=product.gst_rate,
                gst_hundredths=product.gst_hundredths,
            )
        )
    order = Order(
        id=core.ids.new("order"),
        business_id=uow.business_id,
        customer_id=customer_id,
        created_at=core.clock.now(),
        token=core.ids.token(),
        conversation_id=conversation_id,
        lines=built,
        discount_paise=discount_paise,
        payment_method=payment_method or shop.default_payments,
        address=dict(address or {}),
        cause_key=cause_key,
        practice=practice,
    )
    order.note = note
    order.terms = {"hsn": {line.id: products[line.product_id].hsn for line in built if products[line.product_id].hsn}}
    order.discount_code = discount_code or None
    if shipping_paise is not None:
        order.terms["shipping_paise"] = shipping_paise
    charge_in(core, uow, order, shop)
    return order


def check_again_in(core: Core, uow: UnitOfWork, order: Order) -> None:
    """A draft may be old: raise `Conflict` for a line that is not on sale any more, `InvalidInput` for a code that may
    not be used any more. Its prices stay as they were agreed."""
    variants = {one.id: one for one in uow.variants.select(one_of("id", [line.variant_id for line in order.lines]))}
    products = {one.id: one for one in uow.products.select(one_of("id", [line.product_id for line in order.lines]))}
    for line in order.lines:
        variant, product = variants.get(line.variant_id), products.get(line.product_id)
        if variant is None or variant.archived or product is None or product.state is not ProductState.LIVE:
            raise Conflict(f"{line.title} is not on sale any more.", variant_id=line.variant_id)
    if order.discount_code:
        goods = order.subtotal_paise
        find_in(uow, order.discount_code, goods_paise=goods, customer_id=order.customer_id, now=core.clock.now())


def movements_of(
    core: Core,
    order: Order,
    kind: MovementKind,
    on_hand: int,
    reserved: int,
    key: str,
    pieces: Mapping[str, int] | None = None,
    note: str = "",
) -> list[StockMovement]:
    """One line of the stock ledger for each line of the order, once per ``key``; of ``pieces`` by line id, else all."""
    counts = {line.id: line.quantity for line in order.lines} if pieces is None else pieces
    return [
        StockMovement(
            id=core.ids.new("movement"), business_id=order.business_id, variant_id=line.variant_id, kind=kind,
            on_hand_delta=on_hand * counts[line.id], reserved_delta=reserved * counts[line.id],
            cause_key=f"order:{order.id}:{key}:{line.id}", at=core.clock.now(), order_id=order.id,
            note=note,
        )
        for line in order.lines
        if counts.get(line.id)
    ]  # fmt: skip


def reserve_in(core: Core, uow: UnitOfWork, orders: Sequence[Order], key: str = "reserve") -> None:
    """Promise the orders' pieces or raise `OutOfStock`. What has to be read is read first: from the promise to the
    commit, other buyers of the same pieces wait."""
    lines = [(order, line) for order in orders for line in order.lines]
    low_at = low_marks_in(uow, [line.product_id for _, line in lines])
    leave_in(core, uow, [(order.customer_id, line.variant_id) for order, line in lines])
    levels = uow.stock.move(
        [one for order in orders for one in movements_of(core, order, MovementKind.RESERVE, 0, 1, key)]
    )
    for order, seen in zip(orders, _seen_by_each(orders, levels), strict=True):
        moved_in(core, uow, _places(order), seen, order_id=order.id, low_at=low_at, promised=True)


def _seen_by_each(orders: Sequence[Order], levels: Mapping[str, StockLevel]) -> list[dict[str, StockLevel]]:
    """What each order left behind, one after the other, of the levels after all of them."""
    seen, now = list[dict[str, StockLevel]](), dict(levels)
    for order in reversed(orders):
        seen.append(dict(now))
        for line in order.lines:
            if line.variant_id in now:
                after = now[line.variant_id]
                now[line.variant_id] = replace(after, reserved=after.reserved - line.quantity)
    return seen[::-1]


def release_in(core: Core, uow: UnitOfWork, order: Order, key: str) -> None:
    """Give the promised pieces back, once; what left in a parcel is not promised any more."""
    move_in(core, uow, order, MovementKind.RELEASE, 0, -1, key, order.to_ship)


def move_in(
    core: Core,
    uow: UnitOfWork,
    order: Order,
    kind: MovementKind,
    on_hand: int,
    reserved: int,
    key: str,
    pieces: Mapping[str, int],
    note: str = "",
) -> None:
    """Pieces of an order left or came back, once per ``key``."""
    levels = uow.stock.move(movements_of(core, order, kind, on_hand, reserved, key, pieces, note))
    moved_in(core, uow, _places(order), levels, order_id=order.id)


def _places(order: Order) -> list[tuple[str, str]]:
    return [(line.product_id, line.variant_id) for line in order.lines]


def place_in(core: Core, uow: UnitOfWork, order: Order, shop: Business | None = None) -> Outcome:
    """Reserve, number and place a built order. Raises `OutOfStock`: leave the unit without commit then."""
    if order.state is not OrderState.DRAFT:
        return order.place(now=core.clock.now(), number="", number_value=0, hold=None)
    return place_all_in(core, uow, [order], shop or uow.shop())[0]


def place_all_in(core: Core, uow: UnitOfWork, orders: Sequence[Order], shop: Business) -> list[Outcome]:
    """The same for drafts that come at one moment, numbered as they stand here: all of them, or `OutOfStock`."""
    reserve_in(core, uow, orders)
    for order in orders:
        use_in(core, uow, order)
    first = uow.next_number("order", len(orders)) - len(orders) + 1
    return [_place(core, uow, order, shop, first + index) for index, order in enumerate(orders)]


def _place(core: Core, uow: UnitOfWork, order: Order, shop: Business, value: int) -> Outcome:
    outcome = order.place(
        now=core.clock.now(),
        number=f"{shop.order_prefix}-{value}",
        number_value=value,
        hold=hold_of(order, shop),
    )
    order.remind_at = reminder_of(order, shop)
    uow.customers.increase(order.customer_id, orders_count=1)
    if order.total_paise == 0:
        confirmed = order.confirm(now=core.clock.now())
        if isinstance(outcome, Applied) and isinstance(confirmed, Applied):
            return Applied((*outcome.events, *confirmed.events))
    return outcome


def credit_in(core: Core, uow: UnitOfWork, order: Order, amount_paise: int, now: datetime) -> list[Event]:
    """Money arrived: count it on the order and the customer; record when it is fully paid.

    Returns what was recorded: the caller lets workflows react where the order goes on.
    """
    before = order.paid_paise
    order.paid_paise += amount_paise
    uow.customers.increase(order.customer_id, spent_paise=amount_paise)
    if not before < order.total_paise <= order.paid_paise:
        return []
    order.paid_at = now
    event = Event(
        type="order.paid", at=now, ids=order.ids(), data={"number": order.number, "total_paise": order.total_paise}
    )
    uow.record(event)
    return [event]


def promised_in(uow: UnitOfWork, order: Order, now: datetime) -> bool:
    """Whether a bank has said yes to a payment of this order that is not collected yet."""
    return any(
        one.state is PaymentState.AUTHORISED and now - one.created_at < AUTHORISED_LIFE
        for one in uow.payments.select(eq("order_id", order.id))
    )


def close_links_in(uow: UnitOfWork, order: Order, now: datetime) -> None:
    """Open payments of an order that ended or is paid are to be cancelled at the provider: the sweeper does it soon."""
    for payment in uow.payments.select(eq("order_id", order.id)):
        if payment.open:
            payment.next_check_at = now
            uow.payments.save(payment)


def refund_in(
    core: Core,
    uow: UnitOfWork,
    order: Order,
    payment: Payment,
    *,
    amount_paise: int,
    reason: str,
    key: str,
    actor: str = "",
) -> Refund | None:
    """A refund row, once per key. Raises `Conflict` above what was captured and not given back."""
    if amount_paise > payment.amount_paise - payment.refunded_paise:
        raise too_much(order)
    now = core.clock.now()
    refund = Refund(
        id=core.ids.new("refund"), business_id=order.business_id, order_id=order.id, payment_id=payment.id,
        amount_paise=amount_paise, reason=reason, created_at=now, state=RefundState.PENDING, cause_key=key,
        next_check_at=now + ASK_AGAIN,
    )  # fmt: skip
    if not uow.refunds.add_once(refund):
        return None
    _give_back_in(uow, order, payment, amount_paise)
    uow.record(
        Event(
            type="refund.created",
            at=now,
            ids={**order.ids(), "refund_id": refund.id},
            data={"amount_paise": amount_paise},
            actor=actor or "system",
        )
    )
    return refund


def too_much(order: Order) -> Conflict:
    """Nobody gives back more than came."""
    left = order.held_paise + order.paid_paise - order.refunded_paise
    return Conflict("More than was paid and not given back yet.", refundable_paise=left)


def _give_back_in(uow: UnitOfWork, order: Order, payment: Payment, amount_paise: int) -> None:
    payment.refunded_paise += amount_paise
    uow.payments.save(payment)
    if payment.held:
        order.held_paise -= amount_paise if payment.currency == "INR" else 0
        return
    order.refunded_paise += amount_paise
    uow.customers.increase(order.customer_id, spent_paise=-amount_paise)


def settle_refund_in(
    core: Core, uow: UnitOfWork, order: Order, refund: Refund, state: RefundState, now: datetime
) -> None:
    """The provider's word on a refund: what did not go through is owed again. The caller saves the order."""
    refund.state, refund.next_check_at = state, None
    uow.refunds.save(refund)
    if state is RefundState.FAILED:
        _give_back_in(uow, order, uow.payments.get(refund.payment_id), -refund.amount_paise)
        order.flag("A refund did not go through.")
        uow.record(Event(type="order.attention", at=now, ids=order.ids(), data={"reason": order.attention_reason}))
    elif state is RefundState.PROCESSED:
        if order.attention_reason == UNANSWERED:
            order.settle_attention()
        ids = {**order.ids(), "refund_id": refund.id}
        processed = Event(type="refund.processed", at=now, ids=ids, data={"amount_paise": refund.amount_paise})
        uow.record(processed)
        credit_note_in(core, uow, order, refund)
        react(core, uow, [processed], order_id=order.id)


def revive_in(core: Core, uow: UnitOfWork, order: Order) -> bool:
    """Money came for an expired order: hold its pieces again if they are all there."""
    levels = uow.stock.levels([line.variant_id for line in order.lines])
    wanted: dict[str, int] = {}
    for line in order.lines:
        wanted[line.variant_id] = wanted.get(line.variant_id, 0) + line.quantity
    if any(levels[variant_id].available < quantity for variant_id, quantity in wanted.items()):
        return False
    try:
        reserve_in(core, uow, [order], key="revive")
    except OutOfStock:  # a buyer in the same instant: repeat the whole use case with fresh levels
        raise StaleEntity("stock moved meanwhile") from None
    use_again_in(uow, order)
    return True
