"""Counters of a shop: gap-free numbers, and limits that nobody passes."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from salespilots.plugins.builtin.storage_sql.conditions import upsert
from salespilots.plugins.builtin.storage_sql.tables import TABLES
from salespilots.plugins.builtin.storage_sql.wire import Ask, Wire

COUNTER_START = {"order": 1000}


def take_number(wire: Wire, business_id: str, name: str, count: int = 1) -> int:
    """Raise a counter by ``count`` and return its new value; rolled back with the unit."""
    table = TABLES["counters"]

    def build() -> sa.sql.expression.Executable:
        first = {
            "business_id": sa.bindparam("shop", type_=sa.String), "name": sa.bindparam("counter", type_=sa.String),
            "value": sa.bindparam("first", type_=sa.BigInteger),
        }  # fmt: skip
        return (
            upsert(wire.dialect, table)
            .values(first)
            .on_conflict_do_update(
                index_elements=["business_id", "name"],
                set_={"value": table.c.value + sa.bindparam("more", type_=sa.BigInteger)},
            )
            .returning(table.c.value)
        )

    given = {"shop": business_id, "counter": name, "first": COUNTER_START.get(name, 0) + count, "more": count}
    found = wire.first(("number",), build, given)
    assert found is not None
    return int(found[0])


def ask_numbers(business_id: str, names: Sequence[str]) -> Ask:
    """The query for these counters of a shop."""
    table = TABLES["counters"]

    named = {f"name_{place}": name for place, name in enumerate(names)}

    def build() -> sa.Select:
        mine = table.c.business_id == sa.bindparam("shop", type_=sa.String)
        wanted = sa.or_(*(table.c.name == sa.bindparam(place, type_=sa.String) for place in named))
        return sa.select(table.c.name, table.c.value).where(mine, wanted)

    given = {"shop": business_id, **named}
    return Ask(("numbers", len(named)), build, given, lambda _, rows: {name: value for name, value in rows})


def take_below(wire: Wire, business_id: str, name: str, most: int) -> bool:
    """Raise a counter by one unless it has reached ``most``. The row is locked until the unit ends."""
    table = TABLES["counters"]
    first = upsert(wire.dialect, table).values(business_id=business_id, name=name, value=0).on_conflict_do_nothing()
    wire.execute(first)
    raised = sa.update(table).where(table.c.business_id == business_id, table.c.name == name, table.c.value < most)
    return bool(wire.execute(raised.values(value=table.c.value + 1)).rowcount == 1)


def lower(wire: Wire, business_id: str, name: str) -> None:
    """Lower a counter by one, never below nothing."""
    table = TABLES["counters"]
    lowered = sa.update(table).where(table.c.business_id == business_id, table.c.name == name, table.c.value > 0)
    wire.execute(lowered.values(value=table.c.value - 1))
