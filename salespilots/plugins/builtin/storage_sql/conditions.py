"""Conditions, order and upserts in SQL, worded so that each database finds the rows by the right index."""

from __future__ import annotations

import json
import operator
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from salespilots.plugins.builtin.storage_sql.wire import Ask, Wire, places
from salespilots.ports.storage import Where


def upsert(dialect: sa.Dialect, table: sa.Table) -> Any:
    """The dialect's INSERT that can say ON CONFLICT."""
    if dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert

        return postgresql_insert(table)
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert

    return sqlite_insert(table)


def asked_once(wire: Wire, table: sa.Table, values: dict[str, Any]) -> Ask:
    """Insert unless a unique value exists; answers whether it did. PostgreSQL gives no row count here, a row it does."""

    def build() -> Any:
        named = {name: sa.bindparam(name, type_=table.c[name].type) for name in values}
        return upsert(wire.dialect, table).values(named).on_conflict_do_nothing().returning(sa.literal(1))

    return Ask(("insert", table.name), build, values, lambda _, rows: bool(rows))


def insert_once(wire: Wire, table: sa.Table, values: dict[str, Any]) -> bool:
    """The same, asked alone."""
    return bool(wire.together([asked_once(wire, table, values)])[0])


APART = frozenset({("conversations", "lane"), ("messages", "lane"), ("runs", "lane"), ("messages", "provider_ref")})
"""Fields by which rows are found in an index in which the shop does not stand."""

FINDS = frozenset({"eq", "in"})


def of_shop(wire: Wire, table: sa.Table, where: Sequence[Where] = ()) -> sa.ColumnElement:
    """The rows of the shop ``:shop`` that fit. SQLite has no statistics and takes a shop for ten rows, so it would read
    all of a shop's messages rather than look up those of two chats: there it is kept from looking them up by shop."""
    apart = not wire.far and any((table.name, one.field) in APART and one.op in FINDS for one in where)
    column = _unindexed(table.c.business_id) if apart else table.c.business_id
    return column == sa.bindparam("shop", type_=sa.Text)


def ordered(wire: Wire, table: sa.Table, where: Sequence[Where], order: str, limit: int | None) -> list[Any]:
    """What to sort by. All the rows of one order or chat are looked up and sorted: SQLite is kept from going through all
    of the shop's in that order instead."""
    few = limit is None and any(one.field.endswith("_id") and one.op in FINDS for one in where)
    return sorted_by(wire, table, order, few)


def sorted_by(wire: Wire, table: sa.Table, order: str, few: bool) -> list[Any]:
    """A field, then what tells equal ones apart. ``few``: SQLite looks the rows up and sorts them."""
    column = table.c[order.lstrip("-")]
    direction = sa.desc if order.startswith("-") else sa.asc
    ties = table.c.id if "id" in table.c else table.c.seq
    first = direction(_unindexed(column) if few and not wire.far else column)
    return [first] if ties is column else [first, direction(ties)]


def _unindexed(column: sa.Column) -> sa.ColumnElement:
    """The same value, for which SQLite uses no index."""
    return sa.literal_column(f"+{column.table.name}.{column.name}", column.type)


def like_words(column: sa.ColumnElement, text: str) -> sa.ColumnElement:
    """A case-insensitive "contains", with the text's own wildcards taken literally."""
    escaped = text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return sa.func.lower(sa.cast(column, sa.Text)).like(f"%{escaped}%", escape="\\")


def condition(table: sa.Table, where: Where) -> sa.ColumnElement:
    """A `Where` in SQL. ``like`` takes several fields joined by ``|``."""
    if where.op == "any":
        return sa.or_(*(condition(table, one) for one in where.value))
    if where.op == "like":
        return sa.or_(*(like_words(table.c[name], where.value) for name in where.field.split("|")))
    column = table.c[where.field]
    match where.op:
        case "eq":
            return column.is_(None) if where.value is None else column == where.value
        case "ne":
            return column != where.value
        case "in":
            return column.in_(where.value) if where.value else sa.false()
        case "lt":
            return column < where.value
        case "le":
            return column <= where.value
        case "gt":
            return column > where.value
        case "ge":
            return column >= where.value
        case "is_null":
            return column.is_(None)
        case "not_null":
            return column.is_not(None)
        case "has":
            text = sa.cast(column, sa.Text)  # a member as JSON has it; LIKE would not tell "VIP" from "Vip"
            return sa.func.replace(text, json.dumps(where.value, ensure_ascii=False), "") != text
    raise ValueError(f"unknown condition {where.op!r}")


_COMPARE = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}


def _states(where: Where) -> tuple[str, ...]:
    """The values of a condition on a state, which stand in the SQL itself: else no database uses an index that holds
    the rows of some states only."""
    if where.op in ("eq", "ne"):
        return (where.value,) if isinstance(where.value, StrEnum) else ()
    if where.op != "in" or not where.value or not all(isinstance(one, StrEnum) for one in where.value):
        return ()
    return tuple(sorted(where.value))


def shape(where: Sequence[Where]) -> tuple[Any, ...] | None:
    """What of the conditions the SQL depends on, or None where it depends on the values."""
    if any(one.op in ("like", "has", "any") for one in where):
        return None
    return tuple(
        (one.field, one.op, _states(one) or (places(len(one.value)) if one.op == "in" else one.value is None))
        for one in where
    )


def filled(values: Sequence[Any]) -> list[Any]:
    """A list with as many values as there are parameters for it; the last one stands in the empty places."""
    return [*values, *[values[-1]] * (places(len(values)) - len(values))]


def bound(table: sa.Table, where: Sequence[Where]) -> list[sa.ColumnElement]:
    """The conditions with parameters ``w0``, ``w1`` … in the place of values, ``w0_0`` … in that of lists."""
    made: list[sa.ColumnElement] = []
    for index, one in enumerate(where):
        states = _states(one)
        if states:
            column = table.c[one.field]
            quoted: list[sa.ColumnElement] = [sa.literal_column(f"'{state}'") for state in states]
            made.append(column.in_(quoted) if one.op == "in" else _COMPARE[one.op](column, quoted[0]))
        elif one.op == "in" and one.value:
            column = table.c[one.field]
            names = [f"w{index}_{place}" for place in range(places(len(one.value)))]
            made.append(column.in_([sa.bindparam(name, type_=column.type) for name in names]))
        elif one.op in _COMPARE and one.value is not None:
            column = table.c[one.field]
            made.append(_COMPARE[one.op](column, sa.bindparam(f"w{index}", type_=column.type)))
        else:
            made.append(condition(table, one))
    return made


def parameters(where: Sequence[Where]) -> dict[str, Any]:
    """The values of those parameters; a list's last one stands in its empty places."""
    values: dict[str, Any] = {}
    for index, one in enumerate(where):
        if _states(one):
            continue
        if one.op == "in" and one.value:
            values |= {f"w{index}_{place}": value for place, value in enumerate(filled(one.value))}
        elif one.op in _COMPARE and one.value is not None:
            values[f"w{index}"] = one.value
    return values
