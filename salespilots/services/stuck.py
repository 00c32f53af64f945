"""What is stuck: figures of the whole installation, events that were given up, sends of which nobody knows.

A person decides both kinds by one word each. *Retry*: the event is handled again with all its tries, the message is sent
again. *Discard*: the event is left for good, the message is taken as arrived.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from salespilots.domain.conversation import Conversation, Message, MessageState
from salespilots.domain.customer import Customer
from salespilots.domain.errors import NotFound
from salespilots.domain.events import Event
from salespilots.domain.ids import looks_like
from salespilots.domain.inbox import InboxRow, InboxState
from salespilots.ports.storage import UnitOfWork, one_of
from salespilots.ports.work import UNDECIDED, Worker
from salespilots.services.core import Core, retrying
from salespilots.services.messaging.uncertain import Uncertain
from salespilots.services.workforce import ALIVE_SECONDS, GONE_SECONDS

PAGE = 200
"""Given-up events of one transaction."""

_EVENT = re.compile(r"^evt_(\d{1,19})$", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """``backlog``: see `salespilots.ports.work.Work.backlog`. ``workers`` that were heard of lately, alive or not."""

    backlog: dict[str, float]
    workers: list[Worker]

    @property
    def late(self) -> float:
        """Seconds for which the longest waiting event could have been handled, or message have left."""
        return max(self.backlog["due_seconds"], self.backlog["outbox_due_seconds"])

    @property
    def alive(self) -> int:
        """Workers that are there."""
        return sum(is_alive(one) for one in self.workers)

    @property
    def last_sweep(self) -> float | None:
        """Seconds since any worker looked for work; None when none did lately."""
        return min((one.swept_age for one in self.workers if one.swept_age is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """An event that was given up, its customer where they are known, and the chat."""

    id: str
    row: InboxRow
    customer: Customer | None = None
    conversation_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubted:
    """A send of which nobody knows whether it arrived, in which chat, and to whom it went."""

    message: Message
    conversation: Conversation
    customer: Customer

    @property
    def asks(self) -> bool:
        """Whether it waits for a person; else evidence is being looked for."""
        return self.message.reason == UNDECIDED


def is_alive(worker: Worker) -> bool:
    """Whether a worker was heard of just now."""
    return worker.seen_age < ALIVE_SECONDS


def event_id(row: InboxRow) -> str:
    """What people call an event of the inbox."""
    return f"evt_{row.position}"


class Stuck:
    """Use cases on what is stuck. With a shop's id only its own things are found; without one, those of all."""

    def __init__(self, core: Core, uncertain: Uncertain) -> None:
        self._core = core
        self._uncertain = uncertain

    # --- reading ---------------------------------------------------------------------------------------------

    def figures(self, business_id: str | None = None) -> Figures:
        """What waits, in one shop or all, and which workers there are."""
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            backlog = system.work.backlog(self._core.clock.now(), business_id)
            workers = [one for one in system.workers.all() if one.seen_age <= GONE_SECONDS]
        return Figures(backlog=backlog, workers=workers)

    def events(self, limit: int = PAGE) -> list[InboxRow]:
        """Events of all shops that were given up, newest first."""
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            return system.work.dead(limit=limit)

    def sends(self, limit: int = PAGE) -> list[Message]:
        """Sends of all shops of which nobody knows, those that wait for a person first."""
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            return system.work.uncertain(limit=limit)

    def given_up(self, business_id: str, limit: int = 50) -> list[GivenUp]:
        """A shop's events that were given up, newest first."""
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            rows = system.work.dead(business_id, limit)
        if not rows:
            return []
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            chats = {one.lane: one for one in uow.conversations.select(one_of("lane", [row.lane for row in rows]))}
            people = self._people(uow, [one.customer_id for one in chats.values()])
        found = []
        for row in rows:
            chat = chats.get(row.lane)
            found.append(
                GivenUp(
                    id=event_id(row), row=row, customer=people.get(chat.customer_id) if chat else None,
                    conversation_id=chat.id if chat else None,
                )
            )  # fmt: skip
        return found

    def doubted(self, business_id: str, limit: int = 50) -> list[Doubted]:
        """A shop's sends of which nobody knows, those that wait for a person first."""
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            messages = system.work.uncertain(business_id, limit)
        if not messages:
            return []
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            ids = list(dict.fromkeys(one.conversation_id for one in messages))
            chats = {one.id: one for one in uow.conversations.select(one_of("id", ids))}
            people = self._people(uow, [one.customer_id for one in chats.values()])
        return [
            Doubted(message=one, conversation=chat, customer=people[chat.customer_id])
            for one in messages
            if (chat := chats.get(one.conversation_id)) is not None
        ]

    def waiting(self, business_id: str) -> tuple[int, int, str | None]:
        """How many given-up events and how many sends wait for a person, and the chat of the oldest such send."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            sends, chat = uow.queries.undecided()
            return uow.queries.given_up(), sends, chat

    def slugs(self, ids: Sequence[str]) -> dict[str, str]:
        """Shops' ids to their slugs."""
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            return {one.id: one.slug for one in system.businesses.select(one_of("id", list(dict.fromkeys(ids))))}

    def _people(self, uow: UnitOfWork, ids: Sequence[str]) -> dict[str, Customer]:
        return {one.id: one for one in uow.customers.select(one_of("id", list(dict.fromkeys(ids))))}

    # --- deciding --------------------------------------------------------------------------------------------

    def retry(self, id: str, *, actor: str, business_id: str | None = None) -> bool:
        """Handle a given-up event again (``evt_…``), or send a message again (``msg_…``).

        False when it was decided before. Raises `NotFound` for what is unknown, or another shop's, and `Conflict` for a
        message that is still looked for.
        """
        return self._decide(id, actor, business_id, again=True)

    def discard(self, id: str, *, actor: str, business_id: str | None = None) -> bool:
        """Leave a given-up event for good, or take a message as arrived, at any time. As `retry` otherwise."""
        return self._decide(id, actor, business_id, again=False)

    def retry_all(self, *, actor: str) -> int:
        """Handle every given-up event of all shops again; messages are decided one by one. Returns how many."""
        return self._all(actor, again=True)

    def discard_all(self, *, actor: str) -> int:
        """Leave every given-up event of all shops for good. Returns how many."""
        return self._all(actor, again=False)

    def _decide(self, id: str, actor: str, business_id: str | None, *, again: bool) -> bool:
        event = _EVENT.match(id)
        if event:
            row = self._event(int(event.group(1)))
            if row is None or row.business_id is None or business_id not in (None, row.business_id):
                raise NotFound(f"There is no event {id}.")
            return self._events_in(row.business_id, [row], actor, again=again) > 0
        if not looks_like("message", id):
            raise NotFound(f"{id[:60]!r} is neither an event (evt_…) nor a message (msg_…).")
        shop = business_id or self._shop_of(id)
        if shop is None:
            raise NotFound(f"There is no message {id}.")
        with self._core.storage.unit_of_work(shop, read_only=True) as uow:
            before = uow.messages.get(id)
        if before.state is not MessageState.UNCERTAIN:
            return False
        return self._uncertain.decide(shop, id, arrived=not again, actor=actor)

    def _event(self, position: int) -> InboxRow | None:
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            row = system.work.event(position)
        return row if row is not None and row.state is not InboxState.UNROUTED else None

    def _shop_of(self, message_id: str) -> str | None:
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            return system.work.shop_of(message_id)

    def _all(self, actor: str, *, again: bool) -> int:
        """Page by page from the newest on; what is given up anew meanwhile is left alone."""
        done, before = 0, None
        while True:
            with self._core.storage.system_unit_of_work(read_only=True) as system:
                rows = system.work.dead(limit=PAGE, before=before)
            if not rows:
                return done
            before = rows[-1].position
            for shop in dict.fromkeys(one.business_id for one in rows if one.business_id):
                done += self._events_in(shop, [one for one in rows if one.business_id == shop], actor, again=again)

    def _events_in(self, business_id: str, rows: Sequence[InboxRow], actor: str, *, again: bool) -> int:
        """Decide these events of a shop in one transaction. Returns how many were not decided before."""
        lanes = retrying(partial(self._decide_events, business_id, rows, actor, again=again))
        if again and lanes:
            self._core.doorbell.ring(*dict.fromkeys(lanes))
        return len(lanes)

    def _decide_events(self, business_id: str, rows: Sequence[InboxRow], actor: str, *, again: bool) -> list[str]:
        now = self._core.clock.now()
        lanes = []
        with self._core.storage.unit_of_work(business_id) as uow:
            for row in (uow.inbox.parked(one.position) for one in rows):
                if row is None:
                    continue
                if again:
                    uow.inbox.again(row, now)
                else:
                    uow.inbox.discard(row, now)
                data = {"id": event_id(row), "provider": row.provider, "kind": row.kind, "error": row.error}
                kind = "inbox.retried" if again else "inbox.discarded"
                uow.record(Event(type=kind, at=now, data=data, actor=actor))
                lanes.append(row.lane)
            uow.commit()
        return lanes
