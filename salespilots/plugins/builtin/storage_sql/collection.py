"""One generic collection: dataclass rows of one table, always within a scope."""

from __future__ import annotations

import base64
import json
import re
from datetime import datetime
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from salespilots.domain.errors import Conflict, InvalidInput, NotFound, StaleEntity
from salespilots.plugins.builtin.storage_sql.tables import CODECS, TABLES
from salespilots.plugins.builtin.storage_sql.types import UTCDateTime
from salespilots.ports.storage import Page, Where

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


def insert_once(connection: sa.Connection, table: sa.Table, values: dict[str, Any]) -> bool:
    """Insert unless a unique value exists; tells whether it did. PostgreSQL gives no row count here, a row it does."""
    statement = upsert(connection, table).values(values).on_conflict_do_nothing().returning(sa.literal(1))
    return connection.execute(statement).first() is not None


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
        query = sa.select(self._table).where(
            *self._scoped(*(condition(self._table, Where(name, "eq", value)) for name, value in equal.items()))
        )
        row = self._connection.execute(query.limit(1)).mappings().first()
        return self._codec.load(row) if row else None

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
        statement = (
            sa.update(self._table)
            .where(*self._scoped(self._table.c.id == entity.id, self._table.c.version == entity.version))
            .values(values)
        )
        try:
            changed = self._connection.execute(statement).rowcount
        except sa.exc.IntegrityError as error:
            raise Conflict(f"This {self._codec.entity.__name__.lower()} exists already.") from error
        if changed != 1:
            raise StaleEntity(f"The {self._codec.entity.__name__.lower()} was changed meanwhile.")
        entity.version += 1

    def remove(self, entity: Any) -> None:
        self._connection.execute(sa.delete(self._table).where(*self._scoped(self._table.c.id == entity.id)))

    def select(self, *where: Where, order: str = "id", limit: int | None = None) -> list[T]:
        column = self._table.c[order.lstrip("-")]
        tie = self._table.c.id
        direction = sa.desc if order.startswith("-") else sa.asc
        query = (
            sa.select(self._table)
            .where(*self._scoped(*(condition(self._table, one) for one in where)))
            .order_by(direction(column), direction(tie))
        )
        if limit is not None:
            query = query.limit(limit)
        return [self._codec.load(row) for row in self._connection.execute(query).mappings()]

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
        elif not isinstance(value, wanted) or isinstance(value, bool):
            raise ValueError("type")
        if not isinstance(last, str) or "\x00" in last or (isinstance(value, int) and abs(value) >= 2**63):
            raise ValueError("id")
    except (ValueError, TypeError) as error:
        raise InvalidInput({"cursor": ["This cursor is not from this list."]}) from error
    return value, last
