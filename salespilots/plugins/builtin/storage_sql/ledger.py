"""Stock and the event log: the two append-only books."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from salespilots.domain.errors import OutOfStock
from salespilots.domain.events import Event
from salespilots.domain.stock import StockLevel, StockMovement
from salespilots.plugins.builtin.storage_sql.conditions import bound, insert_once, parameters, shape
from salespilots.plugins.builtin.storage_sql.numbers import take_number
from salespilots.plugins.builtin.storage_sql.tables import CODECS, TABLES
from salespilots.plugins.builtin.storage_sql.types import dump_json
from salespilots.plugins.builtin.storage_sql.wire import Change, Wire
from salespilots.ports.storage import one_of


class SqlStockBook:
    """See `salespilots.ports.storage.StockBook`."""

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

    def move(self, movements: Sequence[StockMovement]) -> bool:
        booked = False
        for movement in sorted(movements, key=lambda one: one.variant_id):
            if not insert_once(self._wire, self._movements, CODECS["movements"].values(movement)):
                continue
            booked = True
            if not self._changed(movement):
                self._open_level(movement)
        return booked

    def _changed(self, movement: StockMovement) -> bool:
        """The one guarded update; False when what would be left does not cover what is promised."""
        table = self._levels

        def build() -> sa.Update:
            on_hand = table.c.on_hand + sa.bindparam("shelf", type_=sa.BigInteger)
            reserved = table.c.reserved + sa.bindparam("promised", type_=sa.BigInteger)
            mine = table.c.business_id == sa.bindparam("shop", type_=sa.String)
            this = table.c.variant_id == sa.bindparam("variant", type_=sa.String)
            guarded = sa.update(table).where(mine, this, reserved >= 0, on_hand >= reserved)
            return guarded.values(on_hand=on_hand, reserved=reserved).returning(table.c.variant_id)

        given = {
            "shop": self._business_id, "variant": movement.variant_id, "shelf": movement.on_hand_delta,
            "promised": movement.reserved_delta,
        }  # fmt: skip
        return self._wire.first(("stock_move",), build, given) is not None

    def _open_level(self, movement: StockMovement) -> None:
        """The first receipt makes the level; anything else that did not fit is a lack of stock."""
        if movement.reserved_delta == 0 and movement.on_hand_delta >= 0:
            values = {
                "business_id": self._business_id, "variant_id": movement.variant_id, "on_hand": movement.on_hand_delta,
                "reserved": 0,
            }  # fmt: skip
            if insert_once(self._wire, self._levels, values):
                return
        level = self.levels([movement.variant_id])[movement.variant_id]
        raise OutOfStock(
            f"Only {level.available} available.",
            variant_id=movement.variant_id,
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


class SqlEventLog:
    """See `salespilots.ports.storage.EventLog`. Numbers are taken at commit, from a counter row."""

    def __init__(self, wire: Wire, business_id: str) -> None:
        self._wire = wire
        self._business_id = business_id
        self._table = TABLES["events"]

    def _read(self, *conditions: sa.ColumnElement, order: Sequence[sa.ColumnElement], limit: int) -> list[Event]:
        table = self._table
        query = (
            sa.select(table).where(table.c.business_id == self._business_id, *conditions).order_by(*order).limit(limit)
        )
        return [
            Event(
                type=row["type"], at=row["at"], ids=row["ids"], data=row["data"], actor=row["actor"], seq=row["seq"],
                business_id=row["business_id"],
            )
            for row in self._wire.execute(query).mappings()
        ]  # fmt: skip

    def after(self, seq: int, limit: int = 200) -> list[Event]:
        if not -(2**63) <= seq < 2**63:
            return []
        return self._read(self._table.c.seq > seq, order=[self._table.c.seq.asc()], limit=limit)

    def last_seq(self) -> int:
        query = sa.select(sa.func.max(self._table.c.seq)).where(self._table.c.business_id == self._business_id)
        return self._wire.execute(query).scalar() or 0

    def about(self, key: str, value: str, limit: int = 100) -> list[Event]:
        return self._read(self._table.c[key] == value, order=[self._table.c.seq.asc()], limit=limit)

    def latest(self, types: Sequence[str], limit: int = 20) -> list[Event]:
        newest = [self._table.c.at.desc(), self._table.c.seq.desc()]  # as the index of types has them
        return self._read(self._table.c.type.in_(list(types)), order=newest, limit=limit)

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
