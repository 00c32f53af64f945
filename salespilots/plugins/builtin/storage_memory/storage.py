"""Units of work and the storage itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from salespilots.domain.business import Business
from salespilots.domain.conversation import PENDING
from salespilots.domain.errors import NotFound
from salespilots.domain.events import Event
from salespilots.domain.run import ACTIVE
from salespilots.plugins.builtin.storage_memory.books import MemoryEventLog, MemoryStockBook
from salespilots.plugins.builtin.storage_memory.collection import MemoryCollection
from salespilots.plugins.builtin.storage_memory.queries import MemoryQueries
from salespilots.plugins.builtin.storage_memory.queue import (
    MemoryInbox,
    MemoryLanes,
    MemoryScopedInbox,
    MemoryThrottle,
    MemoryWork,
    MemoryWorkers,
)
from salespilots.plugins.builtin.storage_memory.tables import SCOPED, Log, Tables, holds
from salespilots.ports.storage import eq, one_of
from salespilots.ports.work import Lease, Waiting

REVISED = {
    "catalogue": ("products", "variants"), "workflows": ("workflows", "workflow_versions"),
    "connections": ("connections",),
}  # fmt: skip
"""Revision to the collections whose changes raise it."""


class _Unit:
    """Changes the tables in place and notes how to take that back; a commit forgets the note."""

    _names: frozenset[str] = frozenset()
    _books: Mapping[str, Callable[[Tables, Any], Any]] = {}
    _scope: str | None = None

    def __init__(self, store: MemoryStorage, *, read_only: bool) -> None:
        self._store, self._read_only = store, read_only

    def _open(self) -> Tables:
        self._store.lock.acquire()
        self._tables = self._store.tables
        self._mark = len(self._tables.journal)
        return self._tables

    def __getattr__(self, name: str) -> Any:
        """A collection or a book, made when it is first asked for."""
        if name in self._names:
            made: Any = MemoryCollection(self._tables, name, self._scope)
        elif name in self._books:
            made = self._books[name](self._tables, self)
        else:
            raise AttributeError(name)
        setattr(self, name, made)
        return made

    def __exit__(self, *error: object) -> None:
        self._tables.take_back(self._mark)
        if not self._mark:
            self._tables.touched.clear()
        self._store.lock.release()

    def commit(self) -> None:
        del self._tables.journal[self._mark :]
        for name in {REVISION_OF[one] for one in self._tables.touched if one in REVISION_OF}:
            self._store.revisions[name] = self._store.revisions.get(name, 0) + 1
        self._tables.touched.clear()


REVISION_OF = {one: name for name, collections in REVISED.items() for one in collections}


class MemoryUnitOfWork(_Unit):
    """See `salespilots.ports.storage.UnitOfWork`."""

    _names = frozenset(SCOPED)
    _books = {
        "stock": lambda tables, unit: MemoryStockBook(tables, unit.business_id),
        "events": lambda tables, unit: MemoryEventLog(tables, unit.business_id),
        "inbox": lambda tables, unit: MemoryScopedInbox(tables, unit.business_id),
        "lanes": lambda tables, unit: MemoryLanes(tables, unit._store.clock),
        "queries": lambda tables, unit: MemoryQueries(tables, unit.business_id, holds),
        "_businesses": lambda tables, unit: MemoryCollection(tables, "businesses", None),
    }

    def __init__(self, store: MemoryStorage, business_id: str, *, read_only: bool) -> None:
        super().__init__(store, read_only=read_only)
        self.business_id = self._scope = business_id

    def __enter__(self) -> MemoryUnitOfWork:
        self._open()
        self._recorded: list[Event] = []
        return self

    def shop(self) -> Business:
        return self._businesses.get(self.business_id)

    def save_shop(self, shop: Business) -> None:
        if shop.id != self.business_id:
            raise NotFound("That is another shop.")
        self._businesses.save(shop)

    def next_number(self, counter: str, count: int = 1) -> int:
        key = (self.business_id, counter)
        self._tables.counters[key] = self._tables.counters.get(key, 1000 if counter == "order" else 0) + count
        return self._tables.counters[key]

    def claim(self, counter: str, most: int) -> bool:
        key = (self.business_id, counter)
        if self._tables.counters.get(key, 0) >= most:
            return False
        self._tables.counters[key] = self._tables.counters.get(key, 0) + 1
        return True

    def give_back(self, counter: str) -> None:
        key = (self.business_id, counter)
        self._tables.counters[key] = max(0, self._tables.counters.get(key, 0) - 1)

    def record(self, *events: Event) -> None:
        self._recorded += events

    def look(self, held: Sequence[Lease], wanted: Sequence[str], owner: str, ttl: timedelta, limit: int) -> Waiting:
        lanes = [*(one.lane for one in held), *wanted]
        ours = self.lanes.hold(held)
        leases = {one.lane: one for one in held if one.lane in ours} | self.lanes.claim(wanted, owner, ttl)
        on = one_of("lane", lanes)
        pending: dict[str, list[str]] = {}
        for lane in lanes:
            waits = [one for one in self._on("messages", lane) if one.state in PENDING]
            if waits:
                pending[lane] = [one.id for one in sorted(waits, key=lambda one: one.seq)]
        return Waiting(
            leases=leases,
            rows=self.inbox.waiting(lanes, limit),
            runs=self._of("runs").select(on, one_of("state", ACTIVE), order="-created_at"),
            pending=pending,
            chats={one.lane: one.id for lane in lanes for one in self._on("conversations", lane)},
            connections=self._of("connections").select(eq("kind", "channel")),
        )

    def _on(self, name: str, lane: str) -> list[Any]:
        """This shop's rows on a lane, as they are kept."""
        rows = self._tables.rows[name].candidates([eq("lane", lane)])
        return [one for one in rows if one.business_id == self.business_id]

    def _of(self, name: str) -> MemoryCollection:
        return getattr(self, name)

    def revisions(self) -> dict[str, int]:
        return dict(self._store.revisions)

    def commit(self) -> None:
        log = self._tables.events.setdefault(self.business_id, Log())
        for one in self._recorded:
            log.add(
                Event(
                    type=one.type, at=one.at, ids=one.ids, data=one.data, actor=one.actor, seq=len(log.all) + 1,
                    business_id=self.business_id,
                )
            )  # fmt: skip
        self._recorded = []
        super().commit()


class MemorySystemUnitOfWork(_Unit):
    """See `salespilots.ports.storage.SystemUnitOfWork`."""

    _names = frozenset({
        "businesses", "users", "memberships", "sessions", "password_links", "api_keys", "connections", "login_states",
        "deletions",
    })  # fmt: skip
    _books = {
        "public_orders": lambda tables, unit: MemoryCollection(tables, "orders", None),
        "public_payments": lambda tables, unit: MemoryCollection(tables, "payments", None),
        "inbox": lambda tables, unit: MemoryInbox(tables),
        "lanes": lambda tables, unit: MemoryLanes(tables, unit._store.clock),
        "work": lambda tables, unit: MemoryWork(tables, unit._store.clock),
        "workers": lambda tables, unit: MemoryWorkers(tables, unit._store.clock),
        "throttle": lambda tables, unit: MemoryThrottle(tables),
    }

    def __enter__(self) -> MemorySystemUnitOfWork:
        self._open()
        return self


class MemoryStorage:
    """See `salespilots.ports.storage.Storage`."""

    def __init__(self) -> None:
        self.tables = Tables()
        self.revisions: dict[str, int] = {}
        self.lock = threading.RLock()
        self.clock: Callable[[], float] = time.monotonic

    def unit_of_work(self, business_id: str, *, read_only: bool = False) -> MemoryUnitOfWork:
        if not business_id:
            raise ValueError("a unit of work needs a business")
        return MemoryUnitOfWork(self, business_id, read_only=read_only)

    def system_unit_of_work(self, *, read_only: bool = False) -> MemorySystemUnitOfWork:
        return MemorySystemUnitOfWork(self, read_only=read_only)

    def migrate(self) -> None:
        """There is no schema."""

    def check(self) -> str:
        return "memory, gone when the process ends"

    def close(self) -> None:
        """Nothing is held."""
