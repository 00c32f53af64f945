"""What is on its way through a worker: a lane with its lease, the call it waits for, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from salespilots.domain.inbox import InboxRow
from salespilots.ports.storage import UnitOfWork
from salespilots.ports.work import Lease
from salespilots.services.messaging.desk import CAREFUL_AFTER
from salespilots.services.messaging.outbox import NotBegun, SendCall
from salespilots.services.workflows.runner import Place

BEGIN_WITHIN = 18.0
"""Seconds of a lease within which a send may begin, so that it is over before the lane can be another's."""


class Call(Protocol):
    """Something to ask a provider with no transaction open."""

    def make(self) -> Any:
        """Ask. What comes of it, errors of the provider included, is returned."""

    def settle_in(self, uow: UnitOfWork, outcome: Any) -> None:
        """Note it."""

    def spoiled(self, outcome: Any, refusal: Exception) -> Any:
        """What to note when that could not be noted."""

    def told(self, outcome: Any) -> None:
        """After it was noted."""


@dataclass(slots=True)
class Piece:
    """A lane of a shop on its way. ``call`` is to be made next, ``outcome`` what came of it; with neither the lane is
    let go. ``held_since``: seconds of the steady clock. ``fresh``: taken for this turn, before it. ``again_at``: when
    it wants to be looked at again. ``put_off``: it was not looked at, because its last holders died, as those of
    another did that was."""

    business_id: str
    lane: str
    lease: Lease | None = None
    held_since: float = 0.0
    call: Call | None = None
    outcome: Any = None
    made: bool = False
    done: int = 0
    more: bool = False
    put_off: bool = False
    fresh: bool = False
    again_at: datetime | None = None
    refused: dict[Place, str] = field(default_factory=dict)

    @property
    def suspect(self) -> bool:
        """Whether the last holders of the lane died with it."""
        return self.lease is not None and self.lease.orphaned >= CAREFUL_AFTER

    def make(self, steady: Callable[[], float]) -> None:
        """Make the call. ``steady``: tells the seconds of the steady clock. A send is not begun when the lane may be
        another's before it is over, as after this process was frozen: whoever has the lane then might send the same
        message."""
        assert self.call is not None
        if isinstance(self.call, SendCall):
            self.call.in_time = lambda: steady() - self.held_since <= BEGIN_WITHIN
        self.outcome = self.call.make()
        self.made = True

    def call_off(self) -> None:
        """Do not make the call: the process ends."""
        self.made = isinstance(self.call, SendCall)
        self.outcome = NotBegun() if self.made else None
        if not self.made:
            self.call = None


@dataclass(slots=True)
class Plan:
    """What a turn did for a lane, true once it is committed."""

    lease: Lease
    call: Call | None = None
    done: int = 0
    more: bool = False
    again_at: datetime | None = None
    rung: list[str] = field(default_factory=list)
    handled: list[InboxRow] = field(default_factory=list)


class Suspects(Exception):
    """Whoever took these lanes died."""

    def __init__(self, lanes: set[str]) -> None:
        super().__init__(len(lanes))
        self.lanes = lanes


class Failed(Exception):
    """Handling an event raised; carries the row out of the transaction that rolled back."""

    def __init__(self, row: InboxRow) -> None:
        super().__init__(row.event_id)
        self.row = row


def sooner(one: datetime | None, other: datetime | None) -> datetime | None:
    """The first of two times, if there is any."""
    return min((at for at in (one, other) if at is not None), default=None)
