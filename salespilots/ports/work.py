"""The storage port's part for work between processes: events taken in, lanes and who works on them, what is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from salespilots.domain.business import Connection
from salespilots.domain.conversation import Message
from salespilots.domain.errors import SalesPilotsError
from salespilots.domain.inbox import InboxRow
from salespilots.domain.run import Run


class LeaseLost(SalesPilotsError):
    """Another worker took the lane over: stop at once and write nothing."""

    code = "lease_lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to work on a lane until it runs out. ``owner`` is a worker's id; ``fence`` rises with every holder;
    ``orphaned``: how many holders in a row ended without letting the lane go."""

    lane: str
    owner: str
    fence: int
    orphaned: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A worker process as it last told of itself. Ages in seconds, by the database's clock; ``swept_age`` None before
    its first sweep. ``lanes``: how many it holds now."""

    id: str
    host: str
    pid: int
    version: str
    seen_age: float = 0.0
    swept_age: float | None = None
    lanes: int = 0


RESTS = (0, 0, 0, 1, 2, 4, 8, 16, 30)
"""Seconds for which a lane is left alone after so many of its holders died in a row, so that what kills them does not
take up all the time of those who come after; the last one from then on."""

FARTHEST = timedelta(hours=2)
"""No retry waits this long."""

FARTHEST_JOB = timedelta(days=100)
"""No job of a shop is planned for so far ahead."""

JOBS_KEPT = timedelta(days=30)
"""A job that is done, or was given up, is kept for so long from when it was asked for."""

COMMENTS_KEPT = timedelta(days=400)
"""What people wrote below posts is kept for so long from when it was taken in."""

DELETIONS_KEPT = timedelta(days=400)
"""How long a request to delete what came from an account can be looked up after it was done."""

LOGINS_KEPT = timedelta(days=1)
"""Where somebody went to sign in at a provider and did not come back, from when that ran out."""

BLOCK_TIME = timedelta(minutes=2)
"""How long an uncertain send that nobody can find out about holds back the chat replies after it; one that will be looked
for holds them back until then, and messages about orders wait until it is settled."""

UNREADABLE = "not_readable"
"""The reason of an uncertain send whose chat could not be read back."""

UNDECIDED = "needs_decision"
"""The reason of an uncertain send that waits for a person to say whether it arrived."""

PUT_ASIDE = "quiet_hours"
"""The reason of a message that waits for its hour: what comes after it in the lane does not wait for it."""

LEFT_BEHIND = (UNREADABLE, UNDECIDED)
"""Reasons of uncertain sends that chat replies need not wait for after `BLOCK_TIME`."""

HELD = ("channel_down", "rate_limited", "waits_for_reconnect", "account_restricted", "paced")
"""Reasons of messages that wait for their channel or its pace, and not for us."""


def has_come(at: datetime | None, now: datetime) -> bool:
    """Whether it is time: no time was set, it is past, or it lies so far ahead that a clock was wrong when it was set."""
    return at is None or at <= now or at > now + FARTHEST


class ScopedInbox(Protocol):
    """The waiting events of a lane, within a unit of work."""

    def waiting(self, lanes: Sequence[str], limit: int = 20) -> dict[str, list[InboxRow]]:
        """New rows of each lane that has any, in provider order and then order of arrival."""
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

    def parked(self, position: int) -> InboxRow | None:
        """A given-up row by its ``position``, to be decided in this unit; another shop's is None."""
        ...

    def again(self, row: InboxRow, now: datetime) -> None:
        """Take a given-up row up again, with all its tries; it waits since ``now``."""
        ...

    def discard(self, row: InboxRow, now: datetime) -> None:
        """Leave a given-up row for good."""
        ...

    def adopt(self, provider: str, account_ref: str) -> list[str]:
        """Make the rows of a channel's account that belong to no shop this shop's; returns their lanes."""
        ...

    def kept(self, lane: str, since: datetime) -> list[InboxRow]:
        """All rows of a lane that arrived at ``since`` or later, whatever became of them, in order of arrival."""
        ...

    def of_account(self, provider: str, account_ref: str, after: int = 0, limit: int = 100) -> list[InboxRow]:
        """Rows of a channel's account on any lane, whatever became of them, those that belong to no shop too: the next
        ones after a ``position``, in order of arrival."""
        ...

    def rewrite(self, row: InboxRow, payload: dict[str, Any]) -> None:
        """Replace what a row of this shop, or of none, tells. The row stays, so that the same event is not taken in again."""
        ...


class Inbox(Protocol):
    """Taking events in, before anybody knows what they mean."""

    def accept(self, rows: Sequence[InboxRow]) -> list[InboxRow]:
        """Insert in one statement, leaving out what is there already; returns the rows that were new."""
        ...


class Lanes(Protocol):
    """Who works on which lane. Times come from the database's own clock.

    A lane whose lease runs out is free; so is one whose lease lies further ahead than any lease can: the clock was set
    back meanwhile.
    """

    def claim(self, lanes: Sequence[str], owner: str, ttl: timedelta) -> dict[str, Lease]:
        """Take those that nobody holds; waits for a holder that is just letting go."""
        ...

    def hold(self, leases: Sequence[Lease]) -> set[str]:
        """The lanes of those leases that are the newest still; locks them until the unit ends."""
        ...

    def renew(self, leases: Sequence[Lease], ttl: timedelta) -> None:
        """Hold longer what is still held."""
        ...

    def release(self, leases: Sequence[Lease]) -> None:
        """Let go."""
        ...

    def free(self, owner: str) -> int:
        """Let go of all that this worker holds, because it is dead; a lane that costs one holder after the other rests
        first (`RESTS`). Returns how many."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What waits on some lanes of a shop. ``leases``: the lanes that are ours; the rest is of all that were asked for.

    ``rows``: new events of each lane that has any, in provider order and then order of arrival. ``pending``: the ids of
    each lane's messages that have not left, by their place in the chat. ``chats``: the id of each lane's conversation.
    These, the customers of the chats, and the gates and channel ``connections`` of the whole shop are known to the unit
    from now on.
    """

    leases: dict[str, Lease]
    rows: dict[str, list[InboxRow]]
    runs: list[Run]
    pending: dict[str, list[str]]
    chats: dict[str, str]
    connections: list[Connection]


class Workers(Protocol):
    """The worker processes that are there."""

    def beat(self, worker: Worker, *, swept: bool) -> None:
        """Still there, and whether it has just swept."""
        ...

    def all(self) -> list[Worker]:
        """Everyone who told of themselves and was not forgotten, longest there first."""
        ...

    def forget(self, worker_id: str) -> None:
        """It ended."""
        ...


class Work(Protocol):
    """What is due across shops: the sweeper's questions. A pair is (business id, lane).

    Times further ahead than `FARTHEST` count as come: they were written while a clock was wrong.
    """

    def due_lanes(self, now: datetime, limit: int = 200) -> list[tuple[str, str]]:
        """Lanes nobody holds with a new event, a ready or due run, or a message to send; oldest first, fair between
        shops. A lane stands here for each shop with work on it: an account may have gone from one to another.

        What waits behind something that is not due makes no lane due: an event behind one that is tried again later, a
        message behind one that may not leave yet, that will be looked for, or that has been uncertain for less than
        `BLOCK_TIME`."""
        ...

    def due_of(self, lanes: Sequence[str], now: datetime) -> list[tuple[str, str]]:
        """The same for these lanes, held or not."""
        ...

    def orders_to_expire(self, now: datetime, limit: int = 100) -> list[tuple[str, str]]:
        """(business id, order id) of placed orders past their time."""
        ...

    def orders_to_remind(self, now: datetime, limit: int = 100) -> list[tuple[str, str]]:
        """(business id, order id) of orders whose ``remind_at`` has come, the longest due first."""

    def promises_to_lapse(self, since: datetime, limit: int = 100) -> list[tuple[str, str]]:
        """(business id, variant id) of which somebody on the waiting list was told by ``since`` and has not ordered."""
        ...

    def imports_to_do(self, now: datetime, limit: int = 20) -> list[tuple[str, str]]:
        """(business id, import id) of imports that a worker shall go on with."""
        ...

    def jobs_to_do(self, now: datetime, limit: int = 200) -> list[tuple[str, str]]:
        """(business id, job id) of jobs whose time has come, one of each shop in turn, the longest due first."""
        ...

    def connections_to_renew(self, now: datetime, limit: int = 40) -> list[tuple[str, str]]:
        """(business id, provider) of connections whose ``renew_at`` has come, the longest due first."""
        ...

    def payments_to_check(self, now: datetime, limit: int = 40) -> list[tuple[str, str]]:
        """(business id, payment id) of payments to ask the provider about, fair between shops."""
        ...

    def refunds_to_ask(self, now: datetime, limit: int = 40) -> list[tuple[str, str]]:
        """(business id, refund id) of refunds that the provider has not answered for, fair between shops."""
        ...

    def backlog(self, now: datetime, business_id: str | None = None) -> dict[str, float]:
        """``inbox_new``, ``inbox_dead``, ``outbox_queued``, ``outbox_uncertain`` and how many of those wait for a person
        (``outbox_undecided``), ``oldest_seconds`` (the age of the oldest event that waits), ``due_seconds`` (for how long
        the longest waiting event could have been handled), ``outbox_due_seconds`` (for how long the longest waiting message
        could have left), ``lanes_held``; for one shop without the last, or for all.

        An event that is to be tried again later is not due until then, nor is one of its lane that comes after it. A message
        could leave when it is the first of its lane that has not, nobody holds the lane, its time has come, and none of the
        reasons in `HELD` keeps it.
        """
        ...

    def dead(self, business_id: str | None = None, limit: int = 200, *, before: int | None = None) -> list[InboxRow]:
        """Events that were given up, newest first, for one shop or all; ``before``: only those with a smaller position."""
        ...

    def event(self, position: int) -> InboxRow | None:
        """An event by its position, whatever became of it."""
        ...

    def uncertain(self, business_id: str | None = None, limit: int = 200) -> list[Message]:
        """Sends whose outcome is not known, those that wait for a person first, then oldest first; for one shop or all."""
        ...

    def shop_of(self, message_id: str) -> str | None:
        """The shop of a message; None when there is no such message."""
        ...

    def last_webhooks(self, business_id: str | None = None) -> dict[str, datetime]:
        """When the newest event of each provider arrived, for one shop or all; the practice parts left out."""
        ...

    def purge(self, now: datetime) -> int:
        """Delete what nobody needs: old done and unrouted inbox rows, ended sessions, used links and sign-ins, jobs, comments
        and deletions that are long done. Returns rows."""
        ...


class Throttle(Protocol):
    """Counting tries per key in a window, shared by all processes."""

    def hit(self, key: str, *, now: datetime, window: timedelta) -> int:
        """Count one try; returns the tries in the window, this one included."""
        ...

    def clear(self, key: str) -> None:
        """Forget the key after a success."""
        ...
