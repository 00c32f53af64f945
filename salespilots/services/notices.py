"""What a customer is told about their order, whoever moved it: queued in the same transaction, once each."""

from __future__ import annotations

from salespilots.domain.conversation import Author, Conversation, Message, MessageState
from salespilots.domain.errors import ReplyWindowClosed
from salespilots.domain.money import rupees
from salespilots.domain.order import Order
from salespilots.domain.order_states import ACCEPTED, OrderState
from salespilots.domain.windows import Right, Windows
from salespilots.ports.channel import Text
from salespilots.ports.storage import UnitOfWork
from salespilots.ports.texts import say
from salespilots.services.core import Core
from salespilots.services.messaging.outgoing import cancel_in, queue_in

NOTICES = {
    "paid": "Payment of {total} received for order {number}. Thank you! We are packing it now. Follow it here: {url}",
    "advance_paid": "{paid} received for order {number}. Thank you! Please keep {due} ready for the courier. Follow it here: {url}",
    "payment_link": "Pay {total} for order {number} here: {pay_url}",
    "unpaid_reminder": "Your order {number} is held only a little longer. Pay {total} here to keep it: {pay_url}",
    "payment_reminder": "Order {number} is waiting for you. Pay {total} here and we pack it: {pay_url}",
    "shipped": "Order {number} is on its way with {courier}, tracking number {tracking}. Follow it here: {url}",
    "shipped_by_hand": "Order {number} is on its way: we bring it to you ourselves. Follow it here: {url}",
    "part_shipped": "A part of order {number} is on its way with {courier}, tracking number {tracking}. Follow it here: {url}",
    "part_shipped_by_hand": "We bring you a part of order {number} ourselves. Follow it here: {url}",
    "prepaid_offer": "Pay {amount} for order {number} online before it leaves, and you save {saved}: {pay_url}",
    "prepaid": "{paid} received for order {number}. Thank you! Nothing is to be paid at the door. Follow it here: {url}",
    "not_arrived": "We could not find your payment for order {number} under UTR {reference}. Please look again and send us the right one.",
    "delivered": "Order {number} was delivered. We hope you like it!",
    "cancelled": "Order {number} was cancelled.",
    "expired": "Order {number} was not paid in time, so we could not hold it any longer. Write to us if you still want it.",
    "refund_due": "Your payment for order {number} arrived, but the order could not be kept. The shop will refund you.",
}
"""Kind to sentence. Each kind is said once for an order, a payment link once for each link."""


REMINDER = "unpaid_reminder"
"""Said once, before an order is given up."""

ASKED_AGAIN = "payment_reminder"
"""Said because the shop wants it, each time about the next number."""


def _key(order: Order, kind: str, about: str = "") -> str:
    return ":".join(filter(None, ("notice", order.id, kind, about)))


def withdraw_reminders_in(core: Core, uow: UnitOfWork, order: Order, reason: str) -> None:
    """Stop what asks for a payment and has not left yet: it is not true any more."""
    if not order.conversation_id:
        return
    asked = order.asked_again[0]
    for key in (_key(order, REMINDER), *([_key(order, ASKED_AGAIN, str(asked))] if asked else [])):
        message = uow.messages.find(dedupe_key=key)
        if message is not None:
            cancel_in(core, uow, message, reason)


def unsay_in(core: Core, uow: UnitOfWork, order: Order, kind: str, reason: str) -> bool:
    """Stop a notice that is not true any more, so that it can be said when it is. True when it has left already."""
    message = uow.messages.find(dedupe_key=_key(order, kind))
    if message is None:
        return False
    if message.state is not MessageState.QUEUED:
        return message.left
    message.dedupe_key = None
    cancel_in(core, uow, message, reason)
    return False


def untrue_in(uow: UnitOfWork, message: Message) -> str | None:
    """Why a notice that is about to leave must not: a reminder to pay, when the money came or the order ended."""
    kind = (message.dedupe_key or "").split(":")[2:3] if message.order_id else []
    if message.order_id is None or kind not in ([REMINDER], [ASKED_AGAIN]):
        return None
    order = uow.orders.get(message.order_id)
    if order.state is not OrderState.PLACED:
        return "paid" if order.state in ACCEPTED else "order_over"
    return None if order.asked_paise > 0 else "paid"


def chat_of_in(core: Core, uow: UnitOfWork, order: Order) -> Conversation:
    """The chat of an order that has one, if it can be written to now. Raises `ReplyWindowClosed`."""
    conversation = uow.conversations.get(order.conversation_id or "")
    channel = core.registry.channels.find(conversation.provider)
    windows = channel.capabilities.windows if channel else Windows(reply=None)
    if conversation.allows(windows, core.clock.now()).right is not Right.ANYBODY:
        raise ReplyWindowClosed("The reply window is closed. You can reply when the customer writes again.")
    return conversation


def notice_in(
    core: Core,
    uow: UnitOfWork,
    order: Order,
    kind: str,
    *,
    about: str = "",
    pay_url: str = "",
    amount_paise: int = 0,
    saved_paise: int = 0,
    reference: str = "",
) -> bool:
    """Queue a notice to the order's chat; an order without one has nobody to tell here. False when nothing is new."""
    if not order.conversation_id:
        return False
    conversation = uow.conversations.get(order.conversation_id)
    text = say(
        NOTICES[kind],
        number=order.number or "",
        total=rupees(order.asked_paise if kind in ("payment_link", REMINDER, ASKED_AGAIN) else order.total_paise),
        paid=rupees(order.paid_paise),
        due=rupees(order.due_paise),
        pay_url=pay_url or order.payment_url or "",
        amount=rupees(amount_paise),
        saved=rupees(saved_paise),
        reference=reference,
        url=f"{core.base_url}/o/{order.token}",
        courier=order.tracking.get("courier", ""),
        tracking=order.tracking.get("tracking_number", ""),
    )
    queued = queue_in(
        core, uow, conversation, Text(text=text), author=Author.SYSTEM, order_id=order.id,
        dedupe_key=_key(order, kind, about),
    )  # fmt: skip
    uow.conversations.save(conversation)
    return bool(queued)
