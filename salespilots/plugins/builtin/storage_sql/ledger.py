"""Stock and the event log: the two append-only books."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from salespilots.domain.errors import OutOfStock
from salespilots.domain.events import Event
from salespilots.domain.stock import StockLevel, StockMovement
from salespilots.plugins.builtin.storage_sql.bulk import insert_rows
from salespilots.plugins.builtin.storage_sql.conditions import (
    bound,
    insert_once,
    of_shop,
    parameters,
    shape,
    sorted_by,
    upsert,
)
from salespilots.plugins.builtin.storage_sql.numbers import take_number
from salespilots.plugins.builtin.storage_sql.tables import CODECS, TABLES
from salespilots.plugins.builtin.storage_sql.types import dump_json
from salespilots.plugins.builtin.storage_sql.wire import Ask, Change, Prepared, Wire, places
from salespilots.ports.storage import Where, eq, one_of

MOST_QUEUED = 32
"""Lines of an order that queue for their pieces; a long list, of an import, would fill the server's table of locks."""

_QUEUE = "SELECT pg_advisory_xact_lock(place) FROM unnest(CAST(:places AS bigint[])) AS place"


def _place(business_id: str, variant_id: str) -> int:
    """Where the buyers of a variant queue: a number that no other variant shares, as good as."""
    return int.from_bytes(hashlib.sha256(f"stock:{business_id}:{variant_id}".encode()).digest()[:8], signed=True)


class SqlStockBook:
    """See `salespilots.ports.books.StockBook`."""

    def __init__(self, wire: Wire, business_id: str) -> None:
        self._wire = wire
        self._business_id = business_id
        self._levels = TABLES["levels"]
        self._movements = TABLES["movements"]

    def levels(self, variant_ids: Sequence[str]) -> dict[str, StockLevel]:
        found = {one: StockLevel(variant_id=one) for one in variant_ids}
        if found:
            table, where = self._levels, [one_of("variant_id", found)]

            def build() -> sa.Select:
                mine = table.c.business_id == sa.bindparam("shop", type_=sa.Text)
                return sa.select(table.c.variant_id, table.c.on_hand, table.c.reserved).where(
                    mine, *bound(table, where)
                )

            given = {**parameters(where), "shop": self._business_id}
            for variant_id, on_hand, reserved in self._wire.rows(("levels", shape(where)), build, given):
                found[variant_id] = StockLevel(variant_id=variant_id, on_hand=on_hand, reserved=reserved)
        return found

    def move(self, movements: Sequence[StockMovement]) -> dict[str, StockLevel]:
        """First the lines of the ledger, which nobody waits for, then one guarded update for each variant, all at once to
        a server that is far: a hot row is locked for as few exchanges as can be."""
        new = self._book(sorted(movements, key=lambda one: one.variant_id))
        of_variant = [list(some) for _, some in groupby(new, key=lambda one: one.variant_id)]
        if not of_variant:
            return {}
        queue = self._queueing(new)
        changes = self._wire.together([*queue, *map(self._changing, of_variant)])[len(queue) :]
        levels: dict[str, StockLevel] = {}
        for some, changed in zip(of_variant, changes, strict=True):
            levels[some[0].variant_id] = changed or self._first_or_short(some)
        return levels

    def _book(self, movements: Sequence[StockMovement]) -> list[StockMovement]:
        """Write their lines, unless their causes have one. Returns those that are new."""
        if not movements:
            return []
        movements = list({one.id: one for one in movements}.values())
        many = self._wire.far and len(movements) > 1
        asks = [self._booking_many(movements)] if many else list(map(self._booking, movements))
        booked = set().union(*self._wire.together(asks))
        return [one for one in movements if one.id in booked]

    def _queueing(self, movements: Sequence[StockMovement]) -> list[Ask]:
        """Buyers of a hot piece wait in the order in which they came. PostgreSQL wakes all who wait for a row whenever
        it changes, and the more there are the slower each gets; for an advisory lock it wakes one. The guard does not
        rely on it."""
        places = sorted({_place(self._business_id, one.variant_id) for one in movements}) if self._wire.far else []
        if not 0 < len(places) <= MOST_QUEUED:
            return []
        return [Ask(("stock_queue",), lambda: sa.text(_QUEUE), {"places": places}, lambda _, rows: None)]

    def _booking(self, movement: StockMovement) -> Ask:
        """Its line in the ledger, unless its cause has one. Answers the ids of what it wrote."""
        table, row = self._movements, CODECS["movements"].values(movement)

        def build() -> Any:
            named = {name: sa.bindparam(name, type_=table.c[name].type) for name in row}
            return upsert(self._wire.dialect, table).values(named).on_conflict_do_nothing().returning(table.c.id)

        return Ask(("stock_line",), build, row, lambda _, found: {one[0] for one in found})

    def _booking_many(self, movements: Sequence[StockMovement]) -> Ask:
        """The same for several, of a server."""
        table, rows = self._movements, [CODECS["movements"].values(one) for one in movements]

        def build() -> sa.TextualSelect:
            many = insert_rows(table, list(rows[0]), places(len(rows)), once=True, returning="id")
            return many.columns(table.c.id)

        given = {"rows": dump_json(rows)}
        return Ask(("stock_lines", places(len(rows))), build, given, lambda _, found: {one[0] for one in found})

    def _changing(self, movements: Sequence[StockMovement]) -> Ask:
        """The one guarded update of a variant. Answers the level, or None when what would be left does not cover what is
        promised."""
        table = self._levels

        def build() -> sa.Update:
            on_hand = table.c.on_hand + sa.bindparam("shelf", type_=sa.BigInteger)
            reserved = table.c.reserved + sa.bindparam("promised", type_=sa.BigInteger)
            mine = table.c.business_id == sa.bindparam("shop", type_=sa.String)
            this = table.c.variant_id == sa.bindparam("variant", type_=sa.String)
            guarded = sa.update(table).where(mine, this, reserved >= 0, on_hand >= reserved)
            return guarded.values(on_hand=on_hand, reserved=reserved).returning(table.c.on_hand, table.c.reserved)

        given = {
            "shop": self._business_id, "variant": movements[0].variant_id,
            "shelf": sum(one.on_hand_delta for one in movements),
            "promised": sum(one.reserved_delta for one in movements),
        }  # fmt: skip

        def take(statement: Prepared, rows: Sequence[Sequence[Any]]) -> StockLevel | None:
            on_hand, reserved = rows[0] if rows else (None, None)
            if on_hand is None or reserved is None:
                return None
            return StockLevel(variant_id=movements[0].variant_id, on_hand=on_hand, reserved=reserved)

        return Ask(("stock_move",), build, given, take)

    def _first_or_short(self, movements: Sequence[StockMovement]) -> StockLevel:
        """What came first makes the level, and what was sent with it finds it now; anything else is short."""
        variant_id = movements[0].variant_id
        on_hand = sum(one.on_hand_delta for one in movements)
        reserved = sum(one.reserved_delta for one in movements)
        if 0 <= reserved <= on_hand:
            first = StockLevel(variant_id=variant_id, on_hand=on_hand, reserved=reserved)
            values = {"business_id": self._business_id, **dataclasses.asdict(first)}
            if insert_once(self._wire, self._levels, values):
                return first
        changed: StockLevel | None = self._wire.together([self._changing(movements)])[0]
        if changed is not None:
            return changed
        level = self.levels([variant_id])[variant_id]
        raise OutOfStock(
            f"Only {level.available} available.",
            variant_id=variant_id,
            available=level.available,
            reserved=level.reserved,
            on_hand=level.on_hand,
        )

    def movements(self, variant_id: str, limit: int = 50) -> list[StockMovement]:
        table = self._movements
        query = (
            sa.select(table)
            .where(table.c.business_id == self._business_id, table.c.variant_id == variant_id)
            .order_by(table.c.at.desc(), table.c.id.desc())
            .limit(limit)
        )
        return [CODECS["movements"].load(row) for row in self._wire.execute(query).mappings()]


_EVENT = ("type", "at", "ids", "data", "actor", "seq", "business_id")


class SqlEventLog:
    """See `salespilots.ports.books.EventLog`. Numbers are taken at commit, from a counter row."""

    def __init__(self, wire: Wire, business_id: str) -> None:
        self._wire = wire
        self._business_id = business_id
        self._table = TABLES["events"]

    def _read(self, where: Sequence[Where], order: str, limit: int, near: bool = False, but: str = "") -> list[Event]:
        """``near``: the rows that fit are few and lie together, whatever the order. ``but``: how types do not begin."""
        table = self._table

        def build() -> sa.Select:
            columns = [table.c[name] for name in _EVENT]
            query = sa.select(*columns).where(of_shop(self._wire, table), *bound(table, where))
            if but:
                query = query.where(table.c.type.not_like(sa.bindparam("but", type_=sa.Text)))
            query = query.order_by(*sorted_by(self._wire, table, order, near))
            return query.limit(sa.bindparam("most", type_=sa.Integer))

        given = {**parameters(where), "shop": self._business_id, "most": limit, "but": f"{but}%"}
        rows = self._wire.rows(("events", shape(where), order, near, bool(but)), build, given)
        return [Event(**dict(zip(_EVENT, row, strict=True))) for row in rows]

    def after(self, seq: int, limit: int = 200) -> list[Event]:
        if not -(2**63) <= seq < 2**63:
            return []
        return self._read([Where("seq", "gt", seq)], "seq", limit)

    def last_seq(self) -> int:
        query = sa.select(sa.func.max(self._table.c.seq)).where(self._table.c.business_id == self._business_id)
        return self._wire.execute(query).scalar() or 0

    def about(self, key: str, value: str, limit: int = 100, but: str = "") -> list[Event]:
        return self._read([eq(key, value)], "seq", limit, near=True, but=but)

    def latest(self, types: Sequence[str], limit: int = 20) -> list[Event]:
        return self._read([one_of("type", types)], "-at", limit)

    def append(self, events: Sequence[Event]) -> list[Change]:
        """What numbers the events and writes them; done last, before the commit, so the counter is locked only briefly."""
        shop, count = self._business_id, len(events)
        if self._wire.far:
            lines = [
                {
                    "type": one.type, "at": one.at, "actor": one.actor, "ids": one.ids, "data": one.data,
                    "order_id": one.ids.get("order_id"), "conversation_id": one.ids.get("conversation_id"),
                }
                for one in events
            ]  # fmt: skip
            given = {"shop": shop, "count": count, "rows": dump_json(lines)}
            return [Change(("events",), lambda: sa.text(_APPEND), [given])]
        last = take_number(self._wire, shop, "event", count)
        table = self._table
        names = ("business_id", "seq", "type", "at", "actor", "ids", "data", "order_id", "conversation_id")

        def build() -> sa.Insert:
            return sa.insert(table).values({name: sa.bindparam(name, type_=table.c[name].type) for name in names})

        rows = [
            {
                "business_id": shop, "seq": last - count + 1 + index, "type": event.type, "at": event.at,
                "actor": event.actor, "ids": event.ids, "data": event.data, "order_id": event.ids.get("order_id"),
                "conversation_id": event.ids.get("conversation_id"),
            }
            for index, event in enumerate(events)
        ]  # fmt: skip
        return [Change(("events",), build, rows)]


_APPEND = """
WITH number AS (
    INSERT INTO counters (business_id, name, value) VALUES (:shop, 'event', CAST(:count AS bigint))
    ON CONFLICT (business_id, name) DO UPDATE SET value = counters.value + CAST(:count AS bigint) RETURNING value
)
INSERT INTO event_log (business_id, seq, type, at, actor, ids, data, order_id, conversation_id)
SELECT :shop, number.value - CAST(:count AS bigint) + one.place, one.type, one.at, one.actor, one.ids, one.data,
       one.order_id, one.conversation_id
FROM number, ROWS FROM (
    json_to_recordset(CAST(:rows AS json))
    AS (type text, at timestamptz, actor text, ids json, data json, order_id text, conversation_id text)
) WITH ORDINALITY AS one(type, at, actor, ids, data, order_id, conversation_id, place)
"""
"""Taking the numbers and writing the lines under them, as one statement."""
