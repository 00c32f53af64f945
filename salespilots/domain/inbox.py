"""The durable inbox: what a provider told us, kept from before it was answered until it is handled."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class InboxState(StrEnum):
    """`UNROUTED`: for an account nobody has connected. `DEAD`: gave up after several tries."""

    NEW = "new"
    DONE = "done"
    DEAD = "dead"
    UNROUTED = "unrouted"


MAX_ATTEMPTS = 6


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
