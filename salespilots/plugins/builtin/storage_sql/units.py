"""Units of work: one explicit transaction each on a connection of the shared engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from salespilots.domain.business import Business
from salespilots.domain.conversation import PENDING
from salespilots.domain.errors import NotFound
from salespilots.domain.events import Event
from salespilots.domain.run import ACTIVE
from salespilots.plugins.builtin.storage_sql.collection import SqlCollection, ask_customers
from salespilots.plugins.builtin.storage_sql.inbox import SqlInbox, SqlScopedInbox
from salespilots.plugins.builtin.storage_sql.lanes import SqlLanes, SqlWorkers
from salespilots.plugins.builtin.storage_sql.ledger import SqlEventLog, SqlStockBook
from salespilots.plugins.builtin.storage_sql.numbers import ask_numbers, lower, take_below, take_number
from salespilots.plugins.builtin.storage_sql.queries import SqlQueries
from salespilots.plugins.builtin.storage_sql.throttle import SqlThrottle
from salespilots.plugins.builtin.storage_sql.transactions import Lines, Transaction
from salespilots.plugins.builtin.storage_sql.wire import Ask, Change, Wire
from salespilots.plugins.builtin.storage_sql.work import SqlWork
from salespilots.ports.storage import eq, one_of
from salespilots.ports.work import Lease, Waiting

SCOPED = (
    "products", "variants", "customers", "identities", "conversations", "messages", "orders", "payments", "refunds",
    "workflows", "workflow_versions", "runs", "steps", "memberships", "connections", "api_keys", "idempotency",
    "gates", "waiting", "imports", "import_rows", "discounts", "discount_uses", "invoices", "statement_lines",
    "unmatched", "jobs", "comments", "posts", "tags", "templates", "splits", "cases",
)  # fmt: skip

SYSTEM = {
    **{name: name for name in ("businesses", "users", "memberships", "sessions", "password_links", "api_keys", "login_states", "deletions")},
    "connections": "connections", "public_orders": "orders", "public_payments": "payments",
}  # fmt: skip

REVISED = {
    "catalogue": ("products", "variants"), "workflows": ("workflows", "workflow_versions"),
    "connections": ("connections",),
}  # fmt: skip
"""What is read for every message and changes rarely: a change raises its revision in the same transaction."""


class _Unit(Transaction):
    """A transaction with the collections that are asked for in it."""

    def _begin(self) -> Wire:
        self._collections: dict[str, SqlCollection] = {}
        return self._open()

    def __getattr__(self, name: str) -> Any:
        """A collection, made when it is first asked for."""
        table, business_id = self._place(name)
        made = self._collections[table] = SqlCollection(self._wire, table, business_id, self._flush)
        setattr(self, name, made)
        return made

    def _place(self, name: str) -> tuple[str, str | None]:
        """The table of a collection of this unit, and its scope."""
        raise AttributeError(name)

    def _changes(self) -> list[Change]:
        """What waits to be written: what changed first, so that who lost a race knows it, then what is new, parents
        before what points to them."""
        waiting = {name: one for name, one in self._collections.items() if one.waits}
        changes = [change for one in waiting.values() for change in one.changed_rows()]
        return changes + [change for name in SCOPED if name in waiting for change in waiting[name].new_rows()]

    def _flush(self) -> None:
        changes = self._changes()
        if changes:
            self._wire.write(changes)

    def commit(self) -> None:
        self._flush()
        super().commit()

    def __exit__(self, *error: object) -> None:
        """A unit and its collections know each other: apart they go at once, and not when garbage is looked for."""
        try:
            super().__exit__(*error)
        finally:
            for one in self._collections.values():
                one.let_go()


class SqlUnitOfWork(_Unit):
    """See `salespilots.ports.storage.UnitOfWork`."""

    def __init__(self, lines: Lines, business_id: str, *, read_only: bool) -> None:
        super().__init__(lines, read_only=read_only)
        self.business_id = business_id

    def __enter__(self) -> SqlUnitOfWork:
        wire = self._begin()
        self.stock = SqlStockBook(wire, self.business_id)
        self.events = SqlEventLog(wire, self.business_id)
        self.inbox = SqlScopedInbox(wire, self.business_id)
        self.lanes = SqlLanes(wire, later=True)
        self._recorded: list[Event] = []
        self._revisions: dict[str, int] | None = None
        return self

    def _place(self, name: str) -> tuple[str, str | None]:
        if name in SCOPED:
            return name, self.business_id
        if name == "_businesses":
            return "businesses", None
        raise AttributeError(name)

    @property
    def queries(self) -> SqlQueries:
        self._flush()
        return SqlQueries(self._wire, self.business_id)

    def shop(self) -> Business:
        return self._businesses.get(self.business_id)

    def save_shop(self, shop: Business) -> None:
        if shop.id != self.business_id:
            raise NotFound("That is another shop.")
        self._businesses.save(shop)

    def next_number(self, counter: str, count: int = 1) -> int:
        return take_number(self._wire, self.business_id, counter, count)

    def claim(self, counter: str, most: int) -> bool:
        return take_below(self._wire, self.business_id, counter, most)

    def give_back(self, counter: str) -> None:
        lower(self._wire, self.business_id, counter)

    def record(self, *events: Event) -> None:
        self._recorded += events

    def look(self, held: Sequence[Lease], wanted: Sequence[str], owner: str, ttl: timedelta, limit: int) -> Waiting:
        lanes = sorted({*(one.lane for one in held), *wanted})
        on = [one_of("lane", lanes)]
        asks: dict[str, Ask] = {}
        if held:
            asks["held"] = self.lanes.ask_hold(held, also=wanted)
        if wanted:
            asks["claimed"] = self.lanes.ask_claim(sorted(set(wanted)), owner, ttl)
            asks["numbers"] = ask_numbers(self.business_id, tuple(REVISED))
        asks["rows"] = self.inbox.ask(lanes, limit)
        asks["runs"] = self.runs.ask([*on, one_of("state", ACTIVE)], "-created_at", None)
        asks["messages"] = self.messages.ask([*on, one_of("state", PENDING)], "seq", None, self.messages.note)
        asks["chats"] = self.conversations.ask(on, "", None, self.conversations.note)
        asks["customers"] = ask_customers(self.customers, on, self.business_id, self._wire)
        asks["gates"] = self.gates.ask([], "", None, self.gates.note_all)
        asks["connections"] = self.connections.ask([eq("kind", "channel")], "", None)
        asks["shop"] = self._businesses.ask([eq("id", self.business_id)], "", 1, self._businesses.note)
        found = dict(zip(asks, self._wire.together(list(asks.values())), strict=True))
        if "numbers" in found:
            self._keep_revisions(found["numbers"])
        ours: set[str] = found.get("held", set())
        leases = {one.lane: one for one in held if one.lane in ours} | found.get("claimed", {})
        pending: dict[str, list[str]] = {}
        for lane, id in found["messages"]:
            pending.setdefault(lane, []).append(id)
        return Waiting(
            leases=leases, rows=found["rows"], runs=found["runs"], pending=pending, chats=dict(found["chats"]),
            connections=found["connections"],
        )  # fmt: skip

    def revisions(self) -> dict[str, int]:
        if self._revisions is None:
            self._keep_revisions(self._wire.together([ask_numbers(self.business_id, tuple(REVISED))])[0])
        return self._revisions or {}

    def _keep_revisions(self, numbers: dict[str, int]) -> None:
        self._revisions = numbers

    def commit(self) -> None:
        for name, collections in REVISED.items():
            if any(one in self._collections and self._collections[one].touched for one in collections):
                take_number(self._wire, self.business_id, name)
        changes = [*self._changes(), *self.inbox.done_rows(), *self.lanes.changes()]
        if self._recorded:
            changes += self.events.append(self._recorded)
            self._recorded = []
        if changes:
            self._wire.write(changes, last=True)
        Transaction.commit(self)


class SqlSystemUnitOfWork(_Unit):
    """See `salespilots.ports.storage.SystemUnitOfWork`."""

    def __enter__(self) -> SqlSystemUnitOfWork:
        wire = self._begin()
        self.inbox = SqlInbox(wire)
        self.lanes = SqlLanes(wire)
        self.work = SqlWork(wire)
        self.workers = SqlWorkers(wire)
        self.throttle = SqlThrottle(wire)
        return self

    def _place(self, name: str) -> tuple[str, str | None]:
        if name not in SYSTEM:
            raise AttributeError(name)
        return SYSTEM[name], None
