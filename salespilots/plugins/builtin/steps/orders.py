"""Steps about orders: quote, place, link, and the state of the customer's own order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from salespilots.domain.money import rupees
from salespilots.plugins.builtin.steps.wording import stock_words
from salespilots.ports.channel import QuickReply, Text
from salespilots.ports.extensions import (
    ActionContext,
    ActionType,
    Advance,
    Outcome,
    PlaceOrder,
    SendMessage,
    SetData,
    VariantView,
)
from salespilots.ports.settings import NoSettings
from salespilots.ports.texts import say


def _chosen(context: ActionContext) -> tuple[VariantView | None, int]:
    found = context.reader.products([context.data.get("product_id") or ""])
    variants = found[0].variants if found else ()
    variant = next((one for one in variants if one.variant_id == context.data.get("variant_id")), None)
    return variant, int(context.data.get("quantity") or 0)


def _quote(context: ActionContext) -> Outcome:
    """The sum in the customer's chat, from the catalogue of this moment; short stock is said before anything is asked."""
    variant, quantity = _chosen(context)
    if variant is None or quantity < 1:
        return Advance(branch="on_error", reason="Nothing was chosen")
    title = context.data.get("product_title", "")
    if variant.title:
        title = f"{title}, {variant.title}"
    if variant.available < quantity:
        left = stock_words(variant.available)
        text = say("Sorry, {product} is {stock}.", product=title, stock=left)
        effects = (
            SendMessage(content=Text(text=text)),
            SetData(values={"quantity": None, "asked_quantity": None}),
        )
        return Advance(effects=effects, branch="on_no", reason=f"Asked for {quantity}, {left}")
    subtotal = variant.price_paise * quantity
    shipping = context.reader.shipping_for(subtotal)
    total = subtotal + shipping
    delivery = rupees(shipping) if shipping else say("free")
    text = say(
        "{quantity} × {product} at {price} = {subtotal}\nDelivery: {delivery}\nTotal: {total}",
        quantity=quantity,
        product=title,
        price=rupees(variant.price_paise),
        subtotal=rupees(subtotal),
        delivery=delivery,
        total=rupees(total),
    )
    values = {"unit_paise": variant.price_paise, "shipping_paise": shipping, "total_paise": total}
    return Advance(
        effects=(SetData(values=values), SendMessage(content=Text(text=text))),
        reason=f"{quantity} × {title} = {rupees(total)}",
    )


def _create(context: ActionContext) -> Advance:
    lines = ((context.data["variant_id"], int(context.data["quantity"])),)
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
    effect = PlaceOrder(lines=lines, address=address, total_paise=context.data.get("total_paise"))
    return Advance(effects=(effect,), reason="Order placed, stock held")


def _payment_link(context: ActionContext) -> Advance:
    order = context.reader.order(context.order_id or "")
    if order is None:
        return Advance(branch="on_error", reason="There is no order to pay")
    url = context.ports.payment_link(order.order_id)
    text = say(
        "Order {number} is placed and your pieces are held for {minutes} minutes. Pay {due} here: {url}",
        number=order.number,
        minutes=context.shop.reserve_minutes,
        due=rupees(order.due_paise),
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
            line += " " + say("Pay {due} here: {url}", due=rupees(order.due_paise), url=order.payment_url)
        lines.append(line + " " + say("Follow it: {url}", url=order.url))
    effects = (SendMessage(content=Text(text="\n\n".join(lines)), order_id=orders[0].order_id),)
    return Advance(effects=effects, reason=f"Told about {', '.join(one.number for one in orders[:5])}")


def _plain(text: str) -> Any:
    def sentence(settings: Mapping[str, Any]) -> str:
        return text

    return sentence


ACTIONS = (
    ActionType(
        key="order.quote", label="Sum up", settings=NoSettings, run=_quote,
        sentence=_plain("Show quantity, price, delivery and total"),
    ),
    ActionType(
        key="order.create", label="Create order", settings=NoSettings, run=_create, tone="order",
        sentence=_plain("Place the order and hold its stock"),
    ),
    ActionType(
        key="order.payment_link", label="Payment link", settings=NoSettings, run=_payment_link, calls_ports=True,
        sentence=_plain("Send the payment link"),
    ),
    ActionType(
        key="order.status", label="Order status", settings=NoSettings, run=_status, reads_message="always",
        sentence=_plain("Tell the customer the state of their own order"),
    ),
)  # fmt: skip
