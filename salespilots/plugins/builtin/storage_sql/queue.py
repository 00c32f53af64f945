"""The durable inbox, lanes with lease and fence, and what is due: the queue of record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from salespilots.domain.inbox import InboxRow, InboxState
from salespilots.plugins.builtin.storage_sql.collection import prepared, upsert
from salespilots.plugins.builtin.storage_sql.tables import CODECS, TABLES
from salespilots.plugins.builtin.storage_sql.types import UTCDateTime
from salespilots.ports.work import Lease, LeaseLost


def _now(connection: sa.Connection) -> sa.ColumnElement:
    """The database's own clock in seconds, so that machines with different clocks agree on a lease."""
    if connection.dialect.name == "postgresql":
        return sa.func.extract("epoch", sa.func.clock_timestamp())
    return (sa.func.julianday("now") - 2440587.5) * 86400.0


MAX_ROWS = 1000
"""Rows of one INSERT: both databases limit the parameters of a statement."""


class SqlInbox:
    """Taking events in: see `salespilots.ports.storage.Inbox`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._table = TABLES["inbox"]

    def accept(self, rows: Sequence[InboxRow]) -> list[InboxRow]:
        taken: list[InboxRow] = []
        for start in range(0, len(rows), MAX_ROWS):
            taken += self._insert(rows[start : start + MAX_ROWS])
        return taken

    def _insert(self, rows: Sequence[InboxRow]) -> list[InboxRow]:
        codec = CODECS["inbox"]
        values = [{k: v for k, v in codec.values(row).items() if k != "position"} for row in rows]
        statement = prepared(
            ("accept", self._connection.dialect.name),
            lambda: (
                upsert(self._connection, self._table)
                .on_conflict_do_nothing(index_elements=["endpoint", "event_id"])
                .returning(self._table.c.endpoint, self._table.c.event_id)
            ),
        )
        new = {(endpoint, event_id) for endpoint, event_id in self._connection.execute(statement, values)}
        taken: list[InboxRow] = []
        for row in rows:
            if (row.endpoint, row.event_id) in new:
                new.discard((row.endpoint, row.event_id))
                taken.append(row)
        return taken


class SqlScopedInbox:
    """A lane's waiting events: see `salespilots.ports.storage.ScopedInbox`."""

    def __init__(self, connection: sa.Connection, business_id: str) -> None:
        self._connection = connection
        self._business_id = business_id
        self._table = TABLES["inbox"]

    def waiting(self, lane: str, limit: int = 20) -> list[InboxRow]:
        table = self._table
        query = prepared(
            ("waiting",),
            lambda: (
                sa.select(table)
                .where(
                    table.c.lane == sa.bindparam("lane"),
                    table.c.state == sa.bindparam("state"),
                    table.c.business_id == sa.bindparam("shop"),
                )
                .order_by(table.c.sent_at, table.c.position)
                .limit(sa.bindparam("most", type_=sa.Integer))
            ),
        )
        values = {"lane": lane, "state": InboxState.NEW, "shop": self._business_id, "most": limit}
        return [CODECS["inbox"].load(row) for row in self._connection.execute(query, values).mappings()]

    def done(self, row: InboxRow, now: datetime) -> None:
        self._set(row, state=InboxState.DONE, done_at=now, error=None)

    def retry(self, row: InboxRow, *, next_at: datetime, error: str) -> None:
        self._set(row, attempts=row.attempts + 1, next_at=next_at, error=error)

    def park(self, row: InboxRow, *, error: str) -> None:
        self._set(row, state=InboxState.DEAD, attempts=row.attempts + 1, error=error)

    def kept(self, lane: str, since: datetime) -> list[InboxRow]:
        table = self._table
        query = sa.select(table).where(
            table.c.lane == lane, table.c.business_id == self._business_id, table.c.received_at >= since
        )
        rows = self._connection.execute(query.order_by(table.c.position)).mappings()
        return [CODECS["inbox"].load(row) for row in rows]

    def rewrite(self, row: InboxRow, payload: dict[str, Any]) -> None:
        self._set(row, payload=payload)

    def _set(self, row: InboxRow, **values: object) -> None:
        table = self._table
        self._connection.execute(
            sa.update(table)
            .where(table.c.position == row.position, table.c.business_id == self._business_id)
            .values(values)
        )


class SqlLanes:
    """See `salespilots.ports.storage.Lanes`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._table = TABLES["lanes"]

    def claim(self, lane: str, owner: str, ttl: timedelta) -> Lease | None:
        table, now = self._table, _now(self._connection)
        until = now + ttl.total_seconds()
        statement = (
            upsert(self._connection, table)
            .values(name=lane, owner=owner, leased_until=until, fence=1)
            .on_conflict_do_update(
                index_elements=["name"],
                set_={"owner": owner, "leased_until": until, "fence": table.c.fence + 1},
                where=sa.or_(table.c.owner.is_(None), table.c.leased_until <= now),
            )
            .returning(table.c.fence)
        )
        fence = self._connection.execute(statement).scalar()
        return None if fence is None else Lease(lane=lane, owner=owner, fence=fence)

    def renew(self, lease: Lease, ttl: timedelta) -> bool:
        until = _now(self._connection) + ttl.total_seconds()
        return self._mine(lease, leased_until=until)

    def release(self, lease: Lease) -> None:
        self._mine(lease, owner=None)

    def _mine(self, lease: Lease, **values: object) -> bool:
        table = self._table
        statement = (
            sa.update(table)
            .where(table.c.name == lease.lane, table.c.owner == lease.owner, table.c.fence == lease.fence)
            .values(values)
        )
        return self._connection.execute(statement).rowcount == 1


def hold(connection: sa.Connection, lease: Lease) -> None:
    """Lock the lane row and make sure nobody newer holds it."""
    table = TABLES["lanes"]
    query = prepared(
        ("hold",),
        lambda: (
            sa.select(table.c.fence)
            .where(
                table.c.name == sa.bindparam("lane"),
                table.c.owner == sa.bindparam("owner"),
                table.c.fence == sa.bindparam("fence"),
            )
            .with_for_update()
        ),
    )
    values = {"lane": lease.lane, "owner": lease.owner, "fence": lease.fence}
    if connection.execute(query, values).scalar() is None:
        raise LeaseLost(f"lane held by another worker (fence {lease.fence})")


class SqlWork:
    """See `salespilots.ports.storage.Work`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def _due(self, now: datetime | sa.BindParameter) -> list[tuple[sa.Table, sa.Column, sa.ColumnElement]]:
        """(table, its time of arrival, what makes a row due) of each kind of work."""
        inbox, messages, runs = TABLES["inbox"], TABLES["messages"], TABLES["runs"]

        def due(column: sa.Column) -> sa.ColumnElement:
            return sa.or_(column.is_(None), column <= now)

        sending = messages.c.state.in_(("queued", "sending", "uncertain"))
        decided = sa.or_(messages.c.state != "uncertain", messages.c.next_at.is_not(None))  # else a person's turn
        ready = sa.and_(runs.c.state.in_(("ready", "running")), due(runs.c.wake_at))
        return [
            (inbox, inbox.c.received_at, sa.and_(inbox.c.state == InboxState.NEW, due(inbox.c.next_at))),
            (messages, messages.c.created_at, sa.and_(sending, due(messages.c.next_at), decided)),
            (runs, runs.c.created_at, sa.or_(ready, sa.and_(runs.c.state == "waiting", runs.c.wake_at <= now))),
        ]

    def due_lanes(self, now: datetime, limit: int = 200) -> list[str]:
        oldest: dict[str, tuple[datetime, str]] = {}
        for table, arrived, due in self._due(now):
            first = sa.func.min(arrived)
            turn = sa.func.row_number().over(partition_by=table.c.business_id, order_by=first)
            lanes = (
                sa.select(table.c.lane, table.c.business_id, first.label("at"), turn.label("turn"))
                .where(due)
                .group_by(table.c.lane, table.c.business_id)
                .subquery()
            )
            query = sa.select(lanes.c.lane, lanes.c.business_id, lanes.c.at).order_by(lanes.c.turn, lanes.c.at)
            for lane, business_id, at in self._connection.execute(query.limit(limit)):
                if lane not in oldest or at < oldest[lane][0]:
                    oldest[lane] = (at, business_id)
        return _fair([(at, shop, lane) for lane, (at, shop) in oldest.items()], limit)

    def is_due(self, lane: str, now: datetime) -> bool:
        def build(index: int) -> sa.Select:
            table, _, due = self._due(sa.bindparam("now", type_=UTCDateTime()))[index]
            return sa.select(sa.literal(1)).where(table.c.lane == sa.bindparam("lane"), due).limit(1)

        values = {"lane": lane, "now": now}
        return any(
            self._connection.execute(prepared(("is_due", index), partial(build, index)), values).first()
            for index in range(3)
        )

    def businesses_due(self, lane: str, now: datetime) -> list[str]:
        def build() -> sa.CompoundSelect:
            parts = [
                sa.select(table.c.business_id).where(
                    table.c.lane == sa.bindparam("lane"), due, table.c.business_id.is_not(None)
                )
                for table, _, due in self._due(sa.bindparam("now", type_=UTCDateTime()))
            ]
            return sa.union(*parts)

        return list(
            self._connection.execute(prepared(("businesses_due",), build), {"lane": lane, "now": now}).scalars()
        )

    def orders_to_expire(self, now: datetime, limit: int = 100) -> list[tuple[str, str]]:
        table = TABLES["orders"]
        query = sa.select(table.c.business_id, table.c.id).where(table.c.state == "placed", table.c.expires_at <= now)
        return [(shop, order) for shop, order in self._connection.execute(query.order_by("expires_at").limit(limit))]

    def payments_to_check(self, now: datetime, limit: int = 40) -> list[tuple[str, str]]:
        return self._to_check("payments", now, limit)

    def refunds_to_ask(self, now: datetime, limit: int = 40) -> list[tuple[str, str]]:
        return self._to_check("refunds", now, limit)

    def _to_check(self, name: str, now: datetime, limit: int) -> list[tuple[str, str]]:
        """One of each shop in turn, the longest due first."""
        table = TABLES[name]
        turn = sa.func.row_number().over(partition_by=table.c.business_id, order_by=table.c.next_check_at)
        due = (
            sa.select(table.c.business_id, table.c.id, table.c.next_check_at, turn.label("turn"))
            .where(table.c.next_check_at <= now)
            .subquery()
        )
        query = sa.select(due.c.business_id, due.c.id).order_by(due.c.turn, due.c.next_check_at).limit(limit)
        return [(shop, one) for shop, one in self._connection.execute(query)]

    def backlog(self, now: datetime) -> dict[str, float]:
        inbox, messages = TABLES["inbox"], TABLES["messages"]
        figures = {"inbox_new": 0.0, "inbox_dead": 0.0, "outbox_queued": 0.0, "outbox_uncertain": 0.0}
        oldest = None
        for state, number, first in self._connection.execute(
            sa.select(inbox.c.state, sa.func.count(), sa.func.min(inbox.c.received_at))
            .where(inbox.c.state.in_(("new", "dead")))
            .group_by(inbox.c.state)
        ):
            figures[f"inbox_{state}"] = float(number)
            oldest = first if state == "new" else oldest
        for state, number in self._connection.execute(
            sa.select(messages.c.state, sa.func.count())
            .where(messages.c.state.in_(("queued", "uncertain")))
            .group_by(messages.c.state)
        ):
            figures[f"outbox_{state}"] = float(number)
        figures["oldest_seconds"] = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
        return figures

    def last_webhooks(self, business_id: str | None = None) -> dict[str, datetime]:
        inbox = TABLES["inbox"]
        query = sa.select(inbox.c.provider, sa.func.max(inbox.c.received_at)).group_by(inbox.c.provider)
        if business_id is not None:
            query = query.where(inbox.c.business_id == business_id)
        return {provider: at for provider, at in self._connection.execute(query) if provider != "practice"}

    def purge(self, now: datetime) -> int:
        inbox, sessions, links = TABLES["inbox"], TABLES["sessions"], TABLES["password_links"]
        idempotency, throttle = TABLES["idempotency"], TABLES["throttle"]
        # Provider redeliveries stop after 36 hours, but neither provider signs a time: keys stay 90 days.
        statements = [
            sa.delete(inbox).where(inbox.c.state == InboxState.DONE, inbox.c.received_at < now - timedelta(days=90)),
            sa.delete(inbox).where(inbox.c.state == InboxState.UNROUTED, inbox.c.received_at < now - timedelta(days=5)),
            sa.delete(sessions).where(sessions.c.last_seen_at < now - timedelta(days=14)),
            sa.delete(links).where(links.c.expires_at < now - timedelta(days=1)),
            sa.delete(idempotency).where(idempotency.c.created_at < now - timedelta(days=2)),
            sa.delete(throttle).where(throttle.c.window_start < now - timedelta(days=1)),
        ]
        return sum(self._connection.execute(one).rowcount for one in statements)


def _fair(rows: list[tuple[datetime, str, str]], limit: int) -> list[str]:
    """Oldest first within a shop, one lane of each shop in turn: a flood at one delays no other."""
    shops: dict[str, list[str]] = {}
    for _, shop, lane in sorted(rows):
        shops.setdefault(shop, []).append(lane)
    picked: list[str] = []
    while shops and len(picked) < limit:
        for shop in list(shops):
            picked.append(shops[shop].pop(0))
            if not shops[shop]:
                del shops[shop]
    return picked[:limit]


class SqlThrottle:
    """See `salespilots.ports.storage.Throttle`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._table = TABLES["throttle"]

    def hit(self, key: str, *, now: datetime, window: timedelta) -> int:
        table = self._table
        fresh = table.c.window_start <= sa.bindparam(None, now - window, table.c.window_start.type)
        statement = (
            upsert(self._connection, table)
            .values(key=key[:160], window_start=now, hits=1)
            .on_conflict_do_update(
                index_elements=["key"],
                set_={
                    "hits": sa.case((fresh, 1), else_=table.c.hits + 1),
                    "window_start": sa.case(
                        (fresh, sa.bindparam(None, now, table.c.window_start.type)), else_=table.c.window_start
                    ),
                },
            )
            .returning(table.c.hits)
        )
        return self._connection.execute(statement).scalar_one()

    def clear(self, key: str) -> None:
        self._connection.execute(sa.delete(self._table).where(self._table.c.key == key[:160]))
