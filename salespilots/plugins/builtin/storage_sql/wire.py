"""A transaction's connection: statements that come again and again are compiled once and handed straight to the driver.

SQLAlchemy writes the SQL and knows how each type is stored; what it does around every execution (contexts, result
objects, hooks) costs several times what SQLite needs to answer, so the hot statements go without it. Everything else
goes through `Wire.execute` as usual.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

import sqlalchemy as sa

from salespilots.domain.errors import Conflict, StaleEntity
from salespilots.plugins.builtin.storage_sql.types import (
    UTCDateTime,
    dump_json,
    load_json,
    text_as_time,
    time_as_text,
)
from salespilots.ports.storage import StorageUnavailable

MAX_STATEMENTS = 2000
"""Shapes kept; a shape is a table, its conditions and its order, so there are a few hundred."""

Convert = Callable[[Any], Any]


def places(count: int) -> int:
    """Places for so many values, so that a few shapes serve lists of every length."""
    return 1 << (count - 1).bit_length() if count else 0


class Prepared:
    """SQL text with what turns parameters into the driver's values and rows into ours."""

    __slots__ = ("_binds", "_named", "_row", "sql")

    def __init__(self, statement: Any, dialect: sa.Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.sql: str = str(compiled)
        order: Sequence[str] | None = compiled.positiontup
        self._named = order is None
        self._binds: list[tuple[str, Convert | None, Any]] = []
        own = compiled.params  # made anew each time it is asked for
        for name in order if order is not None else list(own):
            bind = compiled.binds[name]
            self._binds.append((name, _to_driver(bind.type, dialect), own[name]))
        columns: Any = getattr(statement, "selected_columns", None) or getattr(statement, "_returning", ())
        found = [_from_driver(one.type, dialect) for one in columns]
        self._row = [(index, convert) for index, convert in enumerate(found) if convert is not None]

    def parameters(self, given: Mapping[str, Any]) -> Any:
        """The driver's parameters; what is not given has the statement's own value."""
        values = [
            convert(given.get(name, own)) if convert is not None else given.get(name, own)
            for name, convert, own in self._binds
        ]
        return {name: value for (name, _, _), value in zip(self._binds, values, strict=True)} if self._named else values

    def row(self, raw: Sequence[Any]) -> list[Any]:
        """A row's values as the domain has them, in the order of the columns."""
        values = list(raw)
        for index, convert in self._row:
            values[index] = convert(values[index])
        return values


def _to_driver(type_: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Convert | None:
    if dialect.name == "sqlite" and isinstance(type_, UTCDateTime):
        return time_as_text
    if dialect.name == "sqlite" and isinstance(type_, sa.JSON):
        return dump_json
    return type_.dialect_impl(dialect).bind_processor(dialect)


def _from_driver(type_: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Convert | None:
    if dialect.name == "sqlite" and isinstance(type_, UTCDateTime):
        return text_as_time
    if dialect.name == "sqlite" and isinstance(type_, sa.JSON):
        return load_json
    return type_.dialect_impl(dialect).result_processor(dialect, None)


@dataclass(frozen=True, slots=True)
class Ask:
    """A query to be asked with others. ``take`` makes something of the statement and its rows."""

    key: tuple[Any, ...]
    build: Callable[[], Any]
    values: Mapping[str, Any]
    take: Callable[[Prepared, list[Sequence[Any]]], Any]


@dataclass(frozen=True, slots=True)
class Change:
    """A statement to be run for each of ``rows``, with others. ``missing``: what to raise unless each changed a row.
    ``build_many``: makes the statement that does it for so many rows at once, on PostgreSQL (see `bulk`)."""

    key: tuple[Any, ...]
    build: Callable[[], Any]
    rows: Sequence[Mapping[str, Any]]
    missing: Exception | None = None
    build_many: Callable[[int], Any] | None = None


_STATEMENTS: dict[tuple[Any, ...], Prepared] = {}


class Wire:
    """One open transaction. Raises `StorageUnavailable` when the database is away or full, `StaleEntity` when the
    database ended the transaction in favour of another."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self.dialect = connection.dialect
        self._driver: Any = connection.connection.dbapi_connection
        self.far = connection.dialect.name == "postgresql"

    def execute(self, statement: Any, parameters: Any = None) -> Any:
        """The usual way, for what is asked rarely."""
        return self._connection.execute(statement, parameters)

    def prepared(self, key: tuple[Any, ...], build: Callable[[], Any]) -> Prepared:
        """The statement of this shape, compiled once for each kind of database."""
        full = (self.dialect.name, *key)
        found = _STATEMENTS.get(full)
        if found is None:
            if len(_STATEMENTS) >= MAX_STATEMENTS:
                _STATEMENTS.clear()
            found = _STATEMENTS[full] = Prepared(build(), self.dialect)
        return found

    def rows(self, key: tuple[Any, ...], build: Callable[[], Any], values: Mapping[str, Any]) -> list[list[Any]]:
        """Every row of a query, or of what a change returns."""
        statement, found = self.raw(key, build, values)
        return [statement.row(one) for one in found]

    def raw(
        self, key: tuple[Any, ...], build: Callable[[], Any], values: Mapping[str, Any]
    ) -> tuple[Prepared, list[Sequence[Any]]]:
        """The same as the driver gives them, with the statement whose `Prepared.row` reads one."""
        statement = self.prepared(key, build)
        try:
            return statement, self._driver.execute(statement.sql, statement.parameters(values)).fetchall()
        except self.dialect.loaded_dbapi.Error as error:
            self._translate(error)

    def first(self, key: tuple[Any, ...], build: Callable[[], Any], values: Mapping[str, Any]) -> list[Any] | None:
        """The first row, if there is one."""
        found = self.rows(key, build, values)
        return found[0] if found else None

    def change(self, key: tuple[Any, ...], build: Callable[[], Any], values: Mapping[str, Any]) -> int:
        """Rows changed by a statement without RETURNING."""
        statement = self.prepared(key, build)
        try:
            return int(self._driver.execute(statement.sql, statement.parameters(values)).rowcount)
        except self.dialect.loaded_dbapi.Error as error:
            self._translate(error)

    def together(self, asks: Sequence[Ask]) -> list[Any]:
        """Several queries, answered in the order asked; a server far away is asked once for all of them."""
        if len(asks) == 1 or not self.far:
            return [ask.take(*self.raw(ask.key, ask.build, ask.values)) for ask in asks]
        prepared = [self.prepared(ask.key, ask.build) for ask in asks]
        try:
            with self._driver.pipeline():
                cursors = [
                    self._driver.execute(one.sql, one.parameters(ask.values))
                    for one, ask in zip(prepared, asks, strict=True)
                ]
            found = [cursor.fetchall() for cursor in cursors]
        except self.dialect.loaded_dbapi.Error as error:
            self._translate(error)
        return [ask.take(one, rows) for ask, one, rows in zip(asks, prepared, found, strict=True)]

    def write(self, changes: Sequence[Change], *, last: bool = False) -> None:
        """Several changes in this order, sent together. Raises `Conflict` for a unique value that exists already, and
        what a change says for rows that were not there to be changed. ``last``: to be made durable at once, so a server
        far away gets the commit with them, unless a change may turn out to be stale."""
        last = last and all(one.missing is None for one in changes)
        try:
            if self.far and (last or sum(len(one.rows) for one in changes) > 1):
                counts = self._write_far(changes, last)
            else:
                counts = [self._write_near(one) for one in changes]
        except self.dialect.loaded_dbapi.Error as error:
            if is_taken(error):
                raise Conflict("This exists already.") from error
            self._translate(error)
        for change, count in zip(changes, counts, strict=True):
            if change.missing is not None and count != len(change.rows):
                raise change.missing

    def _write_near(self, change: Change) -> int:
        statement = self.prepared(change.key, change.build)
        if len(change.rows) == 1:
            return int(self._driver.execute(statement.sql, statement.parameters(change.rows[0])).rowcount)
        cursor = self._driver.cursor()
        try:
            cursor.executemany(statement.sql, [statement.parameters(one) for one in change.rows])
            return int(cursor.rowcount)
        finally:
            cursor.close()

    def _write_far(self, changes: Sequence[Change], last: bool) -> list[int]:
        with self._driver.pipeline():
            cursors = [self._sent(change) for change in changes]
            if last:
                self._driver.commit()
        return [sum(int(cursor.rowcount) for cursor in of) for of in cursors]

    def _sent(self, change: Change) -> list[Any]:
        if change.build_many is not None and len(change.rows) > 1:
            most = places(len(change.rows))
            statement = self.prepared((*change.key, "many", most), partial(change.build_many, most))
            return [self._driver.execute(statement.sql, {"rows": dump_json(change.rows)})]
        statement = self.prepared(change.key, change.build)
        return [self._driver.execute(statement.sql, statement.parameters(one)) for one in change.rows]

    def control(self, command: str) -> None:
        """``BEGIN`` and its like."""
        try:
            self._driver.execute(command)
        except self.dialect.loaded_dbapi.Error as error:
            self._translate(error)

    def begin_writing(self) -> bool:
        """Take SQLite's only pen. Returns whether we have it: another process may be writing."""
        try:
            self._driver.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
                return False
            self._translate(error)
        return True

    def commit(self) -> None:
        """Make everything durable that is not yet."""
        try:
            self._driver.commit()
        except self.dialect.loaded_dbapi.Error as error:
            self._translate(error)

    def end(self) -> None:
        """Roll back what was not committed; a connection that cannot is of no use any more."""
        if self._connection.invalidated:
            return
        try:
            self._driver.rollback()
            if self._connection.in_transaction():
                self._connection.rollback()  # SQLAlchemy's own account of it
        except (self.dialect.loaded_dbapi.Error, sa.exc.SQLAlchemyError, StorageUnavailable):
            self._connection.invalidate()

    def _translate(self, error: Exception) -> NoReturn:
        raise self.refusal(error) or error

    def refusal(self, error: Exception) -> Exception | None:
        """What a driver's error means to the core; None when it is a bug of ours or a broken rule of the schema."""
        made = refusal(error)
        if isinstance(made, StorageUnavailable) and not isinstance(error, sqlite3.Error):
            self._connection.invalidate()
        return made


def refusal(error: BaseException | None) -> Exception | None:
    """A driver's error in the core's words, or None for what the caller must see as it is."""
    if error is None:
        return None
    code = getattr(error, "sqlstate", None)
    if code in ("40001", "40P01"):  # serialisation failure, deadlock: somebody else went first
        made: Exception = StaleEntity("Another change went first.")
    elif _is_away(error) or code in ("42P01", "25P03"):  # no such table yet; our session was ended while it slept
        made = StorageUnavailable("The database does not answer.")
    else:
        return None
    made.__cause__ = error
    return made


def is_taken(error: BaseException) -> bool:
    """Whether a unique value exists already."""
    if isinstance(error, sqlite3.IntegrityError):
        return error.sqlite_errorcode in (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
    return getattr(error, "sqlstate", None) == "23505"


def _is_away(error: BaseException) -> bool:
    """Gone, locked, full or not migrated yet: all but an error in the SQL itself."""
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorcode != sqlite3.SQLITE_ERROR or str(error).startswith("no such table")
    if not type(error).__module__.startswith("psycopg"):
        return False
    import psycopg

    return isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))
