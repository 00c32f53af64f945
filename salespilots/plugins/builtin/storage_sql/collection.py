"""One generic collection: dataclass rows of one table, always within a scope."""

from __future__ import annotations

import base64
import json
import operator
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from salespilots.domain.errors import Conflict, InvalidInput, NotFound, StaleEntity
from salespilots.plugins.builtin.storage_sql.tables import CODECS, TABLES
from salespilots.plugins.builtin.storage_sql.types import UTCDateTime
from salespilots.ports.storage import Page, Where, storable

T = TypeVar("T")
_ID = re.compile(r"^[a-z]{3}_[A-Za-z0-9]{1,44}\Z")
"""What an id looks like: anything else is absent without asking the database."""


def upsert(connection: sa.Connection, table: sa.Table) -> Any:
    """The dialect's INSERT that can say ON CONFLICT."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert

        return postgresql_insert(table)
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert

    return sqlite_insert(table)


_STATEMENTS: dict[tuple[Any, ...], Any] = {}
"""Statements by their shape: building one costs more than running it."""

MAX_STATEMENTS = 2000


def prepared(key: tuple[Any, ...], build: Callable[[], Any]) -> Any:
    """The statement of this shape, built once."""
    found = _STATEMENTS.get(key)
    if found is None:
        if len(_STATEMENTS) >= MAX_STATEMENTS:
            _STATEMENTS.clear()
        found = _STATEMENTS[key] = build()
    return found


def insert_once(connection: sa.Connection, table: sa.Table, values: dict[str, Any]) -> bool:
    """Insert unless a unique value exists; tells whether it did. PostgreSQL gives no row count here, a row it does."""
    statement = prepared(
        ("insert", connection.dialect.name, table.name),
        lambda: upsert(connection, table).on_conflict_do_nothing().returning(sa.literal(1)),
    )
    return connection.execute(statement, values).first() is not None


def like_words(column: sa.ColumnElement, text: str) -> sa.ColumnElement:
    """A case-insensitive "contains", with the text's own wildcards taken literally."""
    escaped = text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return sa.func.lower(sa.cast(column, sa.Text)).like(f"%{escaped}%", escape="\\")


def condition(table: sa.Table, where: Where) -> sa.ColumnElement:
    """A `Where` in SQL. ``like`` takes several fields joined by ``|``."""
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
            return like_words(column, json.dumps(where.value, ensure_ascii=False))
    raise ValueError(f"unknown condition {where.op!r}")


_COMPARE = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}


def shape(where: Sequence[Where]) -> tuple[Any, ...] | None:
    """What of the conditions the SQL depends on, or None where it depends on the values."""
    if any(one.op in ("like", "has") for one in where):
        return None
    return tuple((one.field, one.op, one.value is None or (one.op == "in" and not one.value)) for one in where)


def bound(table: sa.Table, where: Sequence[Where]) -> list[sa.ColumnElement]:
    """The conditions with parameters ``w0``, ``w1`` … in the place of values."""
    made: list[sa.ColumnElement] = []
    for index, one in enumerate(where):
        if one.op == "in" and one.value:
            column = table.c[one.field]
            made.append(column.in_(sa.bindparam(f"w{index}", type_=column.type, expanding=True)))
        elif one.op in _COMPARE and one.value is not None:
            column = table.c[one.field]
            made.append(_COMPARE[one.op](column, sa.bindparam(f"w{index}", type_=column.type)))
        else:
            made.append(condition(table, one))
    return made


class SqlCollection(Generic[T]):
    """See `salespilots.ports.storage.Collection`."""

    def __init__(self, connection: sa.Connection, name: str, business_id: str | None) -> None:
        self._connection = connection
        self._name = name
        self._table = TABLES[name]
        self._codec = CODECS[name]
        self._business_id = business_id

    def _scoped(self, *conditions: sa.ColumnElement) -> list[sa.ColumnElement]:
        if self._business_id is None:
            return list(conditions)
        return [self._table.c.business_id == self._business_id, *conditions]

    def get(self, id: str) -> T:
        found = self.find(id=id) if isinstance(id, str) and _ID.match(id) else None
        if found is None:
            raise NotFound(f"There is no such {self._codec.entity.__name__.lower()}.")
        return found

    def find(self, **equal: Any) -> T | None:
        if not all(map(storable, equal.values())):
            return None
        row = self._rows([Where(name, "eq", value) for name, value in equal.items()], "", 1).first()
        return self._codec.load(row) if row else None

    def _rows(self, where: Sequence[Where], order: str, limit: int | None) -> Any:
        """Rows that fit, by a statement that is built once for each shape."""

        def build() -> Any:
            conditions = bound(self._table, where)
            if self._business_id is not None:
                conditions.insert(0, self._table.c.business_id == sa.bindparam("shop"))
            query = sa.select(self._table).where(*conditions)
            if order:
                direction = sa.desc if order.startswith("-") else sa.asc
                query = query.order_by(direction(self._table.c[order.lstrip("-")]), direction(self._table.c.id))
            return query if limit is None else query.limit(sa.bindparam("most", type_=sa.Integer))

        fixed = shape(where)
        key = ("select", self._name, self._business_id is None, fixed, order, limit is None)
        query = build() if fixed is None else prepared(key, build)
        values = {f"w{index}": one.value for index, one in enumerate(where) if one.op in _COMPARE or one.op == "in"}
        values = {
            name: list(one) if isinstance(one, (set, frozenset, tuple)) else one
            for name, one in values.items()
            if one is not None and one != []
        }
        if self._business_id is not None:
            values["shop"] = self._business_id
        if limit is not None:
            values["most"] = limit
        return self._connection.execute(query, values).mappings()

    def add(self, entity: T) -> None:
        if not self.add_once(entity):
            raise Conflict(f"This {self._codec.entity.__name__.lower()} exists already.")

    def add_once(self, entity: T) -> bool:
        self._own(entity)
        return insert_once(self._connection, self._table, self._codec.values(entity))

    def save(self, entity: Any) -> None:
        self._own(entity)
        values = self._codec.values(entity)
        values["version"] = entity.version + 1
        scoped = self._business_id is not None

        def build() -> Any:
            table = self._table
            conditions = [table.c.id == sa.bindparam("at_id"), table.c.version == sa.bindparam("at_version")]
            if scoped:
                conditions.append(table.c.business_id == sa.bindparam("shop"))
            return (
                sa.update(table)
                .where(*conditions)
                .values({name: sa.bindparam(f"v_{name}", type_=table.c[name].type) for name in values})
            )

        statement = prepared(("update", self._name, scoped, tuple(values)), build)
        given = {f"v_{name}": value for name, value in values.items()}
        given |= {"at_id": entity.id, "at_version": entity.version, **({"shop": self._business_id} if scoped else {})}
        try:
            changed = self._connection.execute(statement, given).rowcount
        except sa.exc.IntegrityError as error:
            raise Conflict(f"This {self._codec.entity.__name__.lower()} exists already.") from error
        if changed != 1:
            raise StaleEntity(f"The {self._codec.entity.__name__.lower()} was changed meanwhile.")
        entity.version += 1

    def remove(self, entity: Any) -> None:
        self._connection.execute(sa.delete(self._table).where(*self._scoped(self._table.c.id == entity.id)))

    def select(self, *where: Where, order: str = "id", limit: int | None = None) -> list[T]:
        return [self._codec.load(row) for row in self._rows(where, order, limit)]

    def page(self, *where: Where, order: str = "-created_at", cursor: str | None = None, limit: int = 50) -> Page[T]:
        name = order.lstrip("-")
        column, tie = self._table.c[name], self._table.c.id
        conditions = self._scoped(*(condition(self._table, one) for one in where))
        descending = order.startswith("-")
        if cursor:
            value, last = read_cursor(cursor, column)
            pair, edge = sa.tuple_(column, tie), sa.tuple_(sa.literal(value, column.type), sa.literal(last))
            conditions.append(pair < edge if descending else pair > edge)
        direction = sa.desc if descending else sa.asc
        query = sa.select(self._table).where(*conditions).order_by(direction(column), direction(tie)).limit(limit + 1)
        items = [self._codec.load(row) for row in self._connection.execute(query).mappings()]
        more = len(items) > limit
        items = items[:limit]
        return Page(items, write_cursor(getattr(items[-1], name), items[-1].id) if more else None)

    def count(self, *where: Where) -> int:
        query = sa.select(sa.func.count()).select_from(self._table)
        return self._connection.execute(
            query.where(*self._scoped(*(condition(self._table, one) for one in where)))
        ).scalar_one()

    def _own(self, entity: Any) -> None:
        if self._business_id is not None and entity.business_id != self._business_id:
            raise NotFound("That belongs to another shop.")


def write_cursor(value: Any, id: str) -> str:
    """Where a page ended, as opaque text."""
    plain = value.isoformat() if isinstance(value, datetime) else value
    return base64.urlsafe_b64encode(json.dumps([plain, id]).encode()).decode().rstrip("=")


def read_cursor(cursor: str, column: sa.Column) -> tuple[Any, str]:
    """Back again; anything that is not one of ours raises `InvalidInput`."""
    try:
        value, last = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        wanted = datetime if isinstance(column.type, UTCDateTime) else column.type.python_type
        if wanted is datetime:
            value = datetime.fromisoformat(value)
            if value.tzinfo is None:
                raise ValueError("naive")
            value = value.astimezone(UTC)
        elif not isinstance(value, wanted) or isinstance(value, bool):
            raise ValueError("type")
        if isinstance(value, int) and abs(value) >= 2**63:
            raise ValueError("number")
        if not isinstance(last, str) or not (storable(value) and storable(last)):
            raise ValueError("text")
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InvalidInput({"cursor": ["This cursor is not from this list."]}) from error
    return value, last
