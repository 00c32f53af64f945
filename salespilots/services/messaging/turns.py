"""A lane's turn: all that the database has to do for it between two calls to a provider, in one transaction.

Events are understood, runs go on, and the next message is marked as being sent, or the next step as started; then the
transaction ends and somebody makes the call. What comes of it is noted in the next turn. Several lanes of a shop share
a transaction; when anything in it fails, each is done again alone, one small transaction after the other, so that the
trouble of one event stays its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from salespilots.domain.errors import SalesPilotsError, StaleEntity
from salespilots.domain.events import Event
from salespilots.domain.inbox import BACKOFF, MAX_ATTEMPTS, MAX_ORPHANED, InboxRow
from salespilots.ports.storage import StorageUnavailable, UnitOfWork
from salespilots.ports.work import Lease, LeaseLost, has_come
from salespilots.services.core import Core, retrying
from salespilots.services.crash_points import crash_point
from salespilots.services.messaging.desk import CAREFUL_AFTER, MANY_ROWS, Desk
from salespilots.services.messaging.interpret import Interpreter
from salespilots.services.messaging.outbox import Outbox, SendCall
from salespilots.services.messaging.pieces import Call, Failed, Piece, Plan, Suspects, sooner
from salespilots.services.messaging.uncertain import LookCall
from salespilots.services.workflows.runner import Refused, Runner, StepCall

log = structlog.get_logger(__name__)

TTL = timedelta(seconds=30)
"""A lease is longer than any call (an AI turn of 25 s, a send of 10 s), and who makes one renews it."""

RENEW_SECONDS = 10.0
"""A lease is renewed in a turn when it is older than this."""

WARY_SECONDS = 120.0
"""How long after a worker's death lanes are taken in transactions of their own: whoever dies within a turn is known
then to have had them."""

MAX_SPOILED = 2
"""Ways in which a call's outcome is put into other words when it could not be noted; then the lane is let go."""

MAX_PIECES = 60
"""Pieces of work for a lane in one turn; the rest has another one, after the other lanes."""


class Turns:
    """Takes turns. ``owner`` is this process's name as a worker."""

    def __init__(self, core: Core, interpreter: Interpreter, runner: Runner, outbox: Outbox, owner: str) -> None:
        self._core = core
        self._interpreter = interpreter
        self._runner = runner
        self._outbox = outbox
        self.owner = owner
        self.closing = False
        """Set when the process ends: what was answered is noted, and nothing new is begun."""
        self._wary_until = 0.0

    def be_wary(self) -> None:
        """A worker died: it may have been what it was doing."""
        self._wary_until = self._core.clock.steady() + WARY_SECONDS

    def _take_first(self, pieces: Sequence[Piece]) -> None:
        """While wary: take the lanes before anything is done for them, unless suspects are among several."""
        new = [piece for piece in pieces if piece.lease is None]
        if not new or self._core.clock.steady() >= self._wary_until:
            return
        with self._core.storage.system_unit_of_work() as system:
            leases = system.lanes.claim([piece.lane for piece in new], self.owner, TTL)
            if len(new) > 1 and any(lease.orphaned >= CAREFUL_AFTER for lease in leases.values()):
                return  # they come one by one
            system.commit()
        for piece in new:
            piece.lease = leases.get(piece.lane)
            piece.fresh, piece.held_since = piece.lease is not None, self._core.clock.steady()

    def take(self, pieces: Sequence[Piece]) -> None:
        """A turn for these lanes of one shop. Afterwards each has a call to make, is let go, or was put off.

        Raises `StorageUnavailable` with the pieces as they were.
        """
        for piece in pieces:
            piece.put_off = piece.fresh = False
        self._take_first(pieces)
        try:
            plans = retrying(lambda: self._together(pieces))
        except StorageUnavailable:
            raise
        except Suspects as found:
            self._carefully(pieces, found.lanes)
            return
        except Exception as error:
            if not isinstance(error, (Refused, StaleEntity)):
                log.warning("turn.apart", lanes=len(pieces), error=type(error).__name__)
            for piece in pieces:
                self._alone(piece)
            return
        noted = [(one.call, one.outcome) for one, plan in zip(pieces, plans, strict=True) if one.made and plan]
        for piece, plan in zip(pieces, plans, strict=True):
            self._kept(piece, plan)
        for call, outcome in noted:
            if call is not None:
                self._tell(call, outcome)

    def _tell(self, call: Call, outcome: Any) -> None:
        """After the outcome was noted: what is lost of this is said another time, and holds up nobody."""
        try:
            call.told(outcome)
        except Exception as error:
            log.warning("turn.untold", call=type(call).__name__, error=type(error).__name__)

    def _carefully(self, pieces: Sequence[Piece], suspects: set[str]) -> None:
        """One new suspect at a time, after the lanes that are none: whatever kills has nobody with it then."""
        plain = [one for one in pieces if one.lane not in suspects]
        if plain:
            self.take(plain)
        mine: list[Piece] = []
        new: list[Piece] = []
        for one in pieces:
            if one.lane in suspects:
                (new if one.lease is None or one.fresh else mine).append(one)
        for piece in [*mine, *new[:1]]:
            self._alone(piece)
        for piece in new[1:]:
            piece.put_off = True

    def _kept(self, piece: Piece, plan: Plan | None) -> None:
        """After the commit."""
        piece.outcome, piece.made, piece.call = None, False, None
        piece.more, piece.fresh, piece.again_at = False, False, None
        if plan is None:
            piece.lease = None
            return
        piece.done += plan.done
        piece.lease = plan.lease if plan.call is not None else None
        piece.call, piece.more, piece.again_at = plan.call, plan.more, plan.again_at
        for lane in plan.rung:
            self._core.doorbell.ring(lane)

    # --- together ----------------------------------------------------------------------------------------------

    def _together(self, pieces: Sequence[Piece]) -> list[Plan | None]:
        settling = any(piece.made for piece in pieces)
        with self._core.storage.unit_of_work(pieces[0].business_id) as uow:
            desk = self._desk_in(uow, pieces)
            suspects = {lane for lane, lease in desk.leases.items() if lease.orphaned >= CAREFUL_AFTER}
            if suspects:
                raise Suspects(suspects)
            plans: dict[str, Plan] = {}
            for piece in sorted(pieces, key=lambda one: one.lane):
                if piece.lane in desk.leases:
                    plans[piece.lane] = self._work_in(desk, piece, desk.leases[piece.lane])
            uow.lanes.release([plan.lease for plan in plans.values() if plan.call is None])
            crash_point("settle.before_commit" if settling else "turn.before_commit")
            uow.commit()
        crash_point("settle.after_commit" if settling else "turn.after_commit")
        return [plans.get(piece.lane) for piece in pieces]

    def _desk_in(self, uow: UnitOfWork, pieces: Sequence[Piece], *, careful: bool = False) -> Desk:
        """The lanes we may work on, with what waits on them: those held, and those that could be claimed. The others
        have a holder."""
        held = [piece for piece in pieces if piece.lease is not None]
        wanted = [piece.lane for piece in pieces if piece.lease is None]
        found = uow.look([one.lease for one in held if one.lease], wanted, self.owner, TTL, MANY_ROWS)
        now = self._core.clock.steady()
        old: list[Lease] = []
        for piece in pieces:
            lease = found.leases.get(piece.lane)
            if lease is None and piece.lease is not None:
                log.warning("lane.lost", provider=piece.lane.partition(":")[0])
            elif lease is not None and piece.lease is None:
                piece.held_since = now
            elif lease is not None and now - piece.held_since > RENEW_SECONDS:
                old.append(lease)
                piece.held_since = now
        if old:
            uow.lanes.renew(old, TTL)
        return Desk(uow, found, self._runner.ready, self._core.clock.now(), careful=careful)

    def _work_in(self, desk: Desk, piece: Piece, lease: Lease) -> Plan:
        """Everything that can be done for a lane up to the next call."""
        plan, lane, now = Plan(lease), piece.lane, self._core.clock.now()
        stepped = piece.made and not isinstance(piece.call, (SendCall, LookCall))
        if piece.made and piece.call is not None:
            piece.call.settle_in(desk.uow, piece.outcome)
            plan.done += 1
        if self.closing:
            return plan
        runs, rows = lane in desk.running or stepped, desk.rows(lane)
        while plan.done < MAX_PIECES:
            if runs:
                progress = self._runner.advance_in(desk, lane, piece.refused)
                runs = progress.more
                plan.done += progress.did
                if progress.call is not None:
                    plan.call = progress.call
                    return plan
                continue
            if not rows or not has_come(rows[0].next_at, now):
                break
            row = rows.popleft()
            plan.rung += self._interpreter.interpret_in(desk, row)
            desk.uow.inbox.done(row, now)
            plan.handled.append(row)
            plan.done += 1
            runs, rows = True, rows or desk.rows_behind(lane)
        else:
            plan.more = True
            return plan
        following = self._outbox.next_in(desk, lane)
        plan.call = following.call
        plan.done += following.closed + (following.call is not None)
        plan.again_at = sooner(rows[0].next_at if rows else None, following.again_at)
        return plan

    # --- alone -------------------------------------------------------------------------------------------------

    def _alone(self, piece: Piece) -> None:
        """The same for one lane in steps: what fails takes nothing else back."""
        try:
            if piece.made and piece.call is not None:
                self._settle(piece)
            self._take_first([piece])
            rung: list[str] = []
            for _ in range(0 if self.closing else MAX_PIECES):
                plan = self._step(piece)
                piece.lease, piece.fresh, piece.done = plan.lease, False, piece.done + plan.done
                rung += plan.rung
                if plan.call is not None or not plan.more:
                    plan.rung = rung
                    self._kept_alone(piece, plan)
                    return
            self._let_go(piece)
            piece.more = True
        except StorageUnavailable:
            raise
        except LeaseLost:
            piece.lease = piece.call = piece.outcome = None
            piece.made = piece.more = False
        except Exception as error:  # the rows are as they were: the sweeper finds them again
            log.error("turn.broken", error=type(error).__name__, exc_info=error)
            self._let_go(piece)
            piece.call = piece.outcome = None
            piece.made = piece.more = False

    def _kept_alone(self, piece: Piece, plan: Plan) -> None:
        piece.call, piece.made, piece.outcome = plan.call, False, None
        piece.more, piece.again_at = False, plan.again_at
        if plan.call is None:
            self._let_go(piece)
        for lane in plan.rung:
            self._core.doorbell.ring(lane)

    def _settle(self, piece: Piece) -> None:
        call, outcome = piece.call, piece.outcome
        assert call is not None

        def use_case(outcome: Any) -> None:
            with self._core.storage.unit_of_work(piece.business_id) as uow:
                self._desk_alone(uow, piece)
                call.settle_in(uow, outcome)
                crash_point("settle.before_commit")
                uow.commit()

        for spoiled in range(MAX_SPOILED + 1):
            try:
                retrying(partial(use_case, outcome))
                break
            except (StorageUnavailable, LeaseLost, StaleEntity):
                raise
            except Exception as refusal:
                if spoiled == MAX_SPOILED:
                    raise
                outcome = call.spoiled(outcome, refusal)
        crash_point("settle.after_commit")
        piece.call, piece.made, piece.done = None, False, piece.done + 1
        self._tell(call, outcome)

    def _desk_alone(self, uow: UnitOfWork, piece: Piece) -> tuple[Desk, Lease]:
        desk = self._desk_in(uow, [piece], careful=True)
        if piece.lane not in desk.leases:
            raise LeaseLost("the lane went to another worker")
        return desk, desk.leases[piece.lane]

    def _step(self, piece: Piece) -> Plan:
        """One run, one event or one message."""
        while True:
            try:
                plan = retrying(lambda: self._one(piece))
            except Refused as refusal:
                if refusal.at in piece.refused:
                    raise
                piece.refused[refusal.at] = refusal.branch
            except Failed as failure:
                return self._put_back(piece, failure)
            else:
                crash_point("turn.after_commit")
                return plan

    def _one(self, piece: Piece) -> Plan:
        now, lane = self._core.clock.now(), piece.lane
        with self._core.storage.unit_of_work(piece.business_id) as uow:
            desk, lease = self._desk_alone(uow, piece)
            plan, rows = Plan(lease), desk.rows(lane)
            if (piece.lease is None or piece.fresh) and lease.orphaned >= MAX_ORPHANED and rows:
                # Whoever took this lane died of it, again and again: its first event waits for a person.
                self._park_in(uow, rows[0], "worker_died", now)
                plan.done, plan.more = 1, True
            elif lane in desk.running:
                progress = self._runner.advance_in(desk, lane, piece.refused)
                plan.call, plan.done = progress.call, int(progress.did)
                plan.more = progress.call is None and progress.did
            if not plan.done and rows and has_come(rows[0].next_at, now):
                try:
                    plan.rung = self._interpreter.interpret_in(desk, rows[0])
                except (StaleEntity, LeaseLost, StorageUnavailable):
                    raise
                except Exception as error:
                    raise Failed(rows[0]) from error
                uow.inbox.done(rows[0], now)
                plan.handled, plan.done, plan.more = [rows[0]], 1, True
            elif not plan.done:
                following = self._outbox.next_in(desk, lane)
                plan.call, plan.done = following.call, following.closed
                plan.again_at = sooner(rows[0].next_at if rows else None, following.again_at)
            crash_point("turn.before_commit")
            try:
                uow.commit()
            except (StaleEntity, LeaseLost, StorageUnavailable):
                raise
            except Exception as error:
                if plan.handled:
                    raise Failed(plan.handled[0]) from error
                raise
        return plan

    def _put_back(self, piece: Piece, failure: Failed) -> Plan:
        """An event that cannot be handled is tried again later, holding back its lane, and in the end waits for a person."""
        now, row = self._core.clock.now(), failure.row
        error = failure.__cause__ or failure
        what = error.code if isinstance(error, SalesPilotsError) else type(error).__name__
        log.error(
            "inbox.failed", provider=row.provider, kind=row.kind, attempt=row.attempts + 1, error=what, exc_info=error
        )

        def use_case() -> Lease:
            with self._core.storage.unit_of_work(piece.business_id) as uow:
                _, lease = self._desk_alone(uow, piece)
                if row.attempts + 1 >= MAX_ATTEMPTS:
                    self._park_in(uow, row, what, now)
                else:
                    uow.inbox.retry(row, next_at=now + timedelta(seconds=BACKOFF[row.attempts]), error=what)
                uow.commit()
            return lease

        lease = retrying(use_case)
        return Plan(lease, done=1, more=True)

    def _park_in(self, uow: UnitOfWork, row: InboxRow, what: str, now: datetime) -> None:
        uow.inbox.park(row, error=what)
        data = {"provider": row.provider, "kind": row.kind, "error": what}
        uow.record(Event(type="inbox.parked", at=now, data=data))

    def _let_go(self, piece: Piece) -> None:
        if piece.lease is not None:
            self.let_go([piece.lease])
            piece.lease = None

    def note_alone(self, piece: Piece) -> None:
        """Note that a step's call is made while nothing else is done. Raises `LeaseLost` when the lane is another's."""
        call = piece.call
        if isinstance(call, StepCall):
            with self._core.storage.unit_of_work(piece.business_id) as uow:
                self._desk_alone(uow, piece)
                call.note_alone_in(uow)
                uow.commit()

    def let_go(self, leases: Sequence[Lease]) -> None:
        """Release lanes."""
        with self._core.storage.system_unit_of_work() as system:
            system.lanes.release(leases)
            system.commit()

    def keep(self, leases: Sequence[Lease]) -> set[str]:
        """Renew lanes whose calls take long. Returns those that are ours still."""
        with self._core.storage.system_unit_of_work() as system:
            ours = system.lanes.hold(leases)
            system.lanes.renew([one for one in leases if one.lane in ours], TTL)
            system.commit()
        return ours
