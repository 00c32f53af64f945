"""Units of work: one explicit transaction each on a connection of the shared engine."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import sqlalchemy as sa

from salespilots.domain.business import Business
from salespilots.domain.errors import NotFound
from salespilots.domain.events import Event
from salespilots.plugins.builtin.storage_sql.collection import SqlCollection
from salespilots.plugins.builtin.storage_sql.inbox import SqlInbox, SqlScopedInbox
from salespilots.plugins.builtin.storage_sql.lanes import SqlLanes, SqlWorkers
from salespilots.plugins.builtin.storage_sql.ledger import SqlEventLog, SqlStockBook, read_numbers, take_number
from salespilots.plugins.builtin.storage_sql.queries import SqlQueries
from salespilots.plugins.builtin.storage_sql.throttle import SqlThrottle
from salespilots.plugins.builtin.storage_sql.wire import Wire
from salespilots.plugins.builtin.storage_sql.work import SqlWork

SCOPED = (
    "products", "variants", "customers", "identities", "conversations", "messages", "orders", "payments", "refunds",
    "workflows", "workflow_versions", "runs", "steps", "memberships", "connections", "api_keys", "idempotency",
    "gates",
)  # fmt: skip

SYSTEM = {
    **{name: name for name in ("businesses", "users", "memberships", "sessions", "password_links", "api_keys")},
    "connections": "connections", "public_orders": "orders", "public_payments": "payments",
}  # fmt: skip

REVISED = {
    "catalogue": ("products", "variants"), "workflows": ("workflows", "workflow_versions"),
    "connections": ("connections",),
}  # fmt: skip
"""What is read for every message and changes rarely: a change raises its revision in the same transaction."""


class _Transaction:
    """Begin on entry, roll back on exit unless committed, give the connection back either way.

    ``turn``: who writes to SQLite waits here, in order, for the other threads of the process. SQLite itself would let
    them try again after ever longer naps.
    """

    def __init__(self, engine: sa.Engine, *, read_only: bool, turn: AbstractContextManager[object]) -> None:
        self._engine = engine
        self._read_only = read_only
        self._turn = nullcontext() if read_only else turn
        self._connection: sa.Connection

    def _open(self) -> Wire:
        self._turn.__enter__()
        try:
            self._connection = self._engine.connect().execution_options(salespilots_read_only=self._read_only)
            try:
                self._transaction = self._connection.begin()
                self._wire = Wire(self._connection)
            except BaseException:
                self._connection.close()
                raise
        except BaseException:
            self._turn.__exit__(None, None, None)
            raise
        self._collections: dict[str, SqlCollection] = {}
        return self._wire

    def __getattr__(self, name: str) -> Any:
        """A collection, made when it is first asked for."""
        table, business_id = self._place(name)
        made = self._collections[table] = SqlCollection(self._wire, table, business_id)
        setattr(self, name, made)
        return made

    def _place(self, name: str) -> tuple[str, str | None]:
        """The table of a collection of this unit, and its scope."""
        raise AttributeError(name)

    def _flush(self) -> None:
        for one in self._collections.values():
            one.flush()

    def __exit__(self, *error: object) -> None:
        try:
            if self._transaction.is_active:
                self._transaction.rollback()
        finally:
            self._turn.__exit__(None, None, None)
            self._connection.close()

    def commit(self) -> None:
        self._flush()
        self._transaction.commit()


class SqlUnitOfWork(_Transaction):
    """See `salespilots.ports.storage.UnitOfWork`."""

    def __init__(
        self, engine: sa.Engine, business_id: str, *, read_only: bool, turn: AbstractContextManager[object]
    ) -> None:
        super().__init__(engine, read_only=read_only, turn=turn)
        self.business_id = business_id

    def __enter__(self) -> SqlUnitOfWork:
        wire = self._open()
        self.stock = SqlStockBook(wire, self.business_id)
        self.events = SqlEventLog(wire, self.business_id)
        self.inbox = SqlScopedInbox(wire, self.business_id)
        self.lanes = SqlLanes(wire)
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

    def next_number(self, counter: str) -> int:
        return take_number(self._wire, self.business_id, counter)

    def record(self, *events: Event) -> None:
        self._recorded += events

    def revisions(self) -> dict[str, int]:
        if self._revisions is None:
            numbers = read_numbers(self._wire, self.business_id)
            self._revisions = {name: number for name, number in numbers.items() if name in REVISED}
        return self._revisions

    def commit(self) -> None:
        self._flush()
        for name, collections in REVISED.items():
            if any(one in self._collections and self._collections[one].touched for one in collections):
                take_number(self._wire, self.business_id, name)
        if self._recorded:
            self.events.append(self._recorded)
            self._recorded = []
        super().commit()


class SqlSystemUnitOfWork(_Transaction):
    """See `salespilots.ports.storage.SystemUnitOfWork`."""

    def __enter__(self) -> SqlSystemUnitOfWork:
        wire = self._open()
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
