"""The shop's event log: what happened, in the past tense, with ids and small facts. Never a customer's words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

EVENT_TYPES: dict[str, str] = {
    "shop.created": "A shop signed up",
    "conversation.started": "Somebody wrote for the first time",
    "conversation.taken_over": "A person answers now",
    "conversation.handed_back": "Automation answers again",
    "conversation.waiting": "A customer waits for a person",
    "conversation.closed": "A chat was closed",
    "conversation.started_over": "A person had workflows begin afresh in a chat",
    "conversation.held": "Another app owns a chat on the channel",
    "conversation.freed": "A chat that another app owned is ours again",
    "conversation.wanted": "Another app asks for a chat",
    "conversation.referred": "Somebody came by an advertisement or a link",
    "message.received": "A customer wrote",
    "message.queued": "A reply is on its way out",
    "message.sent": "The channel took a reply",
    "message.read": "The customer saw a reply",
    "message.failed": "A reply could not be sent",
    "message.skipped": "A reply was not sent, with the reason",
    "message.cancelled": "A reply was stopped before it left",
    "message.uncertain": "The channel did not say whether it took a reply",
    "message.undecided": "Nobody can find out whether a reply arrived: a person decides",
    "message.sent_again": "A person had a reply sent again",
    "message.confirmed": "A person said that such a reply arrived",
    "message.arrived_twice": "A reply that was sent again had arrived the first time",
    "comment.received": "Somebody commented on a post",
    "post.changed": "A post's picture came",
    "post.mapped": "It was said which products a post shows",
    "message.deleted": "A customer unsent a message",
    "message.deleted_early": "Somebody unsent a message that had not come",
    "message.reacted": "A reaction to a message was given or taken back",
    "message.edited": "The words of a message were changed",
    "message.touched_early": "Something happened to a message that had not come",
    "message.fetched": "A picture, recording or file of a message was fetched, or is known to be missing",
    "message.unknown": "The channel sent something that SalesPilots does not know yet",
    "product.shown": "A customer was shown a product",
    "product.changed": "A product was added or changed",
    "import.moved": "The rows of a file were checked or written so far",
    "import.finished": "A file of products was brought in",
    "import.undone": "Such a file was taken back",
    "stock.changed": "Stock moved",
    "stock.low": "A product is almost out",
    "stock.back": "A product that was sold out is there again",
    "waiting.joined": "A customer wants to be told when something is back",
    "waiting.told": "It is back and the customer was told, here or by the shop itself",
    "waiting.unreachable": "It is back, but the customer can be told only when they write",
    "waiting.left": "A customer who waited for something ordered it, or was taken off the list",
    "customer.changed": "A customer's profile or tags changed",
    "customer.tagged": "A customer got a tag",
    "customer.untagged": "A tag was taken off a customer",
    "customer.silent": "A customer has not answered for the time that a workflow waits for",
    "order.drafted": "An order was begun",
    "order.placed": "An order was placed and its stock is held",
    "order.confirmed": "An order is paid or accepted",
    "order.reminded": "The shop reminded a customer to pay",
    "order.packed": "An order was packed",
    "order.part_shipped": "A part of an order left",
    "order.shipped": "An order left",
    "order.delivered": "An order arrived",
    "order.returning": "An order, or a part of it, is on its way back",
    "order.part_returned": "A part of an order came back",
    "order.returned": "An order came back",
    "order.step_undone": "A step of an order was taken back",
    "order.cancelled": "An order was cancelled",
    "order.expired": "An order was not paid in time",
    "order.abandoned": "A customer chose something and did not order it",
    "order.attention": "An order needs a person's decision",
    "order.changed": "An order's address or charges changed",
    "order.paid": "An order is fully paid",
    "payment.link_made": "A payment link was made",
    "payment.claimed": "A customer says that they paid, with a reference to look for",
    "payment.captured": "Money arrived",
    "payment.failed": "A payment attempt failed",
    "payment.refused": "A payment did not fit its order: the money is held for a person, or no order was found",
    "payment.kept": "A person counted held money for its order",
    "refund.created": "A refund was asked for",
    "refund.processed": "A refund went through",
    "document.issued": "An invoice, a bill or a credit note was issued",
    "workflow.published": "A workflow went live",
    "workflow.paused": "A workflow was paused",
    "run.started": "A workflow run began",
    "run.finished": "A workflow run ended",
    "workflow.looped": "Workflows started each other too often in one chat, and were stopped",
    "owner.told": "A workflow told the owner something",
    "owner.heard": "Somebody read what workflows told",
    "schedule.due": "The time of a workflow came",
    "connection.changed": "A connection was set up or changed",
    "connection.attention": "A connection needs a look",
    "connection.read_back": "The recent chats of a channel were read back",
    "channel.held": "A channel is away or refuses us: messages wait",
    "channel.released": "A channel works again: messages go on",
    "inbox.parked": "An incoming event could not be handled and waits for a decision",
    "inbox.retried": "A person had such an event handled again",
    "inbox.discarded": "A person left such an event for good",
}
"""Every type that may be recorded, with what it means."""

STARTING = frozenset(
    {
        "order.placed", "order.confirmed", "order.packed", "order.shipped", "order.delivered", "order.returned",
        "order.cancelled", "order.expired", "order.paid", "payment.captured", "payment.failed", "refund.processed",
        "customer.tagged", "customer.untagged", "conversation.referred",
    }
)  # fmt: skip
"""Types that may start a workflow in the chat they are about, and wake runs that wait for them."""

OF_THE_SHOP = frozenset({"stock.low"})
"""Types that may start a workflow about no customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the log. ``seq`` is given on commit: gap-free and rising in each shop."""

    type: str
    at: datetime
    ids: dict[str, str] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    actor: str = "system"
    seq: int = 0
    business_id: str = ""

    def __post_init__(self) -> None:
        if self.type not in EVENT_TYPES:
            raise ValueError(f"unknown event type {self.type!r}")
