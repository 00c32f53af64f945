"""What a customer is told about their order, whoever moved it: queued in the same transaction, once each."""

from __future__ import annotations

from salespilots.domain.conversation import Author
from salespilots.domain.money import rupees
from salespilots.domain.order import Order
from salespilots.ports.channel import Text
from salespilots.ports.storage import UnitOfWork
from salespilots.ports.texts import say
from salespilots.services.core import Core
from salespilots.services.messaging.outgoing import queue_in

NOTICES = {
    "paid": "Payment of {total} received for order {number}. Thank you! We are packing it now. Follow it here: {url}",
    "shipped": "Order {number} is on its way with {courier}, tracking number {tracking}. Follow it here: {url}",
    "delivered": "Order {number} was delivered. We hope you like it!",
    "cancelled": "Order {number} was cancelled.",
    "expired": "Order {number} was not paid in time, so we could not hold it any longer. Write to us if you still want it.",
    "refund_due": "Your payment for order {number} arrived, but the order could not be kept. The shop will refund you.",
}
"""Kind to sentence. Each kind is said once for an order."""


def notice_in(core: Core, uow: UnitOfWork, order: Order, kind: str) -> None:
    """Queue a notice to the order's chat; an order without one has nobody to tell here."""
    if not order.conversation_id:
        return
    conversation = uow.conversations.get(order.conversation_id)
    text = say(
        NOTICES[kind],
        number=order.number or "",
        total=rupees(order.total_paise),
        url=f"{core.base_url}/o/{order.token}",
        courier=order.tracking.get("courier", ""),
        tracking=order.tracking.get("tracking_number", ""),
    )
    queue_in(
        core, uow, conversation, Text(text=text), author=Author.SYSTEM, dedupe_key=f"notice:{order.id}:{kind}",
        order_id=order.id,
    )  # fmt: skip
    uow.conversations.save(conversation)
