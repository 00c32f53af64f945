"""Steps about orders: place, link, and the state of the customer's own order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from salespilots.domain.money import rupees
from salespilots.ports.channel import QuickReply, Text
from salespilots.ports.extensions import (
    ActionContext,
    ActionType,
    Advance,
    Effect,
    PlaceOrder,
    SendMessage,
    SetData,
)
from salespilots.ports.settings import NoSettings
from salespilots.ports.shopping import lines_of
from salespilots.ports.texts import say


def _create(context: ActionContext) -> Advance:
    address = {
        **dict(context.customer.address),
        "name": context.data.get("name") or context.customer.name,
        "phone": context.data.get("phone") or context.customer.phone,
        "line1": context.data.get("address") or context.customer.address.get("line1"),
        "pincode": context.data.get("pincode") or context.customer.address.get("pincode"),
        "city": context.data.get("city") or context.customer.address.get("city"),
        "state": context.data.get("state") or context.customer.address.get("state"),
    }
    address = {name: value for name, value in address.items() if value}
    effect = PlaceOrder(
        lines=tuple(lines_of(context.data)), address=address, total_paise=context.data.get("total_paise"),
        payment_method=context.data.get("payment_method") or None, discount_code=context.data.get("discount_code"),
    )  # fmt: skip
    return Advance(effects=(effect,), reason="Order placed, stock held")


def _payment_link(context: ActionContext) -> Advance:
    order = context.reader.order(context.order_id or "")
    if order is None:
        return Advance(branch="on_error", reason="There is no order to pay")
    if order.asked_paise <= 0 or (order.cash and order.state == "confirmed"):
        text = say("Order {number} is confirmed.", number=order.number)
        if order.due_paise:
            text += " " + say("Please keep {due} ready for the courier.", due=rupees(order.due_paise))
        text += " " + say("Follow it here: {url}", url=order.url)
        effects: tuple[Effect, ...] = (
            SendMessage(content=Text(text=text), order_id=order.order_id),
            SetData(values={"order_number": order.number}),
        )
        return Advance(effects=effects, reason=f"{order.number} needs no payment now")
    url = context.ports.payment_link(order.order_id)
    text = say(
        "Order {number} is placed and your pieces are held for {minutes} minutes. Pay {due} here: {url}",
        number=order.number,
        minutes=context.shop.reserve_minutes,
        due=rupees(order.asked_paise),
        url=url,
    )
    effects = (
        SendMessage(content=Text(text=text), order_id=order.order_id),
        SetData(values={"payment_url": url, "order_number": order.number}),
    )
    return Advance(effects=effects, reason=f"Sent the payment link for {order.number}")


STATES = {
    "placed": "is placed and waits for payment",
    "confirmed": "is paid and will be packed next",
    "packed": "is packed and leaves soon",
    "shipped": "is on its way",
    "delivered": "was delivered",
    "cancelled": "was cancelled",
    "expired": "was not paid in time, so it is closed",
    "returned": "came back to the shop",
}
ACTIVE = ("placed", "confirmed", "packed", "shipped")


def _status(context: ActionContext) -> Advance:
    """Only this customer's own orders; a number of somebody else's is simply not found."""
    orders = context.reader.orders()
    wanted = context.understanding.order_number if context.understanding else None
    if wanted:
        digits = "".join(one for one in wanted if one.isdigit())
        named = [one for one in orders if "".join(c for c in one.number if c.isdigit()) == digits]
        if not named:
            text = say("I cannot find an order {number} of yours in this chat.", number=wanted)
            return Advance(effects=(SendMessage(content=Text(text=text)),), reason="No such order of this customer")
        orders = named
    else:
        still_open = [one for one in orders if one.state in ACTIVE]
        orders = still_open or orders[:1]
    if not orders:
        replies = (QuickReply(title=say("See products"), payload="catalogue"),)
        text = say("You have no order with us yet.")
        return Advance(
            effects=(SendMessage(content=Text(text=text, quick_replies=replies)),),
            branch="on_empty",
            reason="No orders yet",
        )
    lines = []
    for order in orders[:5]:
        state = say(STATES.get(order.state, order.state))
        line = say("Order {number} ({items}) {state}.", number=order.number, items=order.items, state=state)
        if order.state == "shipped" and order.tracking_number:
            line += " " + say(
                "{courier}, tracking number {tracking}.", courier=order.courier, tracking=order.tracking_number
            )
        if order.state == "placed" and order.payment_url:
            line += " " + say("Pay {due} here: {url}", due=rupees(order.asked_paise), url=order.payment_url)
        lines.append(line + " " + say("Follow it: {url}", url=order.url))
    effects = (SendMessage(content=Text(text="\n\n".join(lines)), order_id=orders[0].order_id),)
    return Advance(effects=effects, reason=f"Told about {', '.join(one.number for one in orders[:5])}")


def _plain(text: str) -> Any:
    def sentence(settings: Mapping[str, Any]) -> str:
        return text

    return sentence


ACTIONS = (
    ActionType(
        key="order.create", label="Create order", settings=NoSettings, run=_create, tone="order",
        sentence=_plain("Place the order and hold its stock"), exits=("on_change", "on_error"),
        keeps=lambda settings: ("order", "items", "total"), label_hi="ऑर्डर बनाना",
        sentence_hi=_plain("ऑर्डर दर्ज करें और स्टॉक रोकें"),
        failing="Nothing is ordered: a price that moved leads to “The price has changed”, no stock to “It does not work”.",
    ),
    ActionType(
        key="order.payment_link", label="Payment link", settings=NoSettings, run=_payment_link, calls_ports=True,
        sentence=_plain("Send the payment link"), sends=True, exits=("on_error",),
        keeps=lambda settings: ("order", "link"), label_hi="भुगतान लिंक", sentence_hi=_plain("भुगतान का लिंक भेजें"),
        failing="It is tried four times within minutes; then it takes the way “It does not work”.",
    ),
    ActionType(
        key="order.status", label="Order status", settings=NoSettings, run=_status, reads_message="always",
        sentence=_plain("Tell the customer the state of their own order"), sends=True, exits=("on_empty",),
        label_hi="ऑर्डर की स्थिति", sentence_hi=_plain("ग्राहक को उसके ऑर्डर की स्थिति बताएँ"),
    ),
)  # fmt: skip
