"""STOP and START: a customer's wish to get no automatic messages any more, honoured at once."""

from __future__ import annotations

from salespilots.domain.conversation import Author, Conversation, Message
from salespilots.domain.customer import Customer
from salespilots.domain.events import Event
from salespilots.domain.order_states import OPEN_STATES
from salespilots.ports.channel import Text
from salespilots.ports.storage import UnitOfWork, eq, one_of
from salespilots.ports.texts import say
from salespilots.ports.understanding import Understanding
from salespilots.services.automation import cancel_runs_in
from salespilots.services.core import Core
from salespilots.services.messaging.outgoing import cancel_pending_in, queue_in
from salespilots.services.waiting import tell_late_in

LONGEST = 60
"""Characters of a message that may be such a wish."""

STOPPED = "You will get no more automatic messages from us. Write START if you want them again."
STARTED = "Good to have you back! I answer again."


def wish_in(core: Core, uow: UnitOfWork, customer: Customer, message: Message) -> str | None:
    """What the message wants to change: "stop" or "start", or None."""
    if not message.text or len(message.text) > LONGEST:
        return None
    understood: Understanding = core.memory.understand(core.understander, uow, message.text)
    if understood.consent == "start":
        return "start" if customer.opted_out else None
    if understood.consent != "stop" or customer.opted_out:
        return None
    # "mat bhejo" of somebody who waits for a parcel is about the parcel.
    if understood.intent == "cancel_order" and uow.orders.select(
        eq("customer_id", customer.id), one_of("state", list(OPEN_STATES)), limit=1
    ):
        return None
    return "stop"


def heed_in(
    core: Core, uow: UnitOfWork, conversation: Conversation, customer: Customer, message: Message, wish: str
) -> None:
    """Do as the customer wishes and say so once. The caller saves the conversation."""
    customer.opted_out = wish == "stop"
    uow.customers.save(customer)
    ids = {"customer_id": customer.id, "conversation_id": conversation.id}
    uow.record(Event(type="customer.changed", at=core.clock.now(), ids=ids, data={"messages": wish}))
    if customer.opted_out:
        cancel_pending_in(core, uow, conversation, "opted_out")
        cancel_runs_in(core, uow, conversation, "opted_out")
    queue_in(
        core, uow, conversation, Text(text=say(STOPPED if customer.opted_out else STARTED)), author=Author.SYSTEM,
        dedupe_key=f"consent:{message.id}",
    )  # fmt: skip
    if not customer.opted_out:
        tell_late_in(core, uow, conversation)
