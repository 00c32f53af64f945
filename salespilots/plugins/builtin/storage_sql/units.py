"""Units of work: one explicit transaction each on a connection of the shared engine."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import sqlalchemy as sa

from salespilots.domain.business import Business
from salespilots.domain.errors import NotFound
from salespilots.domain.events import Event
from salespilots.domain.order import Order
from salespilots.domain.payment import Payment
from salespilots.plugins.builtin.storage_sql.collection import SqlCollection
from salespilots.plugins.builtin.storage_sql.ledger import SqlEventLog, SqlStockBook, take_number
from salespilots.plugins.builtin.storage_sql.queries import SqlQueries
from salespilots.plugins.builtin.storage_sql.queue import (
    SqlInbox,
    SqlLanes,
    SqlScopedInbox,
    SqlThrottle,
    SqlWork,
    hold,
)
from salespilots.ports.work import Lease

SCOPED = (
    "products", "variants", "customers", "identities", "conversations", "messages", "orders", "payments", "refunds",
    "workflows", "workflow_versions", "runs", "steps", "memberships", "connections", "api_keys", "idempotency",
)  # fmt: skip


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

    def _open(self) -> sa.Connection:
        self._turn.__enter__()
        try:
            self._connection = self._engine.connect().execution_options(salespilots_read_only=self._read_only)
            self._transaction = self._connection.begin()
        except BaseException:
            self._turn.__exit__(None, None, None)
            raise
        return self._connection

    def __exit__(self, *error: object) -> None:
        try:
            if self._transaction.is_active:
                self._transaction.rollback()
        finally:
            self._turn.__exit__(None, None, None)
            self._connection.close()

    def commit(self) -> None:
        self._transaction.commit()


class SqlUnitOfWork(_Transaction):
    """See `salespilots.ports.storage.UnitOfWork`."""

    def __init__(
        self, engine: sa.Engine, business_id: str, *, read_only: bool, turn: AbstractContextManager[object]
    ) -> None:
        super().__init__(engine, read_only=read_only, turn=turn)
        self.business_id = business_id

    def __enter__(self) -> SqlUnitOfWork:
        connection = self._open()
        for name in SCOPED:
            setattr(self, name, SqlCollection(connection, name, self.business_id))
        self._businesses: SqlCollection[Business] = SqlCollection(connection, "businesses", None)
        self.stock = SqlStockBook(connection, self.business_id)
        self.events = SqlEventLog(connection, self.business_id)
        self.inbox = SqlScopedInbox(connection, self.business_id)
        self.queries = SqlQueries(connection, self.business_id)
        self._recorded: list[Event] = []
        return self

    def shop(self) -> Business:
        return self._businesses.get(self.business_id)

    def save_shop(self, shop: Business) -> None:
        if shop.id != self.business_id:
            raise NotFound("That is another shop.")
        self._businesses.save(shop)

    def next_number(self, counter: str) -> int:
        return take_number(self._connection, self.business_id, counter)

    def record(self, *events: Event) -> None:
        self._recorded += events

    def hold(self, lease: Lease) -> None:
        hold(self._connection, lease)

    def commit(self) -> None:
        if self._recorded:
            self.events.append(self._recorded)
            self._recorded = []
        super().commit()


class SqlSystemUnitOfWork(_Transaction):
    """See `salespilots.ports.storage.SystemUnitOfWork`."""

    def __enter__(self) -> SqlSystemUnitOfWork:
        connection = self._open()
        for name in ("businesses", "users", "memberships", "sessions", "password_links", "api_keys", "connections"):
            setattr(self, name, SqlCollection(connection, name, None))
        self.public_orders: SqlCollection[Order] = SqlCollection(connection, "orders", None)
        self.public_payments: SqlCollection[Payment] = SqlCollection(connection, "payments", None)
        self.inbox = SqlInbox(connection)
        self.lanes = SqlLanes(connection)
        self.work = SqlWork(connection)
        self.throttle = SqlThrottle(connection)
        return self
