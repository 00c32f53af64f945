"""A chat with one customer on one channel: who is answering, what was said, what is on its way out.

A `Message` row is also the outbox row of an outgoing message: its state is the truth about delivery.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from salespilots.domain.windows import Allowance, Windows, allowance


class Mode(StrEnum):
    """Who answers."""

    BOT = "bot"
    HUMAN = "human"


class ConversationState(StrEnum):
    """Where it sits in the inbox."""

    OPEN = "open"
    SNOOZED = "snoozed"
    CLOSED = "closed"


class Direction(StrEnum):
    """Seen from the shop."""

    IN = "in"
    OUT = "out"


class Author(StrEnum):
    """Who wrote it: `AGENT` is a person of the shop, here or in the channel's own app."""

    CUSTOMER = "customer"
    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"


class MessageState(StrEnum):
    """Delivery. `UNCERTAIN`: the provider may have it; never sent again by itself."""

    RECEIVED = "received"
    QUEUED = "queued"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


PENDING = frozenset({MessageState.QUEUED, MessageState.SENDING, MessageState.UNCERTAIN})
"""Outgoing and not settled yet."""

LEFT = frozenset(
    {MessageState.SENDING, MessageState.UNCERTAIN, MessageState.SENT, MessageState.DELIVERED, MessageState.READ}
)
"""Outgoing and on its way or there: it cannot be stopped any more."""


@dataclass(slots=True, kw_only=True)
class Conversation:
    """One per channel identity. ``lane`` names the queue in which its work is done one at a time."""

    id: str
    business_id: str
    customer_id: str
    identity_id: str
    provider: str
    account_ref: str
    customer_ref: str
    lane: str
    created_at: datetime
    mode: Mode = Mode.BOT
    state: ConversationState = ConversationState.OPEN
    waiting_since: datetime | None = None  # a customer waits for a person
    assignee_id: str | None = None
    unread: int = 0
    next_seq: int = 1
    last_message_at: datetime | None = None
    last_inbound_at: datetime | None = None  # the reply window counts from here
    preview: str = ""
    preview_author: Author = Author.CUSTOMER
    practice: bool = False
    focus: dict = field(default_factory=dict)  # the product last talked about: {"product_id", "variant_id"}
    facts: dict = field(
        default_factory=dict
    )  # {"referral": how they came here, "held_by": the app that owns the thread}
    version: int = 0

    def take_seq(self) -> int:
        """The next message's place in this conversation."""
        seq = self.next_seq
        self.next_seq += 1
        return seq

    def allows(self, windows: Windows, now: datetime) -> Allowance:
        """Who may write in this chat at ``now``."""
        return allowance(windows, wrote_at=self.last_inbound_at, began_at=self.created_at, now=now)

    def take_over(self, user_id: str | None) -> bool:
        """A person answers from here on. False when that was so already."""
        changed = self.mode is not Mode.HUMAN or (user_id is not None and self.assignee_id != user_id)
        self.mode = Mode.HUMAN
        if user_id is not None:
            self.assignee_id = user_id
        self.waiting_since = None
        return changed

    def hand_back(self) -> bool:
        """Automation answers again. False when it did already."""
        changed = self.mode is not Mode.BOT or self.waiting_since is not None
        self.mode = Mode.BOT
        self.assignee_id = None
        self.waiting_since = None
        return changed

    def ask_for_person(self, now: datetime) -> bool:
        """Automation stops and the owner is asked to answer. False when it was so already."""
        changed = self.waiting_since is None
        self.mode = Mode.HUMAN
        if changed:
            self.waiting_since = now
        return changed


@dataclass(slots=True, kw_only=True)
class Message:
    """Something said. Content is JSON of the content type named by ``kind``; it never changes, its state does."""

    id: str
    business_id: str
    conversation_id: str
    customer_id: str
    lane: str
    seq: int
    direction: Direction
    author: Author
    kind: str
    created_at: datetime
    state: MessageState
    text: str = ""
    content: dict = field(default_factory=dict)
    attachments: list = field(default_factory=list)
    provider: str = ""
    provider_ref: str | None = None
    reply_to_ref: str | None = None
    dedupe_key: str | None = None  # what makes queueing it twice harmless
    reason: str | None = None
    actor_id: str | None = None  # the user who wrote it, or the workflow that did
    run_id: str | None = None
    order_id: str | None = None
    follow_up: bool = False  # said because the customer was silent: their next word makes it pointless
    attempts: int = 0
    next_at: datetime | None = None
    sending_since: datetime | None = None
    sent_at: datetime | None = None
    read_at: datetime | None = None
    edited_at: datetime | None = None
    comment_ref: str | None = None  # outgoing: the comment that this answers, in private or below it
    post_ref: str | None = None  # incoming: the post, reel or story that this is about
    reactions: list = field(default_factory=list)  # [{"by": "customer" | "shop", "emoji"}]
    practice: bool = False
    version: int = 0

    @property
    def pending(self) -> bool:
        """Outgoing and not settled."""
        return self.state in PENDING

    @property
    def left(self) -> bool:
        """Outgoing, and the customer has it or may have it."""
        return self.state in LEFT

    def cancel(self, reason: str) -> bool:
        """Stop it before it leaves. False when it left, or was settled, already."""
        if self.state is not MessageState.QUEUED:
            return False
        self.state, self.reason, self.next_at = MessageState.CANCELLED, reason, None
        return True
