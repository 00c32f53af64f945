"""Draining a lane: one holder at a time, events in order, then runs, then sends, until it is quiet."""

from __future__ import annotations

import contextlib
import time
from datetime import timedelta

import structlog

from salespilots.domain.errors import SalesPilotsError, StaleEntity
from salespilots.domain.events import Event
from salespilots.domain.inbox import MAX_ATTEMPTS, InboxRow
from salespilots.ports.storage import StorageUnavailable
from salespilots.ports.work import Lease, LeaseLost
from salespilots.services.core import Core, retrying
from salespilots.services.crash_points import crash_point
from salespilots.services.messaging.interpret import Interpreter
from salespilots.services.messaging.outbox import BACKOFF, Outbox
from salespilots.services.workflows.runner import Runner

log = structlog.get_logger(__name__)

TTL = timedelta(seconds=90)
"""A lease outlives the longest step (an AI turn of 25 s, a send of 10 s) with room to spare; renewed at each piece."""

RENEW_SECONDS = 20.0
"""A busy lane's lease is renewed after this; one round is well below the lease's length."""

MAX_PIECES = 500
"""Pieces of work in one drain; what is left is found by the next."""


class Lanes:
    """Works on lanes."""

    def __init__(self, core: Core, interpreter: Interpreter, runner: Runner, outbox: Outbox, owner: str) -> None:
        self._core = core
        self._interpreter = interpreter
        self._runner = runner
        self._outbox = outbox
        self._owner = owner

    def drain(self, lane: str) -> int:
        """Do everything that is due on a lane. Returns pieces done; 0 also when somebody else holds it.

        Looks once more after letting go: what arrives while a lane is held finds it taken and rings in vain.
        """
        done = 0
        while done < MAX_PIECES:
            pieces = self._hold_and_work(lane)
            done += pieces
            if not pieces or not self._has_more(lane):
                return done
        self._core.doorbell.ring(lane)
        return done

    def _hold_and_work(self, lane: str) -> int:
        core = self._core
        with core.storage.system_unit_of_work() as system:
            shops = system.work.businesses_due(lane, core.clock.now())
            lease = system.lanes.claim(lane, f"{self._owner}:{core.ids.token()[:8]}", TTL) if shops else None
            if lease is None:
                return 0
            system.commit()
        crash_point("lane.claimed")
        try:
            done = sum(self._work_for(business_id, lane, lease) for business_id in shops)
        except LeaseLost:
            log.warning("lane.lost", lane=lane.partition(":")[0])
            return 0
        except Exception:
            with contextlib.suppress(StorageUnavailable):
                self._release(lease)
            raise
        self._release(lease)
        return done

    def _work_for(self, business_id: str, lane: str, lease: Lease) -> int:
        with structlog.contextvars.bound_contextvars(lane=lane.partition(":")[0], business=business_id):
            return self._round(business_id, lane, lease)

    def _round(self, business_id: str, lane: str, lease: Lease) -> int:
        """Events first, one at a time with the runs it starts, then everything that can leave."""
        done, more, renewed = 0, True, time.monotonic()

        def renew() -> None:
            nonlocal renewed
            if time.monotonic() - renewed > RENEW_SECONDS:
                renewed = time.monotonic()
                self._renew(lease)

        while more and done < MAX_PIECES:
            row, more = self._interpret_next(business_id, lane, lease)
            done += row + self._advance(business_id, lane, lease)
            renew()
        return done + self._outbox.send_due(business_id, lane, lease, renew)

    def _advance(self, business_id: str, lane: str, lease: Lease) -> int:
        done, more = 0, True
        while more:
            did, more = self._runner.advance(business_id, lane, lease)
            done += did
        return done

    # --- T2 ----------------------------------------------------------------------------------------------------

    def _interpret_next(self, business_id: str, lane: str, lease: Lease) -> tuple[bool, bool]:
        """(whether an event was taken, whether another waits). A failing one is retried later, holding back its lane."""
        try:
            row, others, more = retrying(lambda: self._interpret(business_id, lane, lease))
        except (LeaseLost, StorageUnavailable):
            raise
        except _Failed as failure:
            self._put_back(business_id, failure.row, failure.__cause__ or failure)
            return True, True
        if row is None:
            return False, False
        crash_point("interpret.after_commit")
        self._core.metrics.count("inbox_rows_total", provider=row.provider, outcome="done")
        for other in others:
            self._core.doorbell.ring(other)
        return True, more

    def _interpret(self, business_id: str, lane: str, lease: Lease) -> tuple[InboxRow | None, list[str], bool]:
        now = self._core.clock.now()
        with self._core.storage.unit_of_work(business_id) as uow:
            uow.hold(lease)
            rows = uow.inbox.waiting(lane, limit=2)
            if not rows or (rows[0].next_at is not None and rows[0].next_at > now):
                return None, [], False
            row = rows[0]
            try:
                others = self._interpreter.interpret_in(uow, row)
                uow.inbox.done(row, now)
                crash_point("interpret.before_commit")
                uow.commit()
            except (StaleEntity, LeaseLost, StorageUnavailable):
                raise
            except Exception as error:
                raise _Failed(row) from error
            return row, others, len(rows) > 1

    def _put_back(self, business_id: str, row: InboxRow, error: BaseException) -> None:
        now = self._core.clock.now()
        what = error.code if isinstance(error, SalesPilotsError) else type(error).__name__
        log.error(
            "inbox.failed", provider=row.provider, kind=row.kind, attempt=row.attempts + 1, error=what, exc_info=error
        )
        with self._core.storage.unit_of_work(business_id) as uow:
            if row.attempts + 1 >= MAX_ATTEMPTS:
                uow.inbox.park(row, error=what)
                data = {"provider": row.provider, "kind": row.kind, "error": what}
                uow.record(Event(type="inbox.parked", at=now, data=data))
            else:
                uow.inbox.retry(row, next_at=now + timedelta(seconds=BACKOFF[row.attempts]), error=what)
            uow.commit()
        self._core.metrics.count("inbox_rows_total", provider=row.provider, outcome="failed")

    # --- lease -------------------------------------------------------------------------------------------------

    def _renew(self, lease: Lease) -> None:
        with self._core.storage.system_unit_of_work() as system:
            held = system.lanes.renew(lease, TTL)
            system.commit()
        if not held:
            raise LeaseLost("the lane went to another worker")

    def _release(self, lease: Lease) -> None:
        with self._core.storage.system_unit_of_work() as system:
            system.lanes.release(lease)
            system.commit()

    def _has_more(self, lane: str) -> bool:
        """Something arrived between the last look and the release."""
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            return system.work.is_due(lane, self._core.clock.now())


class _Failed(Exception):
    """Interpreting a row raised; carries the row out of the transaction that rolled back."""

    def __init__(self, row: InboxRow) -> None:
        super().__init__(row.event_id)
        self.row = row
