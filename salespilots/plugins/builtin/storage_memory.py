"""Storage in dictionaries behind the same port: for unit tests and trials, gone when the process ends.

One lock is held from the start of a writing unit to its end, as SQLite does, and every row is copied on the way in
and out. ``memory://`` opens a new, empty store.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from salespilots.domain.business import Business
from salespilots.domain.errors import Conflict, InvalidInput, NotFound, OutOfStock, StaleEntity
from salespilots.domain.events import Event
from salespilots.domain.inbox import InboxRow, InboxState
from salespilots.domain.stock import StockLevel, StockMovement
from salespilots.plugins.builtin.memory_queries import MemoryQueries
from salespilots.ports.markers import hookimpl
from salespilots.ports.storage import Lease, LeaseLost, Page, Storage, StorageProvider, Where, unique_keys

SCOPED = (
    "products", "variants", "customers", "identities", "conversations", "messages", "orders", "payments", "refunds",
    "workflows", "workflow_versions", "runs", "steps", "memberships", "connections", "api_keys", "idempotency",
)  # fmt: skip
PENDING = ("queued", "sending", "uncertain")


class Tables:
    """Everything kept."""

    def __init__(self) -> None:
        names = (*SCOPED, "businesses", "users", "sessions", "password_links")
        self.rows: dict[str, dict[str, Any]] = {name: {} for name in names}
        self.inbox: list[InboxRow] = []
        self.events: dict[str, list[Event]] = {}
        self.counters: dict[tuple[str, str], int] = {}
        self.levels: dict[tuple[str, str], StockLevel] = {}
        self.movements: list[StockMovement] = []
        self.lanes: dict[str, tuple[str | None, float, int]] = {}
        self.throttle: dict[str, tuple[datetime, int]] = {}


def holds(row: Any, where: Where) -> bool:
    """Whether a row fits a condition."""
    if where.op == "like":
        words = where.value.lower()
        return any(words in _text(getattr(row, name)) for name in where.field.split("|"))
    value, wanted = getattr(row, where.field), where.value
    match where.op:
        case "eq":
            return value == wanted
        case "ne":
            return value is not None and value != wanted
        case "in":
            return value in wanted
        case "is_null":
            return value is None
        case "not_null":
            return value is not None
        case "has":
            return wanted in value
    if value is None:
        return False
    return {"lt": value < wanted, "le": value <= wanted, "gt": value > wanted, "ge": value >= wanted}[where.op]


def _text(value: Any) -> str:
    return str(value or "").lower()


class MemoryCollection:
    """See `salespilots.ports.storage.Collection`."""

    def __init__(self, tables: Tables, name: str, business_id: str | None) -> None:
        self._rows = tables.rows[name]
        self._unique = unique_keys().get(name, ())
        self._business_id = business_id
        self._name = name

    def _mine(self, *where: Where) -> list[Any]:
        return [
            row
            for row in self._rows.values()
            if (self._business_id is None or row.business_id == self._business_id)
            and all(holds(row, one) for one in where)
        ]

    def get(self, id: str) -> Any:
        found = self.find(id=id)
        if found is None:
            raise NotFound(f"There is no such row in {self._name}.")
        return found

    def find(self, **equal: Any) -> Any:
        rows = self._mine(*(Where(name, "eq", value) for name, value in equal.items()))
        return copy.deepcopy(rows[0]) if rows else None

    def _clash(self, entity: Any) -> bool:
        for key in self._unique:
            values = [getattr(entity, name) for name in key]
            if None in values:
                continue
            for row in self._rows.values():
                if row.id != entity.id and [getattr(row, name) for name in key] == values:
                    return True
        return False

    def add(self, entity: Any) -> None:
        if not self.add_once(entity):
            raise Conflict(f"This row of {self._name} exists already.")

    def add_once(self, entity: Any) -> bool:
        self._own(entity)
        if entity.id in self._rows or self._clash(entity):
            return False
        self._rows[entity.id] = copy.deepcopy(entity)
        return True

    def save(self, entity: Any) -> None:
        self._own(entity)
        present = self._rows.get(entity.id)
        if present is None or present.version != entity.version:
            raise StaleEntity("The row was changed meanwhile.")
        if self._clash(entity):
            raise Conflict(f"This row of {self._name} exists already.")
        entity.version += 1
        self._rows[entity.id] = copy.deepcopy(entity)

    def remove(self, entity: Any) -> None:
        if self.find(id=entity.id) is not None:
            del self._rows[entity.id]

    def _sorted(self, where: Sequence[Where], order: str) -> list[Any]:
        name = order.lstrip("-")

        def place(row: Any) -> tuple[bool, Any, str]:
            value = getattr(row, name)
            return (value is not None, "" if value is None else value, row.id)

        return sorted(self._mine(*where), key=place, reverse=order.startswith("-"))

    def select(self, *where: Where, order: str = "id", limit: int | None = None) -> list[Any]:
        return copy.deepcopy(self._sorted(where, order)[:limit])

    def page(self, *where: Where, order: str = "-created_at", cursor: str | None = None, limit: int = 50) -> Page[Any]:
        rows = self._sorted(where, order)
        start = 0
        if cursor:
            ids = [row.id for row in rows]
            if not cursor.startswith("m-"):
                raise InvalidInput({"cursor": ["This cursor is not from this list."]})
            start = ids.index(cursor[2:]) + 1 if cursor[2:] in ids else len(ids)
        items = rows[start : start + limit]
        more = len(rows) > start + limit
        return Page(copy.deepcopy(items), f"m-{items[-1].id}" if more else None)

    def count(self, *where: Where) -> int:
        return len(self._mine(*where))

    def _own(self, entity: Any) -> None:
        if self._business_id is not None and entity.business_id != self._business_id:
            raise NotFound("That belongs to another shop.")


class MemoryStockBook:
    """See `salespilots.ports.storage.StockBook`."""

    def __init__(self, tables: Tables, business_id: str) -> None:
        self._tables, self._business_id = tables, business_id

    def levels(self, variant_ids: Sequence[str]) -> dict[str, StockLevel]:
        return {
            one: copy.copy(self._tables.levels.get((self._business_id, one), StockLevel(variant_id=one)))
            for one in variant_ids
        }

    def move(self, movements: Sequence[StockMovement]) -> bool:
        booked = False
        known = {one.cause_key for one in self._tables.movements if one.business_id == self._business_id}
        for one in sorted(movements, key=lambda each: each.variant_id):
            if one.cause_key in known:
                continue
            known.add(one.cause_key)
            booked = True
            level = self.levels([one.variant_id])[one.variant_id]
            on_hand, reserved = level.on_hand + one.on_hand_delta, level.reserved + one.reserved_delta
            if reserved < 0 or on_hand < reserved:
                raise OutOfStock(
                    f"Only {level.available} available.", variant_id=one.variant_id, available=level.available,
                    reserved=level.reserved, on_hand=level.on_hand,
                )  # fmt: skip
            self._tables.movements.append(one)
            self._tables.levels[(self._business_id, one.variant_id)] = StockLevel(
                variant_id=one.variant_id, on_hand=on_hand, reserved=reserved
            )
        return booked

    def movements(self, variant_id: str, limit: int = 50) -> list[StockMovement]:
        rows = [
            one
            for one in self._tables.movements
            if one.business_id == self._business_id and one.variant_id == variant_id
        ]
        return sorted(rows, key=lambda one: (one.at, one.id), reverse=True)[:limit]


class MemoryEventLog:
    """See `salespilots.ports.storage.EventLog`."""

    def __init__(self, tables: Tables, business_id: str) -> None:
        self._log = tables.events.setdefault(business_id, [])

    def after(self, seq: int, limit: int = 200) -> list[Event]:
        return [one for one in self._log if one.seq > seq][:limit]

    def last_seq(self) -> int:
        return len(self._log)

    def about(self, key: str, value: str, limit: int = 100) -> list[Event]:
        return [one for one in self._log if one.ids.get(key) == value][:limit]

    def latest(self, types: Sequence[str], limit: int = 20) -> list[Event]:
        return [one for one in reversed(self._log) if one.type in types][:limit]


class MemoryScopedInbox:
    """See `salespilots.ports.storage.ScopedInbox`."""

    def __init__(self, tables: Tables, business_id: str) -> None:
        self._inbox, self._business_id = tables.inbox, business_id

    def waiting(self, lane: str, limit: int = 20) -> list[InboxRow]:
        rows = [
            one
            for one in self._inbox
            if one.lane == lane and one.state is InboxState.NEW and one.business_id == self._business_id
        ]
        return copy.deepcopy(sorted(rows, key=lambda one: (one.sent_at, one.position))[:limit])

    def done(self, row: InboxRow, now: datetime) -> None:
        self._set(row, state=InboxState.DONE, done_at=now, error=None)

    def retry(self, row: InboxRow, *, next_at: datetime, error: str) -> None:
        self._set(row, attempts=row.attempts + 1, next_at=next_at, error=error)

    def park(self, row: InboxRow, *, error: str) -> None:
        self._set(row, state=InboxState.DEAD, attempts=row.attempts + 1, error=error)

    def _set(self, row: InboxRow, **values: Any) -> None:
        for index, one in enumerate(self._inbox):
            if one.position == row.position and one.business_id == self._business_id:
                self._inbox[index] = copy.deepcopy(one)
                for name, value in values.items():
                    setattr(self._inbox[index], name, value)


class MemoryInbox:
    """See `salespilots.ports.storage.Inbox`."""

    def __init__(self, tables: Tables) -> None:
        self._inbox = tables.inbox

    def accept(self, rows: Sequence[InboxRow]) -> list[InboxRow]:
        known = {(one.endpoint, one.event_id) for one in self._inbox}
        new: list[InboxRow] = []
        for row in rows:
            if (row.endpoint, row.event_id) in known:
                continue
            known.add((row.endpoint, row.event_id))
            kept = copy.deepcopy(row)
            kept.position = len(self._inbox) + 1
            self._inbox.append(kept)
            new.append(row)
        return new


class MemoryLanes:
    """See `salespilots.ports.storage.Lanes`."""

    def __init__(self, tables: Tables, clock: Callable[[], float]) -> None:
        self._lanes, self._clock = tables.lanes, clock

    def claim(self, lane: str, owner: str, ttl: timedelta) -> Lease | None:
        holder, until, fence = self._lanes.get(lane, (None, 0.0, 0))
        if holder is not None and until > self._clock():
            return None
        self._lanes[lane] = (owner, self._clock() + ttl.total_seconds(), fence + 1)
        return Lease(lane=lane, owner=owner, fence=fence + 1)

    def renew(self, lease: Lease, ttl: timedelta) -> bool:
        if not self.mine(lease):
            return False
        self._lanes[lease.lane] = (lease.owner, self._clock() + ttl.total_seconds(), lease.fence)
        return True

    def release(self, lease: Lease) -> None:
        if self.mine(lease):
            self._lanes[lease.lane] = (None, 0.0, lease.fence)

    def mine(self, lease: Lease) -> bool:
        """Whether the lease is the newest."""
        holder, _, fence = self._lanes.get(lease.lane, (None, 0.0, 0))
        return holder == lease.owner and fence == lease.fence


class MemoryWork:
    """See `salespilots.ports.storage.Work`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def due_lanes(self, now: datetime, limit: int = 200) -> list[str]:
        found: list[tuple[datetime, str, str]] = []
        for one in self._tables.inbox:
            if one.state is InboxState.NEW and (one.next_at is None or one.next_at <= now):
                found.append((one.received_at, one.business_id or "", one.lane))
        for message in self._tables.rows["messages"].values():
            if message.state in PENDING and (message.next_at is None or message.next_at <= now):
                found.append((message.created_at, message.business_id, message.lane))
        for run in self._tables.rows["runs"].values():
            ready = run.state in ("ready", "running") and (run.wake_at is None or run.wake_at <= now)
            if ready or (run.state == "waiting" and run.wake_at is not None and run.wake_at <= now):
                found.append((run.created_at, run.business_id, run.lane))
        return list(dict.fromkeys(lane for _, _, lane in sorted(found)))[:limit]

    def business_of_lane(self, lane: str) -> str | None:
        for name in ("conversations", "payments"):
            for row in self._tables.rows[name].values():
                if row.lane == lane:
                    return row.business_id
        return next((one.business_id for one in self._tables.inbox if one.lane == lane and one.business_id), None)

    def orders_to_expire(self, now: datetime, limit: int = 100) -> list[tuple[str, str]]:
        return [
            (one.business_id, one.id)
            for one in self._tables.rows["orders"].values()
            if one.state == "placed" and one.expires_at is not None and one.expires_at <= now
        ][:limit]

    def payments_to_check(self, now: datetime, limit: int = 100) -> list[tuple[str, str]]:
        return [
            (one.business_id, one.id)
            for one in self._tables.rows["payments"].values()
            if one.next_check_at is not None and one.next_check_at <= now
        ][:limit]

    def backlog(self, now: datetime) -> dict[str, float]:
        new = [one for one in self._tables.inbox if one.state is InboxState.NEW]
        states = [one.state for one in self._tables.rows["messages"].values()]
        return {
            "inbox_new": float(len(new)),
            "inbox_dead": float(sum(one.state is InboxState.DEAD for one in self._tables.inbox)),
            "outbox_queued": float(states.count("queued")),
            "outbox_uncertain": float(states.count("uncertain")),
            "oldest_seconds": max(((now - one.received_at).total_seconds() for one in new), default=0.0),
        }

    def purge(self, now: datetime) -> int:
        before = len(self._tables.inbox)
        self._tables.inbox[:] = [
            one
            for one in self._tables.inbox
            if not (one.state is InboxState.DONE and one.received_at < now - timedelta(days=90))
            and not (one.state is InboxState.UNROUTED and one.received_at < now - timedelta(days=5))
        ]
        return before - len(self._tables.inbox)


class MemoryThrottle:
    """See `salespilots.ports.storage.Throttle`."""

    def __init__(self, tables: Tables) -> None:
        self._hits = tables.throttle

    def hit(self, key: str, *, now: datetime, window: timedelta) -> int:
        start, hits = self._hits.get(key, (now, 0))
        self._hits[key] = (now, 1) if start <= now - window else (start, hits + 1)
        return self._hits[key][1]

    def clear(self, key: str) -> None:
        self._hits.pop(key, None)


class _Unit:
    """Works on a copy of the tables; commit puts the copy in their place."""

    def __init__(self, store: MemoryStorage, *, read_only: bool) -> None:
        self._store, self._read_only = store, read_only

    def _open(self) -> Tables:
        self._store.lock.acquire()
        self._tables = copy.deepcopy(self._store.tables)
        return self._tables

    def __exit__(self, *error: object) -> None:
        self._store.lock.release()

    def commit(self) -> None:
        self._store.tables = copy.deepcopy(self._tables)


class MemoryUnitOfWork(_Unit):
    """See `salespilots.ports.storage.UnitOfWork`."""

    def __init__(self, store: MemoryStorage, business_id: str, *, read_only: bool) -> None:
        super().__init__(store, read_only=read_only)
        self.business_id = business_id

    def __enter__(self) -> MemoryUnitOfWork:
        tables = self._open()
        for name in SCOPED:
            setattr(self, name, MemoryCollection(tables, name, self.business_id))
        self._businesses = MemoryCollection(tables, "businesses", None)
        self.stock = MemoryStockBook(tables, self.business_id)
        self.events = MemoryEventLog(tables, self.business_id)
        self.inbox = MemoryScopedInbox(tables, self.business_id)
        self.queries = MemoryQueries(tables, self.business_id, holds)
        self._recorded: list[Event] = []
        return self

    def shop(self) -> Business:
        return self._businesses.get(self.business_id)

    def save_shop(self, shop: Business) -> None:
        if shop.id != self.business_id:
            raise NotFound("That is another shop.")
        self._businesses.save(shop)

    def next_number(self, counter: str) -> int:
        key = (self.business_id, counter)
        self._tables.counters[key] = self._tables.counters.get(key, 1000 if counter == "order" else 0) + 1
        return self._tables.counters[key]

    def record(self, *events: Event) -> None:
        self._recorded += events

    def hold(self, lease: Lease) -> None:
        if not MemoryLanes(self._tables, self._store.clock).mine(lease):
            raise LeaseLost(f"lane held by another worker (fence {lease.fence})")

    def commit(self) -> None:
        log = self._tables.events.setdefault(self.business_id, [])
        for one in self._recorded:
            log.append(
                Event(
                    type=one.type, at=one.at, ids=one.ids, data=one.data, actor=one.actor, seq=len(log) + 1,
                    business_id=self.business_id,
                )
            )  # fmt: skip
        self._recorded = []
        super().commit()


class MemorySystemUnitOfWork(_Unit):
    """See `salespilots.ports.storage.SystemUnitOfWork`."""

    def __enter__(self) -> MemorySystemUnitOfWork:
        tables = self._open()
        for name in ("businesses", "users", "memberships", "sessions", "password_links", "api_keys", "connections"):
            setattr(self, name, MemoryCollection(tables, name, None))
        self.public_orders = MemoryCollection(tables, "orders", None)
        self.public_payments = MemoryCollection(tables, "payments", None)
        self.inbox = MemoryInbox(tables)
        self.lanes = MemoryLanes(tables, self._store.clock)
        self.work = MemoryWork(tables)
        self.throttle = MemoryThrottle(tables)
        return self


class MemoryStorage:
    """See `salespilots.ports.storage.Storage`."""

    def __init__(self) -> None:
        import time

        self.tables = Tables()
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


def build(url: str) -> Storage:
    """A new, empty store."""
    return MemoryStorage()  # type: ignore[return-value]


@hookimpl
def salespilots_storage_providers() -> Sequence[StorageProvider]:
    """The dictionaries."""
    return [StorageProvider(key="memory", label="Memory", schemes=("memory",), build=build)]
