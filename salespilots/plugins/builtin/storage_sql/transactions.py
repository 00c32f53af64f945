"""Transactions on connections that are kept open: begun, ended and given back without asking anybody but the driver."""

from __future__ import annotations

import threading
import time
from contextlib import AbstractContextManager, nullcontext

import sqlalchemy as sa

from salespilots.plugins.builtin.storage_sql.wire import Wire
from salespilots.ports.storage import StorageUnavailable

KEPT = 32
"""Connections kept open while nobody uses them: of SQLite for each kind, of a server in all."""

MOST_OPEN = 64
"""Connections of a process, as the engine is set up."""

IDLE_SECONDS = 2.0
"""A connection to a server that rested this long is asked whether it is there still before it is used."""

PLAN_SECONDS = 15.0
"""How long a connection to a server keeps its plans. One that was made while a table was nearly empty takes any index for
as good as another, and would read all of a shop's rows by it until the table's statistics change."""

PLANNED = "salespilots_planned"
"""Where a connection's info has since when its plans are kept."""

BUSY_SECONDS = 10
NAP_SECONDS = 0.0004

OWN_BEGIN = "salespilots_own_begin"
"""The execution option of a connection whose transactions are begun here and not by SQLAlchemy."""


class Lines:
    """The connections of a storage. Taking one from SQLAlchemy's pool costs more than a small transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.embedded = engine.dialect.name == "sqlite"
        self._resting: dict[bool, list[tuple[sa.Connection, float]]] = {False: [], True: []}
        """By whether they are `_ours`."""
        self._lock = threading.Lock()
        self._turn: AbstractContextManager[object] = threading.RLock() if self.embedded else nullcontext()

    def turn(self, read_only: bool) -> AbstractContextManager[object]:
        """Who writes to SQLite waits here, in order, for the other threads of the process. SQLite itself would let
        them try again after ever longer naps."""
        return nullcontext() if read_only else self._turn

    def take(self, read_only: bool) -> sa.Connection:
        """A connection with no transaction. Raises `StorageUnavailable`."""
        ours = self._ours(read_only)
        while True:
            with self._lock:
                found = self._resting[ours].pop() if self._resting[ours] else None
            if found is None:
                return self._connect(ours)
            connection, since = found
            if self.embedded or self._is_fit(connection, time.monotonic(), since):
                return connection
            self._drop(connection)

    def _connect(self, ours: bool) -> sa.Connection:
        how = {"isolation_level": "AUTOCOMMIT"} if ours and not self.embedded else {}
        pool = self.engine.pool
        if isinstance(pool, sa.QueuePool) and pool.checkedout() >= MOST_OPEN:
            self._let_go_of_one(not ours)  # which rests, while there is no room for this one
        try:
            made = self.engine.connect().execution_options(**{OWN_BEGIN: True}, **how)
        except sa.exc.TimeoutError as error:
            raise StorageUnavailable("All connections to the database are in use.") from error
        if ours and self.embedded:
            made.exec_driver_sql("PRAGMA busy_timeout=0")
        elif ours:
            made.exec_driver_sql("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
        if made.in_transaction():
            made.rollback()
        return made

    def _ours(self, read_only: bool) -> bool:
        """Whether it is a connection set up in our own way: that of a writer to SQLite, whom naps of our own bring to
        its turn, or that of a reader of a server. At the server's usual isolation a transaction shows a reader nothing
        that its statements would not show alone, so beginning and ending it would be two exchanges for nothing."""
        return self.embedded != read_only

    def _is_fit(self, connection: sa.Connection, now: float, since: float) -> bool:
        """Whether a server's connection that rested is there still, its plans not older than they may be."""
        try:
            driver = connection.connection.dbapi_connection
            if driver is None or (now - since >= IDLE_SECONDS and not self.engine.dialect.do_ping(driver)):
                return False
            if now - connection.info.setdefault(PLANNED, now) >= PLAN_SECONDS:
                connection.info[PLANNED] = now
                driver.cursor().execute("DISCARD PLANS")
                driver.rollback()
        except self.engine.dialect.loaded_dbapi.Error:
            return False
        return True

    def give_back(self, connection: sa.Connection, read_only: bool) -> None:
        """After use, its transaction over."""
        if connection.invalidated or connection.closed:
            self._drop(connection)
            return
        ours = self._ours(read_only)
        with self._lock:
            mine, others = self._resting[ours], self._resting[not ours]
            kept = len(mine) < KEPT if self.embedded else len(mine) < max(KEPT // 2, KEPT - len(others))
            crowded = kept and not self.embedded and len(mine) + len(others) >= KEPT
            if kept:
                mine.append((connection, time.monotonic()))
        if crowded:
            self._let_go_of_one(not ours)
        elif not kept:
            self._let_go(connection, ours)

    def _let_go_of_one(self, ours: bool) -> None:
        with self._lock:
            found = self._resting[ours].pop(0) if self._resting[ours] else None
        if found is not None:
            self._let_go(found[0], ours)

    def _let_go(self, connection: sa.Connection, ours: bool) -> None:
        if ours:
            connection.invalidate()  # nobody else gets a connection that is set up so
        connection.close()

    def _drop(self, connection: sa.Connection) -> None:
        """The server is gone for this connection, and so for all that rest."""
        for one in [connection, *self._all()]:
            one.invalidate()
            one.close()

    def _all(self) -> list[sa.Connection]:
        with self._lock:
            gone = [connection for resting in self._resting.values() for connection, _ in resting]
            self._resting = {False: [], True: []}
        return gone

    def close(self) -> None:
        """Let all go."""
        for connection in self._all():
            connection.close()
        self.engine.dispose()


class Transaction:
    """Begin on entry, roll back on exit unless committed, give the connection back either way."""

    def __init__(self, lines: Lines, *, read_only: bool) -> None:
        self._lines = lines
        self._read_only = read_only
        self._turn = lines.turn(read_only)

    def _open(self) -> Wire:
        self._turn.__enter__()
        try:
            self._connection = self._lines.take(self._read_only)
            try:
                self._wire = Wire(self._connection)
                if self._lines.embedded:
                    self._begin_embedded()
            except BaseException:
                self._lines.give_back(self._connection, self._read_only)
                raise
        except BaseException:
            self._turn.__exit__(None, None, None)
            raise
        return self._wire

    def _begin_embedded(self) -> None:
        """SQLite has one writer. Another process that wants its turn would nap up to a tenth of a second between its
        tries; a millisecond is what a transaction takes, so that is how long we nap."""
        if self._read_only:
            self._wire.control("BEGIN")
            return
        ends = time.monotonic() + BUSY_SECONDS
        while not self._wire.begin_writing():
            if time.monotonic() > ends:
                raise StorageUnavailable("The database is busy.")
            time.sleep(NAP_SECONDS)

    def __exit__(self, *error: object) -> None:
        try:
            self._wire.end()
        finally:
            self._turn.__exit__(None, None, None)
            self._lines.give_back(self._connection, self._read_only)

    def commit(self) -> None:
        self._wire.commit()
