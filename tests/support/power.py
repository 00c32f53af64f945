"""A power cut for SQLite: what was written and not synced to disk is gone, as if the plug had been pulled.

SQLite is run through a file layer (apsw's VFS) that remembers, for every file, what each write since its last sync
replaced. A cut puts all of that back. The driver below looks like the standard library's to SQLAlchemy, so that the
product's own storage runs on it with its own settings.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import apsw
import apsw.ext

NAME = "power"
TEMPORARY = "None"
"""What apsw calls a file without a name, which SQLite sorts in: nothing of it is on disk after a cut."""


class Power:
    """The plug. ``left``: writes until it is pulled by itself, None for never."""

    def __init__(self) -> None:
        self.off = False
        self.left: int | None = None
        self.cuts = 0
        self._undo: dict[str, list[tuple[int, bytes, int]]] = {}

    def use(self) -> None:
        """Raise when there is none; count a write."""
        if self.left is not None:
            self.left -= 1
            self.off = self.off or self.left <= 0
        self.check()

    def check(self) -> None:
        """Raise when there is none."""
        if self.off:
            raise apsw.IOError("the power is off")

    def wrote(self, path: str, offset: int, amount: int) -> None:
        """Remember what a write, or a cut to ``offset`` bytes, is about to replace."""
        if path == TEMPORARY:
            return
        size = os.path.getsize(path) if os.path.exists(path) else 0
        with open(path, "rb") as file:
            file.seek(offset)
            before = file.read(max(0, min(amount, size - offset)))
        self._undo.setdefault(path, []).append((offset, before, size))

    def synced(self, path: str) -> None:
        """It is on disk."""
        self._undo.pop(path, None)

    def cut(self) -> None:
        """Put back what was not synced, and forget what lived in memory only."""
        self.off, self.left, self.cuts = True, None, self.cuts + 1
        for path, steps in self._undo.items():
            if not os.path.exists(path):
                continue
            with open(path, "r+b") as file:
                for offset, before, size in reversed(steps):
                    file.seek(offset)
                    file.write(before)
                    file.truncate(size)
        self._undo.clear()

    def on(self, folder: Path) -> None:
        """Power again: the machine starts with its files as they are on disk."""
        for path in folder.glob("*-shm"):
            path.unlink()
        self.off = False


class _File(apsw.VFSFile):
    def __init__(self, power: Power, name: Any, flags: list[int]) -> None:
        self._power = power
        self._path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        self._power.use()
        self._power.wrote(self._path, offset, len(data))
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:
        self._power.use()
        self._power.wrote(self._path, size, 1 << 40)
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:
        self._power.check()
        super().xSync(flags)
        self._power.synced(self._path)

    def xRead(self, amount: int, offset: int) -> bytes:
        self._power.check()
        return super().xRead(amount, offset)


class _Vfs(apsw.VFS):
    def __init__(self, power: Power) -> None:
        self._power = power
        super().__init__(NAME, "")

    def xOpen(self, name: Any, flags: list[int]) -> _File:
        self._power.check()
        return _File(self._power, name, flags)

    def xDelete(self, name: str, sync: bool) -> None:
        self._power.check()
        super().xDelete(name, sync)


class Driver:
    """What SQLAlchemy takes for the module ``sqlite3``. ``weaker``: with one setting of the product's changed."""

    def __init__(self, power: Power, *, weaker: bool = False) -> None:
        self._vfs = _Vfs(power)
        self._weaker = weaker
        self.__dict__.update({name: getattr(sqlite3, name) for name in dir(sqlite3) if not name.startswith("__")})
        self.sqlite_version_info = tuple(map(int, apsw.sqlite_lib_version().split(".")))
        self.connect = self._connect

    def _connect(self, database: str, timeout: float = 5.0, **_: Any) -> Connection:
        return Connection(apsw.Connection(str(database), vfs=NAME), self._weaker)


class Connection:
    """See `sqlite3.Connection`, as far as the product goes."""

    isolation_level: str | None = None

    def __init__(self, inner: apsw.Connection, weaker: bool) -> None:
        self.inner, self._weaker = inner, weaker

    @property
    def in_transaction(self) -> bool:
        return not self.inner.getautocommit()

    def cursor(self, *_: Any) -> Cursor:
        return Cursor(self)

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Cursor:
        if self._weaker:
            sql = sql.replace("synchronous=FULL", "synchronous=NORMAL")
        return self.cursor().execute(sql, parameters)

    def commit(self) -> None:
        if self.in_transaction:
            self.execute("COMMIT")

    def rollback(self) -> None:
        if self.in_transaction:
            self.execute("ROLLBACK")

    def create_function(self, name: str, count: int, function: Any, **_: Any) -> None:
        self.inner.create_scalar_function(name, function, count)

    def close(self) -> None:
        try:
            self.inner.close(True)
        except apsw.Error:
            return


class Cursor:
    """See `sqlite3.Cursor`."""

    arraysize = 1
    description: Any = None
    lastrowid: int | None = None
    rowcount = -1

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._rows: list[Any] = []

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Cursor:
        inner = self.connection.inner
        if self.connection._weaker:
            sql = sql.replace("synchronous=FULL", "synchronous=NORMAL")
        cursor, before = inner.cursor(), inner.total_changes()
        try:
            cursor.execute(sql, parameters)
            try:
                self.description = tuple(
                    (name, None, None, None, None, None, None) for name, _ in cursor.getdescription()
                )
            except apsw.ExecutionCompleteError:
                self.description = self._columns(sql)
            self._rows = list(cursor)
        except apsw.Error as error:
            raise _translated(error) from error
        self.rowcount = inner.total_changes() - before
        self.lastrowid = inner.last_insert_rowid()
        return self

    def _columns(self, sql: str) -> Any:
        word = sql.lstrip().upper()
        if not word.startswith(("SELECT", "WITH", "PRAGMA", "VALUES")) and "RETURNING" not in word:
            return None
        names = apsw.ext.query_info(self.connection.inner, sql).description
        return tuple((name, None, None, None, None, None, None) for name, _ in names) or None

    def executemany(self, sql: str, many: Iterable[Sequence[Any]]) -> Cursor:
        total = 0
        for parameters in many:
            total += self.execute(sql, parameters).rowcount
        self.rowcount = total
        return self

    def fetchone(self) -> Any:
        return self._rows.pop(0) if self._rows else None

    def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    def fetchmany(self, size: int = 1) -> list[Any]:
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows

    def __iter__(self) -> Any:
        return iter(self.fetchall())

    def close(self) -> None:
        self._rows = []


def _translated(error: apsw.Error) -> sqlite3.Error:
    """The same trouble in the standard library's words."""
    kind: type[sqlite3.Error] = sqlite3.OperationalError
    if isinstance(error, apsw.ConstraintError):
        kind = sqlite3.IntegrityError
    elif isinstance(error, (apsw.CorruptError, apsw.NotADBError)):
        kind = sqlite3.DatabaseError
    own = sqlite3.SQLITE_IOERR if isinstance(error, apsw.IOError) else sqlite3.SQLITE_ERROR
    made = kind(str(error))
    made.sqlite_errorcode = getattr(error, "extendedresult", None) or getattr(error, "result", None) or own  # type: ignore[attr-defined]
    return made
