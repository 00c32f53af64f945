"""The storage port's part for work between processes: events taken in, lanes and who works on them, what is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from salespilots.domain.errors import SalesPilotsError
from salespilots.domain.inbox import InboxRow


class LeaseLost(SalesPilotsError):
    """Another worker took the lane over: stop at once and write nothing."""

    code = "lease_lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to work on a lane until it runs out; ``fence`` rises with every holder."""

    lane: str
    owner: str
    fence: int


class ScopedInbox(Protocol):
    """The waiting events of a lane, within a unit of work."""

    def waiting(self, lane: str, limit: int = 20) -> list[InboxRow]:
        """New rows, in provider order and then order of arrival."""
        ...

    def done(self, row: InboxRow, now: datetime) -> None:
        """Handled, in the same transaction as its effects."""
        ...

    def retry(self, row: InboxRow, *, next_at: datetime, error: str) -> None:
        """Count a failed try."""
        ...

    def park(self, row: InboxRow, *, error: str) -> None:
        """Give up: a person decides."""
        ...

    def kept(self, lane: str, since: datetime) -> list[InboxRow]:
        """All rows of a lane that arrived at ``since`` or later, whatever became of them, in order of arrival."""
        ...

    def rewrite(self, row: InboxRow, payload: dict[str, Any]) -> None:
        """Replace what a row tells. The row stays, so that the same event is not taken in again."""
        ...


class Inbox(Protocol):
    """Taking events in, before anybody knows what they mean."""

    def accept(self, rows: Sequence[InboxRow]) -> list[InboxRow]:
        """Insert in one statement, leaving out what is there already; returns the rows that were new."""
        ...


class Lanes(Protocol):
    """Who works on which lane. Times come from the database's own clock."""

    def claim(self, lane: str, owner: str, ttl: timedelta) -> Lease | None:
        """Take the lane if nobody holds it."""
        ...

    def renew(self, lease: Lease, ttl: timedelta) -> bool:
        """Hold it longer; False when it is lost."""
        ...

    def release(self, lease: Lease) -> None:
        """Let go."""
        ...


class Work(Protocol):
    """What is due across shops: the sweeper's questions."""

    def due_lanes(self, now: datetime, limit: int = 200) -> list[str]:
        """Lanes with a new event, a ready or due run, or a message to send; oldest first, fair between shops."""
        ...

    def is_due(self, lane: str, now: datetime) -> bool:
        """Whether this lane has such work."""
        ...

    def businesses_due(self, lane: str, now: datetime) -> list[str]:
        """Shops with such work on this lane: several only when an account went from one shop to another."""
        ...

    def orders_to_expire(self, now: datetime, limit: int = 100) -> list[tuple[str, str]]:
        """(business id, order id) of placed orders past their time."""
        ...

    def payments_to_check(self, now: datetime, limit: int = 40) -> list[tuple[str, str]]:
        """(business id, payment id) of payments to ask the provider about, fair between shops."""
        ...

    def refunds_to_ask(self, now: datetime, limit: int = 40) -> list[tuple[str, str]]:
        """(business id, refund id) of refunds that the provider has not answered for, fair between shops."""
        ...

    def backlog(self, now: datetime) -> dict[str, float]:
        """``inbox_new``, ``inbox_dead``, ``outbox_queued``, ``outbox_uncertain``, ``oldest_seconds``."""
        ...

    def last_webhooks(self, business_id: str | None = None) -> dict[str, datetime]:
        """When the newest event of each provider arrived, for one shop or all; the practice parts left out."""
        ...

    def purge(self, now: datetime) -> int:
        """Delete what nobody needs: old done and unrouted inbox rows, ended sessions, used links. Returns rows."""
        ...


class Throttle(Protocol):
    """Counting tries per key in a window, shared by all processes."""

    def hit(self, key: str, *, now: datetime, window: timedelta) -> int:
        """Count one try; returns the tries in the window, this one included."""
        ...

    def clear(self, key: str) -> None:
        """Forget the key after a success."""
        ...
