"""Who works on which lane, and which workers there are. Leases run by the database's own clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from salespilots.plugins.builtin.storage_sql.conditions import filled, upsert
from salespilots.plugins.builtin.storage_sql.tables import TABLES
from salespilots.plugins.builtin.storage_sql.wire import Ask, Change, Prepared, Wire
from salespilots.ports.work import RESTS, Lease, Worker

REST = "-"
"""Who holds a lane that rests."""

MOST_LANES = 64
"""Lanes of one statement."""


def clock(dialect: sa.Dialect) -> sa.ColumnElement:
    """The database's own time in seconds, so that machines with different clocks agree on a lease."""
    if dialect.name == "postgresql":
        return sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp()), sa.Float)
    return (sa.func.julianday(sa.literal_column("'now'")) - 2440587.5) * 86400.0


def is_held(dialect: sa.Dialect, table: sa.Table, longest: float | sa.ColumnElement) -> sa.ColumnElement:
    """Whether somebody holds the lane: a lease further ahead than any can be was written by a clock set back since."""
    now = clock(dialect)
    return sa.and_(table.c.owner.is_not(None), table.c.leased_until > now, table.c.leased_until <= now + longest)


class SqlLanes:
    """See `salespilots.ports.work.Lanes`."""

    def __init__(self, wire: Wire, *, later: bool = False) -> None:
        """``later``: renewing and letting go are written with the unit's other changes."""
        self._wire = wire
        self._table = TABLES["lanes"]
        self._later = later
        self._changes: list[Change] = []

    def claim(self, lanes: Sequence[str], owner: str, ttl: timedelta) -> dict[str, Lease]:
        self._wire.write(self.changes())
        claimed: dict[str, Lease] = {}
        ordered = sorted(set(lanes))  # one order for all, so that two workers never wait for each other
        for start in range(0, len(ordered), MOST_LANES):
            claimed |= self._claim(ordered[start : start + MOST_LANES], owner, ttl)
        return claimed

    def _claim(self, lanes: Sequence[str], owner: str, ttl: timedelta) -> dict[str, Lease]:
        return self._wire.together([self.ask_claim(lanes, owner, ttl)])[0]

    def ask_claim(self, lanes: Sequence[str], owner: str, ttl: timedelta) -> Ask:
        """The statement that takes lanes, in their order; at most `MOST_LANES`."""
        table, dialect = self._table, self._wire.dialect
        if not self._wire.far:  # SQLite minds no lane that is named twice: the second time it is held
            lanes = filled(lanes)
        count = len(lanes)

        def build() -> Any:
            ttl_seconds = sa.bindparam("ttl", type_=sa.Float)
            until = clock(dialect) + ttl_seconds
            who = sa.bindparam("owner", type_=sa.String)
            rows = [
                {
                    "name": sa.bindparam(f"lane_{place}", type_=sa.String), "owner": who, "leased_until": until,
                    "fence": sa.literal_column("1"), "orphaned": sa.literal_column("0"),
                }
                for place in range(count)
            ]  # fmt: skip
            let_go = sa.or_(table.c.owner.is_(None), table.c.owner == REST)
            left = sa.case((let_go, table.c.orphaned), else_=table.c.orphaned + 1)
            insert = upsert(dialect, table).values(rows)
            return insert.on_conflict_do_update(
                index_elements=["name"],
                set_={"owner": who, "leased_until": until, "fence": table.c.fence + 1, "orphaned": left},
                where=sa.not_(is_held(dialect, table, 2 * ttl_seconds + RESTS[-1])),
            ).returning(table.c.name, table.c.fence, table.c.orphaned)

        def take(statement: Prepared, rows: Sequence[Sequence[Any]]) -> dict[str, Lease]:
            return {
                lane: Lease(lane=lane, owner=owner, fence=fence, orphaned=orphaned) for lane, fence, orphaned in rows
            }

        values = {f"lane_{place}": lane for place, lane in enumerate(lanes)}
        return Ask(("claim", count), build, {**values, "owner": owner, "ttl": ttl.total_seconds()}, take)

    def hold(self, leases: Sequence[Lease]) -> set[str]:
        self._wire.write(self.changes())
        held: set[str] = set()
        ordered = sorted(leases, key=lambda one: one.lane)
        for start in range(0, len(ordered), MOST_LANES):
            held |= self._wire.together([self.ask_hold(ordered[start : start + MOST_LANES])])[0]
        return held

    def ask_hold(self, leases: Sequence[Lease], also: Sequence[str] = ()) -> Ask:
        """The query that locks lanes, in their order; at most `MOST_LANES`. ``also``: those that are claimed next, so that
        two workers never wait for each other."""
        table = self._table
        names = filled(sorted({*(one.lane for one in leases), *also}))

        def build() -> Any:
            binds = [sa.bindparam(f"lane_{place}", type_=sa.String) for place in range(len(names))]
            query = sa.select(table.c.name, table.c.owner, table.c.fence).where(table.c.name.in_(binds))
            return query.order_by(table.c.name).with_for_update()

        def take(statement: Prepared, rows: Sequence[Sequence[Any]]) -> set[str]:
            found = {name: (owner, fence) for name, owner, fence in rows}
            return {one.lane for one in leases if found.get(one.lane) == (one.owner, one.fence)}

        return Ask(("hold", len(names)), build, {f"lane_{place}": lane for place, lane in enumerate(names)}, take)

    def renew(self, leases: Sequence[Lease], ttl: timedelta) -> None:
        until = clock(self._wire.dialect) + sa.bindparam("ttl", type_=sa.Float)
        self._mine("renew", leases, {"leased_until": until}, ttl=ttl.total_seconds())

    def release(self, leases: Sequence[Lease]) -> None:
        self._mine("release", leases, {"owner": sa.null(), "orphaned": sa.literal_column("0")})

    def _mine(self, what: str, leases: Sequence[Lease], values: dict[str, Any], **given: Any) -> None:
        table = self._table

        def build() -> Any:
            return (
                sa.update(table)
                .where(
                    table.c.name == sa.bindparam("lane", type_=sa.String),
                    table.c.owner == sa.bindparam("who", type_=sa.String),
                    table.c.fence == sa.bindparam("turn", type_=sa.BigInteger),
                )
                .values(values)
            )

        ordered = sorted(leases, key=lambda one: one.lane)
        rows = [{"lane": one.lane, "who": one.owner, "turn": one.fence, **given} for one in ordered]
        if rows:
            self._changes.append(Change((what,), build, rows))
            if not self._later:
                self._wire.write(self.changes())

    def changes(self) -> list[Change]:
        """What is still to be written of lanes."""
        waiting, self._changes = self._changes, []
        return waiting

    def free(self, owner: str) -> int:
        self._wire.write(self.changes())
        table = self._table
        mine = sa.select(table.c.name).where(table.c.owner == owner).order_by(table.c.name).with_for_update()
        self._wire.execute(mine).all()  # locked in the order in which everybody takes lanes
        rest = sa.case(
            *((table.c.orphaned + 1 == died, float(seconds)) for died, seconds in enumerate(RESTS)),
            else_=float(RESTS[-1]),
        )
        freed = {
            "owner": sa.case((table.c.orphaned + 1 < RESTS.count(0), sa.null()), else_=REST),
            "orphaned": table.c.orphaned + 1, "leased_until": clock(self._wire.dialect) + rest,
        }  # fmt: skip
        return self._wire.execute(sa.update(table).where(table.c.owner == owner).values(freed)).rowcount


class SqlWorkers:
    """See `salespilots.ports.work.Workers`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._table = TABLES["workers"]

    def beat(self, worker: Worker, *, swept: bool) -> None:
        table, now = self._table, clock(self._wire.dialect)
        first = {
            "id": worker.id, "host": worker.host, "pid": worker.pid, "version": worker.version, "started": now,
            "last_seen": now, "last_swept": now if swept else sa.null(),
        }  # fmt: skip
        later = {"last_seen": now, **({"last_swept": now} if swept else {})}
        insert = upsert(self._wire.dialect, table).values(first)
        self._wire.execute(insert.on_conflict_do_update(index_elements=["id"], set_=later))

    def all(self) -> list[Worker]:
        table, lanes, now = self._table, TABLES["lanes"], clock(self._wire.dialect)
        held = sa.select(sa.func.count()).where(lanes.c.owner == table.c.id).scalar_subquery()
        query = sa.select(
            table.c.id,
            table.c.host,
            table.c.pid,
            table.c.version,
            now - table.c.last_seen,
            now - table.c.last_swept,
            held,
        ).order_by(table.c.started)
        return [
            Worker(
                id=id, host=host, pid=pid, version=version, seen_age=max(0.0, seen),
                swept_age=None if swept is None else max(0.0, swept), lanes=count,
            )
            for id, host, pid, version, seen, swept, count in self._wire.execute(query)
        ]  # fmt: skip

    def forget(self, worker_id: str) -> None:
        self._wire.execute(sa.delete(self._table).where(self._table.c.id == worker_id))
