"""What workflows told the owner: kept in the event log, new until somebody says that they read it."""

from __future__ import annotations

from collections.abc import Sequence

from salespilots.domain.events import Event
from salespilots.ports.storage import UnitOfWork
from salespilots.services.core import Core, retrying

TOLD, HEARD = "owner.told", "owner.heard"
MOST = 100
"""Notes that are shown and counted."""


class OwnerNotes:
    """Reads and settles them."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def latest(self, business_id: str) -> tuple[list[Event], int]:
        """(notes, newest first, how many of them are new)."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            notes = uow.events.latest([TOLD], MOST)
            return notes, _new(notes, _heard_in(uow))

    def news(self, business_id: str) -> int:
        """How many are new."""
        return self.latest(business_id)[1]

    def heard(self, business_id: str, until: int, *, actor: str = "") -> None:
        """Somebody read everything up to this number of the log."""

        def use_case() -> None:
            with self._core.storage.unit_of_work(business_id) as uow:
                if until > _heard_in(uow):
                    now = self._core.clock.now()
                    uow.record(Event(type=HEARD, at=now, data={"until": until}, actor=actor or "system"))
                    uow.commit()

        retrying(use_case)


def _heard_in(uow: UnitOfWork) -> int:
    return max((int(one.data.get("until") or 0) for one in uow.events.latest([HEARD], 1)), default=0)


def _new(notes: Sequence[Event], heard: int) -> int:
    return sum(one.seq > heard for one in notes)
