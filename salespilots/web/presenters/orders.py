"""Orders as lists, the owner's page and the customer's page show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from salespilots.domain.customer import Customer
from salespilots.domain.events import Event
from salespilots.domain.money import rupees
from salespilots.domain.order import Order
from salespilots.domain.order_states import OrderState
from salespilots.domain.undoing import last_step
from salespilots.services.ordering import BY_HAND
from salespilots.web.filters import clock, local, now, written

PARTS = (OrderState.PLACED, OrderState.CONFIRMED, OrderState.PACKED, OrderState.SHIPPED, OrderState.DELIVERED)
COURIERS = ("DTDC", "Delhivery", "Blue Dart", "India Post", "Ekart", "XpressBees", "Professional Couriers")
CHANGEABLE = (OrderState.DRAFT, OrderState.PLACED, OrderState.CONFIRMED, OrderState.PACKED)
CANCELLABLE = (OrderState.DRAFT, OrderState.PLACED, OrderState.CONFIRMED, OrderState.PACKED)


def items_label(count: int) -> str:
    """2 items."""
    return ngettext("%(num)d item", "%(num)d items", count)


def state_word(state: OrderState) -> str:
    """Where an order is, in a word."""
    return {
        OrderState.DRAFT: _("Draft"), OrderState.PLACED: _("Placed"), OrderState.CONFIRMED: _("To pack"),
        OrderState.PACKED: _("Packed"), OrderState.SHIPPED: _("Shipped"), OrderState.DELIVERED: _("Delivered"),
        OrderState.CANCELLED: _("Cancelled"), OrderState.EXPIRED: _("Expired"), OrderState.RETURNED: _("Returned"),
    }[state]  # fmt: skip


def order_row(
    order: Order, customer: Customer | None, pictures: Mapping[str, str], *, money: bool = True
) -> SimpleNamespace:
    """One line of a list."""
    return SimpleNamespace(
        id=order.id,
        number=order.number or _("Draft"),
        customer_name=customer.display_name if customer else str(order.address.get("name") or ""),
        items_label=items_label(order.items_count),
        first_item=order.lines[0].title if order.lines else "",
        placed_at=order.placed_at or order.created_at,
        total_paise=order.total_paise if money else None,
        state=str(order.state),
        payment_status=str(order.payment_status),
        payment_method=order.payment_method,
        picture_url=pictures.get(order.lines[0].product_id, "") if order.lines else "",
        practice=order.practice,
        look=order.needs_attention,
        word=state_word(order.state),
        part_shipped=order.part_shipped,
    )


def by_day(rows: Sequence[SimpleNamespace]) -> list[SimpleNamespace]:
    """Rows under the day on which they were placed, in their order."""
    days: list[SimpleNamespace] = []
    for row in rows:
        label = day_label(row.placed_at)
        if not days or days[-1].label != label:
            days.append(SimpleNamespace(label=label, orders=[]))
        days[-1].orders.append(row)
    return days


def day_label(at: Any) -> str:
    """Today, Yesterday, 20 November."""
    day, today = local(at).date(), now().date()
    if day == today:
        return _("Today")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    return written(at, "d MMMM") if day.year == today.year else written(at, "d MMMM y")


def progress(order: Order) -> list[SimpleNamespace] | None:
    """Five parts of the way, or none for an order that ended early."""
    if order.state not in PARTS:
        return None
    at = PARTS.index(order.state)
    cod = order.payment_method == "cod"
    done = (_("Placed"), _("Accepted") if cod else _("Paid"), _("Packed"), _("Shipped"), _("Delivered"))
    open_ = ("", _("To accept") if cod else _("To pay"), _("To pack"), _("To ship"), _("To deliver"))
    return [
        SimpleNamespace(
            label=open_[n] if n == at + 1 else done[n], state="done" if n <= at else "now" if n == at + 1 else "later"
        )
        for n in range(len(done))
    ]


def address_lines(address: Mapping[str, Any], *, name: bool = True, masked: bool = False) -> list[str]:
    """An address as it is written on a parcel; ``masked`` hides what a stranger with the link need not know."""
    lines = [str(address.get("name") or "")] if name else []
    for key in ("line1", "line2"):
        text = str(address.get(key) or "")
        lines.append(mask(text) if masked else text)
    town = " ".join(filter(None, [str(address.get("city") or ""), str(address.get("pincode") or "")]))
    lines.append(", ".join(filter(None, [town, str(address.get("state") or "")])))
    return [one for one in lines if one.strip()]


def mask(text: str) -> str:
    """12 MG Road → 12 MG…: enough to know it is one's own."""
    return f"{text[:5].rstrip()}…" if len(text) > 5 else text


def money_lines(order: Order) -> list[SimpleNamespace]:
    """What the total is made of and how much of it is paid."""
    lines = [
        (_("Items"), order.subtotal_paise, False),
        (_("Discount"), -order.discount_paise, False),
        (_("Delivery"), order.shipping_paise, False),
        (_("Cash on delivery fee"), order.cod_fee_paise, False),
        (_("GST in the price"), order.tax_paise, False),
        (_("Total"), order.total_paise, True),
        (_("Came back"), -order.released_paise, False),
        (_("Paid"), order.paid_paise, False),
        (_("Refunded"), -order.refunded_paise, False),
        (_("Held, does not fit"), order.held_paise, False),
        (_("Due"), order.due_paise if order.state in PARTS else 0, True),
        (_("To be given back"), order.refund_due_paise, True),
    ]
    kept = (_("Items"), _("Total"), _("Delivery"))
    return [
        SimpleNamespace(label=label, paise=paise, strong=strong)
        for label, paise, strong in lines
        if paise or label in kept
    ]


def line_views(order: Order, pictures: Mapping[str, str], *, money: bool = True) -> list[SimpleNamespace]:
    """The lines; title and variant were copied when it was ordered."""
    views = []
    for line in order.lines:
        views.append(
            SimpleNamespace(
                title=line.title,
                quantity=line.quantity,
                unit_paise=line.unit_paise if money else None,
                total_paise=line.total_paise if money else None,
                picture_url=pictures.get(line.product_id, ""),
            )
        )
    return views


def tracking(order: Order) -> SimpleNamespace | None:
    """Courier and number, once it left."""
    if not order.tracking.get("courier"):
        return None
    by_hand = order.tracking["courier"] == BY_HAND
    return SimpleNamespace(
        courier=_("Brought by hand") if by_hand else order.tracking["courier"],
        number=order.tracking.get("tracking_number", ""),
        url=order.tracking.get("url", ""),
    )


def couriers() -> list[tuple[str, str]]:
    """Choices of the ship sheet."""
    return [*((one, one) for one in COURIERS), (BY_HAND, _("By hand")), ("the courier", _("Another courier"))]


def next_step(order: Order, *, orders: bool, fulfil: bool, refund: bool = False) -> str | None:
    """The one action that moves this order on, for somebody who may take it."""
    if refund and order.refund_due_paise > 0:
        return "refund"
    if order.state is OrderState.DRAFT and orders:
        return "draft"
    if order.state is OrderState.PLACED and orders:
        if order.payment_method == "cod" or order.due_paise == 0:
            return "confirm"
        if not order.payment_url:
            return "payment_link"
        return "remind" if order.conversation_id else "copy_link"
    if order.state is OrderState.EXPIRED and orders:
        return "again"
    if fulfil:
        return {OrderState.CONFIRMED: "pack", OrderState.PACKED: "ship", OrderState.SHIPPED: "deliver"}.get(order.state)
    return None


def ended_text(order: Order) -> str:
    """Why there is nothing more to do."""
    return {
        OrderState.CANCELLED: _("This order was cancelled. Its items are back in stock."),
        OrderState.EXPIRED: _("This order was not paid in time. Its items are back in stock."),
        OrderState.RETURNED: _("This order came back."),
    }.get(order.state, "")


def timeline(
    events: Sequence[Event], order: Order, *, money: bool = True, names: Mapping[str, str] | None = None
) -> list[SimpleNamespace]:
    """What happened, newest first, with the next step on top; ``names``: of the people who did it, by user id."""
    parcels = [f"{one.courier} {one.tracking_number}".strip() for one in order.shipments]
    items: list[SimpleNamespace] = []
    for event in events:
        item = _moment(event, money)
        if item is None:
            continue
        left = parcels.pop(0) if event.type in ("order.shipped", "order.part_shipped") and parcels else ""
        who = {"customer": _("the customer"), **(names or {})}.get(event.actor, "")
        item.meta = " · ".join(filter(None, [item.meta, left, str(event.data.get("note") or ""), who]))
        items.insert(0, item)
    ahead = {
        OrderState.PLACED: ("rupee", _("Waiting for payment")),
        OrderState.CONFIRMED: ("pack", _("Pack this order")),
        OrderState.PACKED: ("truck", _("Give it to the courier")),
        OrderState.SHIPPED: ("box", _("On its way to the customer")),
    }.get(order.state)
    if ahead:
        meta = ""
        if order.state is OrderState.PLACED and order.payment_method == "cod":
            ahead = ("check", _("Accept cash on delivery"))
        elif order.state is OrderState.PLACED and order.expires_at:
            meta = _("Items are held until %(time)s", time=clock(order.expires_at))
        items.insert(0, SimpleNamespace(tone="next", icon=ahead[0], title=ahead[1], meta=meta, at=None, style="clock"))
    return items


def _moment(event: Event, money: bool) -> SimpleNamespace | None:
    amount = event.data.get("total_paise") or event.data.get("amount_paise")
    sum_ = rupees(amount) if money and isinstance(amount, int) else ""
    looks = {
        "order.drafted": ("", "doc", _("Draft made")),
        "order.placed": ("brand", "orders", _("Placed, items held")),
        "payment.link_made": ("info", "link", _("Payment link made")),
        "payment.failed": ("bad", "x", _("A payment attempt did not work")),
        "payment.refused": ("bad", "alert", _("A payment did not fit and is held")),
        "payment.kept": ("ok", "check", _("Held money was counted for this order")),
        "order.paid": ("ok", "check", _("Fully paid")),
        "order.confirmed": ("ok", "check", _("Confirmed, to be packed")),
        "order.reminded": ("info", "inbox", _("Reminded to pay")),
        "order.packed": ("info", "box", _("Packed")),
        "order.part_shipped": ("info", "truck", _("A part left")),
        "order.shipped": ("info", "truck", _("Shipped")),
        "order.returning": ("warn", "undo", _("On its way back")),
        "order.part_returned": ("warn", "undo", _("A part came back")),
        "order.delivered": ("ok", "check", _("Delivered")),
        "order.step_undone": ("", "undo", _step_undone(event)),
        "order.cancelled": ("bad", "x", _("Cancelled")),
        "order.expired": ("warn", "clock", _("Not paid in time")),
        "order.returned": ("warn", "undo", _("Came back")),
        "order.attention": ("warn", "alert", _("Needs a look")),
        "document.issued": ("", "doc", _("Document issued")),
        "order.changed": ("", "edit", _("Changed")),
        "refund.created": ("warn", "undo", _("Refund asked for")),
        "refund.processed": ("ok", "undo", _("Refunded")),
    }
    look = looks.get(event.type)
    if look is None:
        return None
    return SimpleNamespace(tone=look[0], icon=look[1], title=look[2], meta=sum_, at=event.at, style="clock")


def _step_undone(event: Event) -> str:
    return {
        "packed": _("Not packed after all"), "delivered": _("Not delivered after all"),
        "returned": _("Did not come back after all"),
    }.get(str(event.data.get("step")), _("A step was taken back"))  # fmt: skip


def undo_offer(order: Order) -> SimpleNamespace | None:
    """The last step where it can be taken back: where its form goes, and what its button says."""
    last = last_step(order, now())
    if last is None:
        return None
    labels = {OrderState.PACKED: _("Undo packed"), OrderState.DELIVERED: _("Undo delivered")}
    return SimpleNamespace(
        href=url_for("order_undo.undo", order_id=order.id, step=str(last.state), at=last.at.isoformat()),
        label=labels.get(last.state, _("Undo came back")),
    )


def undo_toast(order: Order) -> str:
    """The category of a toast about the order's last step: with Undo where that is possible."""
    offer = undo_offer(order)
    return f"undo:{offer.href}" if offer else "ok"


def detail(
    order: Order,
    customer: Customer,
    *,
    pictures: Mapping[str, str],
    events: Sequence[Event],
    channel: str,
    public_url: str,
    money: bool,
    orders: bool,
    refund: bool = False,
    names: Mapping[str, str] | None = None,
) -> SimpleNamespace:
    """Everything on an order's page. Without ``money`` no link to the customer's page either: it shows the prices."""
    nth = customer.orders_count
    return SimpleNamespace(
        id=order.id,
        number=order.number or _("Draft"),
        placed_at=order.placed_at or order.created_at,
        source_label=_("from %(channel)s", channel=channel) if order.conversation_id else _("made by hand"),
        total_paise=order.total_paise if money else None,
        paid_paise=order.paid_paise if money else 0,
        progress=progress(order),
        state=str(order.state),
        ended_text=ended_text(order),
        practice=order.practice and not order.conversation_id,
        attention=order.attention_reason if order.needs_attention else None,
        next=next_step(order, orders=orders, fulfil=True, refund=refund),
        refund_due_paise=order.refund_due_paise if money else 0,
        undo=undo_offer(order),
        can_cancel=orders and order.state in CANCELLABLE,
        lines=line_views(order, pictures, money=money),
        items_title=items_label(order.items_count),
        payment_status=str(order.payment_status),
        payment_method=order.payment_method,
        money=money_lines(order) if money else None,
        timeline=timeline(events, order, money=money, names=names),
        conversation_id=order.conversation_id,
        phone=order.address.get("phone") or customer.phone,
        customer_id=order.customer_id,
        customer_name=customer.display_name,
        customer_meta=ngettext("%(num)d order", "%(num)d orders", nth),
        address_lines=address_lines(order.address),
        delivery_note=order.address.get("note", ""),
        tracking=tracking(order),
        public_url=public_url if money and order.state is not OrderState.DRAFT else None,
        pay_url=order.payment_url if money and order.state is OrderState.PLACED and order.asked_paise > 0 else None,
        can_change=orders and order.state in CHANGEABLE,
        address=dict(order.address),
    )
