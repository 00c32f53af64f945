"""A closed world: the real engine on a store in memory, with a clock that is moved and no way out.

Nothing in it knows that it is a rehearsal. What happens in it is put into its inbox or its log, as it would be outside,
and the lanes are worked on by the same turns. Time that nobody needs is skipped: the clock goes to the next moment at which
something is due.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from salespilots.domain.conversation import Conversation
from salespilots.domain.events import Event
from salespilots.domain.inbox import InboxRow, lane_of
from salespilots.domain.run import ACTIVE, Run, RunState
from salespilots.ports.channel import Inbound
from salespilots.ports.extensions import ActionContext, TriggerFact
from salespilots.ports.storage import Storage, UnitOfWork, eq, one_of
from salespilots.services.connections import Connections
from salespilots.services.core import Core, NullMetrics
from salespilots.services.messaging.content import dump_value
from salespilots.services.messaging.interpret import Interpreter
from salespilots.services.messaging.outbox import Outbox
from salespilots.services.messaging.pace import Pace
from salespilots.services.messaging.pieces import Piece
from salespilots.services.messaging.turns import Turns
from salespilots.services.orders import Orders
from salespilots.services.payments import Payments
from salespilots.services.rehearsal.closed import ClosedRegistry
from salespilots.services.rehearsal.seed import Base, Live, People, fill_in
from salespilots.services.rehearsal.surroundings import (
    CountingIds,
    EmptyVault,
    ListeningDoorbell,
    NoFetcher,
    NoHasher,
    NoMailer,
    OneCatalogue,
    VirtualClock,
)
from salespilots.services.settlement import Settlement
from salespilots.services.shop_memory import ShopMemory
from salespilots.services.workflows.assistant import StepPorts
from salespilots.services.workflows.runner import Runner

OpenStorage = Callable[[], Storage]
"""Makes an empty store that is gone when it is forgotten."""

FARTHEST = timedelta(days=120)
"""What is due later than this from the beginning is not waited for."""


class OutOfTime(Exception):
    """The world was worked on for as long as it may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much may happen: turns of lanes in all, jumps of the clock, and real seconds."""

    turns: int = 1500
    jumps: int = 60
    seconds: float = 5.0


class StagePorts(StepPorts):
    """What a step may ask of the outside, where there is none."""

    def call_webhook(self, url: str, body: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        """Nobody is called, and says yes."""
        return 200, {}


class World:
    """One closed world of one shop."""

    def __init__(
        self, core: Core, storage: Storage, base: Base, people: People, live: Live, *, start: datetime,
        stock: Mapping[str, int] | None = None, limits: Limits | None = None, catalogue: OneCatalogue | None = None,
    ) -> None:  # fmt: skip
        """``catalogue``: what was understood in another world of the same base."""
        self.clock, self.bell = VirtualClock(start), ListeningDoorbell()
        self.business_id, self.live, self._limits = base.shop.id, live, limits or Limits()
        self.asked: TriggerFact | None = None
        """What the triggers were asked about last."""
        self.core = replace(
            core, storage=storage, registry=ClosedRegistry(core.registry, self._note), clock=self.clock,
            ids=CountingIds(), vault=EmptyVault(), doorbell=self.bell, metrics=NullMetrics(), hasher=NoHasher(),
            mailer=NoMailer(), fetcher=NoFetcher(), understander=catalogue or OneCatalogue(core.understander),
            environ={}, memory=ShopMemory(),
        )  # fmt: skip
        connections, settlement = Connections(self.core), Settlement(self.core)
        self._payments = Payments(self.core, connections, settlement)

        def ports_for(business_id: str, conversation: Conversation | None, context: ActionContext) -> StepPorts:
            return StagePorts(self.core, connections, self._payments, business_id, context, lambda: None)

        outbox = Outbox(self.core, connections, Pace())
        runner = Runner(self.core, ports_for)
        self._turns = Turns(self.core, Interpreter(self.core, settlement), runner, outbox, "rehearsal")
        self._orders = Orders(self.core)
        self._due: list[tuple[datetime, int, str, str]] = []
        self._planned: set[tuple[datetime, str, str]] = set()
        self._seen = self._count = self._taken = 0
        self._ends = start + FARTHEST
        self._began = time.monotonic()
        self.chats: dict[str, str] = {}
        """Lanes by the ids that conversations have outside."""
        self.events: list[Event] = []
        """What happened so far."""
        with storage.system_unit_of_work() as system:
            system.businesses.add(base.shop)
            system.commit()
        with self.unit() as uow:
            fill_in(uow, base, people, live, stock or {}, start)
            uow.commit()

    def _note(self, fact: TriggerFact) -> None:
        self.asked = fact

    def unit(self, *, read_only: bool = False) -> UnitOfWork:
        """A transaction of this world."""
        return self.core.storage.unit_of_work(self.business_id, read_only=read_only)

    # --- what happens -----------------------------------------------------------------------------------------------

    def receive(self, provider: str, inbound: Inbound) -> str:
        """The channel tells of something; everything that follows at this moment is done. Returns the lane."""
        lane = lane_of(provider, inbound.account_ref, inbound.customer_ref)
        row = InboxRow(
            endpoint=f"channel:{provider}", event_id=inbound.event_id, port="channel", provider=provider, lane=lane,
            kind=inbound.kind, payload=dump_value(inbound), sent_at=inbound.sent_at, received_at=self.clock.now(),
            business_id=self.business_id,
        )  # fmt: skip
        with self.core.storage.system_unit_of_work() as system:
            system.inbox.accept([row])
            system.commit()
        self.work(lane)
        return lane

    def work(self, *lanes: str) -> None:
        """Do everything that can be done on these lanes now, and on those that are rung by it."""
        waiting = list(lanes)
        while waiting:
            lane = waiting.pop(0)
            piece = Piece(self.business_id, lane)
            while True:
                self._count_turn()
                self._turns.take([piece])
                if piece.call is not None:
                    piece.make(self.clock.steady)
                elif not piece.more:
                    break
            self._plan(lane, piece.again_at)
            waiting += self.bell.heard()

    def _count_turn(self) -> None:
        self._taken += 1
        if self._taken > self._limits.turns or time.monotonic() - self._began > self._limits.seconds:
            raise OutOfTime

    # --- time -------------------------------------------------------------------------------------------------------

    def _plan(self, lane: str, again_at: datetime | None) -> None:
        """Note when something is due because of what just happened."""
        if again_at is not None:
            self._due_at(again_at, "lane", lane)
        with self.unit(read_only=True) as uow:
            for run in uow.runs.select(eq("lane", lane), one_of("state", ACTIVE)):
                if run.wake_at is not None:
                    self._due_at(run.wake_at, "lane", lane)
            new = uow.events.after(self._seen, limit=100_000)
            self._seen += len(new)
            for order_id in dict.fromkeys(one.ids["order_id"] for one in new if "order_id" in one.ids):
                order = uow.orders.find(id=order_id)
                if order is not None and order.expires_at is not None:
                    self._due_at(order.expires_at, "expire", order.id)
                if order is not None and order.remind_at is not None:
                    self._due_at(order.remind_at, "remind", order.id)
        self.events += new

    def overlook(self) -> None:
        """What was written until now is part of the stage: it is no news."""
        with self.unit(read_only=True) as uow:
            self._seen = uow.events.last_seq()

    def _due_at(self, at: datetime, kind: str, id: str) -> None:
        if at <= self._ends and (at, kind, id) not in self._planned:
            self._count += 1
            self._planned.add((at, kind, id))
            heapq.heappush(self._due, (at, self._count, kind, id))

    def pass_to(self, moment: datetime) -> None:
        """Let time pass until then, with everything that is due on the way."""
        while self._due and self._due[0][0] <= moment:
            self._next()
        self.clock.move_to(moment)

    def pass_on(self, *, silence: bool) -> None:
        """Go from one due moment to the next until nothing is due that matters: while a run waits for its time, or a
        message to leave. ``silence``: also while a question waits for its answer, which never comes."""
        for _ in range(self._limits.jumps):
            if not self._due or not self._waits(silence=silence):
                return
            self._next()

    def _next(self) -> None:
        at, _, kind, id = heapq.heappop(self._due)
        self._planned.discard((at, kind, id))
        self.clock.move_to(at)
        if kind == "lane":
            self.work(id)
            return
        if kind == "expire":
            self._orders.expire(self.business_id, id)
        else:
            self._orders.remind(self.business_id, id)
            self._payments.offer_prepaid(self.business_id, id)
        with self.unit(read_only=True) as uow:
            order = uow.orders.get(id)
            chat = uow.conversations.find(id=order.conversation_id) if order.conversation_id else None
        if chat is not None:
            self.work(chat.lane)

    def _waits(self, *, silence: bool) -> bool:
        with self.unit(read_only=True) as uow:
            if uow.messages.count(one_of("state", ["queued"])):
                return True
            for run in uow.runs.select(one_of("state", ACTIVE)):
                if run.wake_at is None or run.wake_at > self._ends:
                    continue
                if silence or run.state is not RunState.WAITING or not self._asks_in(uow, run):
                    return True
        return False

    def _asks_in(self, uow: UnitOfWork, run: Run) -> bool:
        """Whether the step that a run is at asks the customer and waits for the answer."""
        steps = self.core.memory.version(uow, run.version_id).definition.get("steps", [])
        kind = next((one["kind"] for one in steps if one["id"] == run.cursor), "")
        action = self.core.registry.actions.find(kind)
        return action is not None and action.answers is not None
