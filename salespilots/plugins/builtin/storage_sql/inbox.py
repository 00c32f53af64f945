"""The durable inbox: events taken in, and the waiting ones of a lane."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from salespilots.domain.inbox import InboxRow, InboxState, lane_of
from salespilots.plugins.builtin.storage_sql.bulk import update_rows
from salespilots.plugins.builtin.storage_sql.conditions import bound, parameters, shape, upsert
from salespilots.plugins.builtin.storage_sql.tables import CODECS, TABLES
from salespilots.plugins.builtin.storage_sql.wire import Ask, Change, Prepared, Wire
from salespilots.ports.storage import one_of

MAX_ROWS = 64
"""Rows of one INSERT: what a statement costs when it is first made grows with their square."""


class SqlInbox:
    """Taking events in: see `salespilots.ports.work.Inbox`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._table = TABLES["inbox"]

    def accept(self, rows: Sequence[InboxRow]) -> list[InboxRow]:
        asks, start = [], 0
        while start < len(rows):  # statements for one, two, four … rows
            count = MAX_ROWS
            while count > len(rows) - start:
                count //= 2
            asks.append(self._ask_insert(rows[start : start + count]))
            start += count
        new = set[tuple[str, str]]().union(*self._wire.together(asks))
        taken: list[InboxRow] = []
        for row in rows:
            if (row.endpoint, row.event_id) in new:
                new.discard((row.endpoint, row.event_id))
                taken.append(row)
        return taken

    def _ask_insert(self, rows: Sequence[InboxRow]) -> Ask:
        """The statement that keeps what is new of them; its answer are the keys of those."""
        codec, table, count = CODECS["inbox"], self._table, len(rows)
        names = [name for name in codec.names if name != "position"]

        def build() -> Any:
            values = [
                {name: sa.bindparam(f"{name}_{place}", type_=table.c[name].type) for name in names}
                for place in range(count)
            ]
            insert = upsert(self._wire.dialect, table).values(values)
            skipping = insert.on_conflict_do_nothing(index_elements=["endpoint", "event_id"])
            return skipping.returning(table.c.endpoint, table.c.event_id)

        def take(statement: Prepared, found: Sequence[Sequence[Any]]) -> set[tuple[str, str]]:
            return {(endpoint, event_id) for endpoint, event_id in map(statement.row, found)}

        given = {f"{name}_{place}": getattr(row, name) for place, row in enumerate(rows) for name in names}
        return Ask(("accept", count), build, given, take)


class SqlScopedInbox:
    """A lane's waiting events: see `salespilots.ports.work.ScopedInbox`."""

    def __init__(self, wire: Wire, business_id: str) -> None:
        self._wire = wire
        self._business_id = business_id
        self._table = TABLES["inbox"]
        self._done: list[tuple[int, datetime]] = []
        self._columns = [self._table.c[name] for name in CODECS["inbox"].names]

    def waiting(self, lanes: Sequence[str], limit: int = 20) -> dict[str, list[InboxRow]]:
        self.flush()
        return self._wire.together([self.ask(lanes, limit)])[0] if lanes else {}

    def ask(self, lanes: Sequence[str], limit: int) -> Ask:
        """The query for what waits on lanes, to be asked with others."""
        table, where = self._table, [one_of("lane", lanes)]

        def build() -> Any:
            place = sa.func.row_number().over(partition_by=table.c.lane, order_by=[table.c.sent_at, table.c.position])
            ranked = (
                sa.select(table.c.position.label("at"), place.label("place"))
                .where(
                    *bound(table, where),
                    table.c.state == sa.literal_column(f"'{InboxState.NEW}'"),
                    table.c.business_id == sa.bindparam("shop", type_=sa.Text),
                )
                .subquery()
            )
            return (
                sa.select(*self._columns)
                .join(ranked, ranked.c["at"] == table.c.position)
                .where(ranked.c.place <= sa.bindparam("most", type_=sa.Integer))
                .order_by(table.c.sent_at, table.c.position)
            )

        return Ask(
            ("waiting", shape(where)), build, {**parameters(where), "shop": self._business_id, "most": limit}, _by_lane
        )

    def done(self, row: InboxRow, now: datetime) -> None:
        self._done.append((row.position, now))

    def flush(self) -> None:
        """Write which rows are done."""
        done = self.done_rows()
        if done:
            self._wire.write(done)

    def done_rows(self) -> list[Change]:
        """What writes which rows are done."""
        table, done = self._table, self._done
        if not done:
            return []
        self._done = []

        def build() -> Any:
            return (
                sa.update(table)
                .where(
                    table.c.position == sa.bindparam("at", type_=sa.BigInteger),
                    table.c.business_id == sa.bindparam("shop", type_=sa.Text),
                )
                .values(
                    state=sa.literal_column(f"'{InboxState.DONE}'"), error=sa.null(),
                    done_at=sa.bindparam("now", type_=table.c.done_at.type),
                )
            )  # fmt: skip

        rows = [{"at": position, "shop": self._business_id, "now": now} for position, now in done]
        at, always = {"position": "at", "business_id": "shop"}, f"state = '{InboxState.DONE}', error = NULL, "
        many = partial(update_rows, table, at, {"done_at": "now"}, always=always)
        return [Change(("inbox done",), build, rows, build_many=many)]

    def retry(self, row: InboxRow, *, next_at: datetime, error: str) -> None:
        self._set(row, attempts=row.attempts + 1, next_at=next_at, error=error)

    def park(self, row: InboxRow, *, error: str) -> None:
        self._set(row, state=InboxState.DEAD, attempts=row.attempts + 1, error=error)

    def parked(self, position: int) -> InboxRow | None:
        table = self._table
        if not 0 < position < 2**63:
            return None
        query = sa.select(*self._columns).where(
            table.c.position == position, table.c.business_id == self._business_id, table.c.state == InboxState.DEAD
        )
        row = self._wire.execute(query.with_for_update()).first()  # of two who decide at once one finds it
        return CODECS["inbox"].make(row) if row else None

    def again(self, row: InboxRow, now: datetime) -> None:
        self._set(row, state=InboxState.NEW, attempts=0, next_at=now)

    def discard(self, row: InboxRow, now: datetime) -> None:
        self._set(row, state=InboxState.DISCARDED, done_at=now)

    def adopt(self, provider: str, account_ref: str) -> list[str]:
        table = self._table
        mine = table.c.lane.startswith(lane_of(provider, account_ref, ""), autoescape=True)
        query = sa.update(table).where(table.c.state == InboxState.UNROUTED, table.c.provider == provider, mine)
        changed = query.values(state=InboxState.NEW, business_id=self._business_id)
        return list(dict.fromkeys(self._wire.execute(changed.returning(table.c.lane)).scalars()))

    def kept(self, lane: str, since: datetime) -> list[InboxRow]:
        self.flush()
        table = self._table
        query = sa.select(*self._columns).where(
            table.c.lane == lane, table.c.business_id == self._business_id, table.c.received_at >= since
        )
        rows = [CODECS["inbox"].make(row) for row in self._wire.execute(query)]
        return sorted(rows, key=lambda one: one.position)  # ordered there, SQLite reads all that ever came

    def of_account(self, provider: str, account_ref: str, after: int = 0, limit: int = 100) -> list[InboxRow]:
        self.flush()
        table = self._table
        query = sa.select(*self._columns).where(
            table.c.position > after, table.c.provider == provider, self._mine_or_nobodys(),
            table.c.lane.startswith(lane_of(provider, account_ref, ""), autoescape=True),
        )  # fmt: skip
        return [CODECS["inbox"].make(row) for row in self._wire.execute(query.order_by(table.c.position).limit(limit))]

    def rewrite(self, row: InboxRow, payload: dict[str, Any]) -> None:
        self.flush()
        table = self._table
        self._wire.execute(
            sa.update(table).where(table.c.position == row.position, self._mine_or_nobodys()).values(payload=payload)
        )

    def _mine_or_nobodys(self) -> sa.ColumnElement[bool]:
        table = self._table
        nobodys = sa.and_(table.c.business_id.is_(None), table.c.state == InboxState.UNROUTED)
        return sa.or_(table.c.business_id == self._business_id, nobodys)

    def _set(self, row: InboxRow, **values: object) -> None:
        self.flush()
        table = self._table

        def build() -> Any:
            named = {name: sa.bindparam(f"v_{name}", type_=table.c[name].type) for name in values}
            return (
                sa.update(table)
                .where(
                    table.c.position == sa.bindparam("at", type_=sa.BigInteger),
                    table.c.business_id == sa.bindparam("shop", type_=sa.Text),
                )
                .values(named)
            )

        given = {f"v_{name}": value for name, value in values.items()}
        given |= {"at": row.position, "shop": self._business_id}
        self._wire.change(("inbox", tuple(values)), build, given)


def _by_lane(statement: Prepared, rows: Sequence[Sequence[Any]]) -> dict[str, list[InboxRow]]:
    found: dict[str, list[InboxRow]] = {}
    for raw in rows:
        row = CODECS["inbox"].make(statement.row(raw))
        found.setdefault(row.lane, []).append(row)
    return found
