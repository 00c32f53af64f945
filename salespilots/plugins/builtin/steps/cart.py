"""What a customer wants to buy, as a run remembers it: lines chosen before, and the one being chosen now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from salespilots.domain.money import rupees
from salespilots.plugins.builtin.steps.wording import stock_words
from salespilots.ports.channel import QuickReply, Text
from salespilots.ports.extensions import (
    CASH,
    ActionContext,
    ActionType,
    Advance,
    Effect,
    Outcome,
    QuoteView,
    SendMessage,
    SetData,
    Wait,
)
from salespilots.ports.settings import NoSettings
from salespilots.ports.shopping import lines_of
from salespilots.ports.texts import say
from salespilots.ports.understanding import Understanding

HOURS = 23
"""How long the answer how to pay is waited for."""

MAX_ASKED = 5


def _quoted(context: ActionContext, *, method: str | None = None) -> QuoteView:
    pincode = context.data.get("pincode") or context.customer.address.get("pincode")
    return context.reader.quote(
        lines_of(context.data), pincode=pincode, payment_method=method or context.data.get("payment_method"),
        discount_code=context.data.get("discount_code"),
    )  # fmt: skip


def _agreed(quote: QuoteView) -> SetData:
    """What the customer is told, to be held to when the order is placed."""
    items = ", ".join(f"{one.quantity} × {one.title}" for one in quote.lines)
    values: dict[str, Any] = {
        "items": items, "total_paise": quote.total_paise, "shipping_paise": quote.shipping_paise,
        "unit_paise": quote.lines[-1].unit_paise, "discount_code": quote.discount_code,
    }  # fmt: skip
    return SetData(values=values)


def _sums(quote: QuoteView) -> str:
    """The sum in the customer's chat."""
    rows = [
        say(
            "{quantity} × {product} at {price} = {subtotal}",
            quantity=one.quantity,
            product=one.title,
            price=rupees(one.unit_paise),
            subtotal=rupees(one.quantity * one.unit_paise),
        )
        for one in quote.lines
    ]
    if quote.discount_paise:
        rows.append(say("{code}: {off} off", code=quote.discount_code, off=rupees(quote.discount_paise)))
    delivery = rupees(quote.shipping_paise) if quote.shipping_paise else say("free")
    rows.append(say("Delivery: {delivery}", delivery=delivery))
    if quote.cod_fee_paise:
        rows.append(say("Cash on delivery: {fee}", fee=rupees(quote.cod_fee_paise)))
    rows.append(say("Total: {total}", total=rupees(quote.total_paise)))
    return "\n".join([*([quote.code_problem] if quote.code_problem else []), *rows])


def _quote(context: ActionContext) -> Outcome:
    """The sum, from the catalogue of this moment; short stock and too small an order are said before anything is asked."""
    if not lines_of(context.data):
        return Advance(branch="on_error", reason="Nothing was chosen")
    quote = _quoted(context)
    if not quote.lines:
        return Advance(branch="on_error", reason="It is not on sale any more")
    short = next((one for one in quote.lines if one.available < one.quantity), None)
    if short is not None:
        text = say("Sorry, {product} is {stock}.", product=short.title, stock=stock_words(short.available))
        return _again(text, f"Asked for {short.quantity}, {stock_words(short.available)}", context, short.variant_id)
    if quote.goods_paise < quote.min_order_paise:
        text = say("Orders start at {least}.", least=rupees(quote.min_order_paise))
        return _again(text, "Less than the smallest order", context, context.data.get("variant_id"))
    agreed = _agreed(quote)
    effects = (agreed, SendMessage(content=Text(text=_sums(quote))))
    return Advance(effects=effects, reason=f"{agreed.values['items']} = {rupees(quote.total_paise)}")


def _again(text: str, reason: str, context: ActionContext, variant_id: str | None) -> Advance:
    """Say why not, and let the count of that line be asked for again."""
    lines = lines_of(context.data)
    rest = [{"variant_id": one, "quantity": count} for one, count in lines if one != variant_id]
    values = {"variant_id": variant_id, "cart": rest, "quantity": None, "asked_quantity": None, "quantity_asked": None}
    return Advance(
        effects=(SendMessage(content=Text(text=text)), SetData(values=values)), branch="on_no", reason=reason
    )


REFUSALS = {
    "too_little": "Cash on delivery is for larger orders. You can pay online: UPI, card or net banking.",
    "too_much": "Cash on delivery is for smaller orders. You can pay online: UPI, card or net banking.",
    "pincode": "Cash on delivery does not reach your pincode. You can pay online: UPI, card or net banking.",
    "item": "Cash on delivery is not possible for these items. You can pay online: UPI, card or net banking.",
}
"""What is said to who asks for cash on delivery; of who may not have it for another reason only that it is online."""
ONLINE_ONLY = "Please pay online this time: UPI, card or net banking."


def _pay(context: ActionContext) -> Outcome:
    """Where and how it is paid: the total with delivery to this pincode, and cash on delivery where the rules allow."""
    chosen = context.data.get("payment_method") or ""
    quote = _quoted(context, method=chosen)
    if not quote.lines:
        return Advance(branch="on_error", reason="It is not on sale any more")
    if not quote.serves:
        text = say("Sorry, we do not deliver to {pincode} yet.", pincode=context.data.get("pincode") or "")
        return Advance(effects=(SendMessage(content=Text(text=text)),), branch="on_no", reason="No delivery there")
    if chosen == CASH and (not quote.cash_offered or quote.cash_refusal is not None):
        online = _quoted(context, method="")
        said = say(REFUSALS.get(quote.cash_refusal or "", ONLINE_ONLY))
        changed = (SetData(values={"payment_method": ""}), _agreed(online), SendMessage(content=Text(text=said)))
        return Advance(effects=changed, reason=f"No cash on delivery any more: {quote.cash_refusal}")
    if not quote.cash_offered or chosen:
        return Advance(effects=(_agreed(quote),), reason=f"In all {rupees(quote.total_paise)}")
    cash = _quoted(context, method=CASH)
    wants = context.payload if context.payload.startswith("pay:") else _said(context.message)
    asked = context.data.get("asked", 0)
    if context.woken_by == "timer":
        return Advance(branch="on_timeout", reason="No answer came")
    if context.woken_by == "message.received" and asked:
        if wants == "pay:cash" and cash.cash_refusal is None:
            return Advance(effects=(SetData(values={"payment_method": CASH}), _agreed(cash)), reason="Cash on delivery")
        if wants == "pay:online":
            return Advance(effects=(SetData(values={"payment_method": ""}), _agreed(quote)), reason="Pays online")
    if cash.cash_refusal is not None:
        said = REFUSALS.get(cash.cash_refusal, ONLINE_ONLY)
        effects: tuple[Effect, ...] = (_agreed(quote),)
        if wants == "pay:cash" or cash.cash_refusal in REFUSALS:
            effects = (*effects, SendMessage(content=Text(text=say(said))))
        return Advance(effects=effects, reason=f"No cash on delivery: {cash.cash_refusal}")
    if asked >= MAX_ASKED:
        return Advance(effects=(_agreed(quote),), reason="No fitting answer: online")
    fee = say(", {fee} more", fee=rupees(cash.cod_fee_paise)) if cash.cod_fee_paise else ""
    now = say(", {advance} of it now", advance=rupees(cash.advance_paise)) if cash.advance_paise else ""
    text = say("How would you like to pay: online, or cash on delivery{fee}{now}?", fee=fee, now=now)
    replies = (
        QuickReply(title=say("Pay online"), payload="pay:online"),
        QuickReply(title=say("Cash on delivery"), payload="pay:cash"),
    )
    return Wait(
        until=context.now + timedelta(hours=HOURS), event="message.received",
        effects=(SendMessage(content=Text(text=text, quick_replies=replies)),), reason="Asked how it is paid",
    )  # fmt: skip


CASH_WORDS = ("cod", "cash", "delivery pe", "delivery par", "on delivery", "नकद", "कैश")
ONLINE_WORDS = (
    "online",
    "upi",
    "card",
    "gpay",
    "g pay",
    "phonepe",
    "paytm",
    "prepaid",
    "link",
    "net banking",
    "ऑनलाइन",
)


def _said(text: str) -> str:
    words = f" {text.casefold()} "
    cash = any(one in words for one in CASH_WORDS)
    online = any(one in words for one in ONLINE_WORDS)
    return "pay:cash" if cash and not online else "pay:online" if online and not cash else ""


def _answers(
    settings: Mapping[str, Any], text: str, payload: str, understood: Understanding | None, data: Mapping[str, Any]
) -> bool:
    return payload.startswith("pay:") or bool(_said(text))


def _plain(text: str) -> Any:
    def sentence(settings: Mapping[str, Any]) -> str:
        return text

    return sentence


ACTIONS = (
    ActionType(
        key="order.quote", label="Sum up", settings=NoSettings, run=_quote,
        sentence=_plain("Show quantity, price, delivery and total"), sends=True, exits=("on_no", "on_error"),
        keeps=lambda settings: ("items", "total", "quantity"), label_hi="जोड़",
        sentence_hi=_plain("संख्या, दाम, डिलीवरी और योग बताएँ"),
    ),
    ActionType(
        key="order.pay", label="How to pay", settings=NoSettings, run=_pay, tone="ask", answers=_answers,
        sentence=_plain("Ask how to pay, where cash on delivery is possible"), sends=True, waits=True,
        exits=("on_no", "on_timeout", "on_error"), keeps=lambda settings: ("total",), label_hi="भुगतान का तरीक़ा",
        sentence_hi=_plain("भुगतान का तरीक़ा पूछें, जहाँ कैश ऑन डिलीवरी हो सके"),
    ),
)  # fmt: skip
