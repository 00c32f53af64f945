"""The durable inbox: what a provider told us, kept from before it was answered until it is handled."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class InboxState(StrEnum):
    """`UNROUTED`: for an account nobody has connected. `DEAD`: gave up after several tries. `DISCARDED`: a person
    decided to leave it."""

    NEW = "new"
    DONE = "done"
    DEAD = "dead"
    DISCARDED = "discarded"
    UNROUTED = "unrouted"


MAX_ATTEMPTS = 6
"""Tries of an event that cannot be handled, before it waits for a person."""

BACKOFF = (2, 8, 30, 120, 600, 1800)
"""Seconds between those tries."""

MAX_ORPHANED = 10
"""Workers that may die one after the other with the same lane in their hands; then its first event waits for a person."""


TALKING = frozenset({"message", "quick_reply", "postback", "story_reply", "story_mention"})
"""Kinds that are a customer speaking: they open the reply window and may start automation."""


def lane_of(provider: str, account_ref: str, customer_ref: str) -> str:
    """The lane of one customer on one account."""
    return f"{provider}:{account_ref}:{customer_ref}"[:500]


def account_of(lane: str) -> str:
    """The provider and the account of a lane."""
    return lane.rpartition(":")[0]


@dataclass(slots=True, kw_only=True)
class InboxRow:
    """One event. ``(endpoint, event_id)`` is unique; ``position`` is its place of arrival; ``payload`` JSON of the
    port's value, with the provider's own JSON under ``raw``."""

    endpoint: str
    event_id: str
    port: str  # channel | payments
    provider: str
    lane: str
    kind: str
    payload: dict
    sent_at: datetime
    received_at: datetime
    business_id: str | None = None
    position: int = 0
    state: InboxState = InboxState.NEW
    attempts: int = 0
    next_at: datetime | None = None
    error: str | None = field(default=None)
    done_at: datetime | None = None
