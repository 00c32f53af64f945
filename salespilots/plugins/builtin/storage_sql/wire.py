"""A transaction's connection: statements that come again and again are compiled once and handed straight to the driver.

SQLAlchemy writes the SQL and knows how each type is stored; what it does around every execution (contexts, result
objects, hooks) costs several times what SQLite needs to answer, so the hot statements go without it. Everything else
goes through `Wire.execute` as usual.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import sqlalchemy as sa

from salespilots.domain.errors import StaleEntity
from salespilots.ports.storage import StorageUnavailable

MAX_STATEMENTS = 2000
"""Shapes kept; a shape is a table, its conditions and its order, so there are a few hundred."""

Convert = Callable[[Any], Any]


class Prepared:
    """SQL text with what turns parameters into the driver's values and rows into ours."""

    __slots__ = ("_binds", "_named", "_row", "sql")

    def __init__(self, statement: Any, dialect: sa.Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.sql: str = str(compiled)
        order: Sequence[str] | None = compiled.positiontup
        self._named = order is None
        self._binds: list[tuple[str, Convert | None, Any]] = []
        for name in order if order is not None else list(compiled.params):
            bind = compiled.binds[name]
            convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
            self._binds.append((name, convert, compiled.params[name]))
        columns: Any = getattr(statement, "selected_columns", None) or getattr(statement, "_returning", ())
        found = [one.type.dialect_impl(dialect).result_processor(dialect, None) for one in columns]
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


_STATEMENTS: dict[tuple[Any, ...], Prepared] = {}


class Wire:
    """One open transaction. Raises `StorageUnavailable` when the database is away or full, `StaleEntity` when the
    database ended the transaction in favour of another."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self.dialect = connection.dialect
        self._driver: Any = connection.connection.dbapi_connection

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

    def change_many(self, key: tuple[Any, ...], build: Callable[[], Any], values: Sequence[Mapping[str, Any]]) -> None:
        """The same statement for many sets of parameters."""
        statement = self.prepared(key, build)
        try:
            cursor = self._driver.cursor()
            try:
                cursor.executemany(statement.sql, [statement.parameters(one) for one in values])
            finally:
                cursor.close()
        except self.dialect.loaded_dbapi.Error as error:
            self._translate(error)

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
    elif _is_away(error) or code == "42P01":
        made = StorageUnavailable("The database does not answer.")
    else:
        return None
    made.__cause__ = error
    return made


def _is_away(error: BaseException) -> bool:
    """Gone, locked, full or not migrated yet: all but an error in the SQL itself."""
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorcode != sqlite3.SQLITE_ERROR or str(error).startswith("no such table")
    if not type(error).__module__.startswith("psycopg"):
        return False
    import psycopg

    return isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))
