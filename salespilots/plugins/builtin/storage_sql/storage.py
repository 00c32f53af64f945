"""The storage itself: engine, connection rules of each database, migrations."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from salespilots.plugins.builtin.storage_sql.tables import db, for_postgresql
from salespilots.plugins.builtin.storage_sql.transactions import OWN_BEGIN, Lines
from salespilots.plugins.builtin.storage_sql.types import dump_json, load_json
from salespilots.plugins.builtin.storage_sql.units import SqlSystemUnitOfWork, SqlUnitOfWork
from salespilots.plugins.builtin.storage_sql.wire import refusal
from salespilots.ports.storage import StorageUnavailable

MIGRATIONS = Path(__file__).parent / "migrations"

AWAY = {
    "connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 10_000,
}  # fmt: skip
"""How soon a PostgreSQL is taken for gone that does not even refuse."""

STUCK = {"idle_in_transaction_session_timeout": "20s", "lock_timeout": "10s"}
"""How long a process that stands still in a transaction holds up the others."""


_MIGRATING = threading.Lock()
"""Alembic's operations are globals of its module: one database of a process at a time."""

STATEMENTS = 1000
"""Compiled statements that a connection to SQLite keeps; the usual 128 are fewer than a busy worker has in use."""


def normalise(url: str) -> str:
    """The driver's own spelling of a database address."""
    for short in ("postgres://", "postgresql://"):
        if url.startswith(short):
            return "postgresql+psycopg://" + url.removeprefix(short)
    return url


def make_app(url: str) -> Flask:
    """A bare Flask application that only carries Flask-SQLAlchemy's and Flask-Migrate's configuration."""
    app = Flask("salespilots.storage", static_folder=None)
    sqlite = url.startswith("sqlite")
    options: dict[str, Any] = {
        "json_serializer": dump_json, "json_deserializer": load_json, "hide_parameters": True,
    }  # fmt: skip
    if sqlite:
        options["connect_args"] = {"timeout": 10, "check_same_thread": False, "cached_statements": STATEMENTS}
    else:
        for_postgresql()
        options["connect_args"] = {**AWAY, "options": " ".join(f"-c {name}={value}" for name, value in STUCK.items())}
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": 16, "max_overflow": 48, "pool_timeout": 10, **options}
    db.init_app(app)
    return app


def migrations(app: Flask) -> Any:
    """Flask-Migrate for this application; loaded only when there is something to migrate."""
    import flask_migrate

    if "migrate" not in app.extensions:
        flask_migrate.Migrate(app, db, directory=str(MIGRATIONS), render_as_batch=True, compare_type=True)
    return flask_migrate


def is_newer(revision: str | None) -> bool:
    """Whether this version does not know the revision: while a release is rolled out the new one has migrated already,
    and the old one goes on beside it."""
    known = {path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")}
    return revision is not None and revision not in known


def _prepare(engine: sa.Engine) -> None:
    """Connection rules. SQLite: write-ahead log, every commit on disk, foreign keys, one writer queueing at BEGIN."""
    if engine.dialect.name == "sqlite":

        @sa.event.listens_for(engine, "connect")
        def _connect(connection: sqlite3.Connection, _: object) -> None:
            connection.isolation_level = None
            cursor = connection.cursor()
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        @sa.event.listens_for(engine, "begin")
        def _begin(connection: sa.Connection) -> None:
            options = connection.get_execution_options()
            if not options.get(OWN_BEGIN):
                connection.exec_driver_sql("BEGIN" if options.get("salespilots_read_only") else "BEGIN IMMEDIATE")

    @sa.event.listens_for(engine, "handle_error")
    def _translate(context: sa.engine.ExceptionContext) -> None:
        made = refusal(context.original_exception)
        if made is None and context.is_disconnect:
            made = StorageUnavailable("The database does not answer.")
        if made is not None:
            raise made from context.original_exception


class SqlStorage:
    """See `salespilots.ports.storage.Storage`."""

    def __init__(self, url: str) -> None:
        self.url = normalise(url)
        self.app = make_app(self.url)
        with self.app.app_context():
            self.engine = db.engine
        _prepare(self.engine)
        self._lines = Lines(self.engine)

    def unit_of_work(self, business_id: str, *, read_only: bool = False) -> SqlUnitOfWork:
        if not business_id:
            raise ValueError("a unit of work needs a business")
        return SqlUnitOfWork(self._lines, business_id, read_only=read_only)

    def system_unit_of_work(self, *, read_only: bool = False) -> SqlSystemUnitOfWork:
        return SqlSystemUnitOfWork(self._lines, read_only=read_only)

    def migrate(self) -> None:
        current = self._current()
        if current == self._head() or is_newer(current):
            return
        flask_migrate = migrations(self.app)
        with _MIGRATING, self.app.app_context():
            flask_migrate.upgrade(directory=str(MIGRATIONS))

    def check(self) -> str:
        current, head = self._current(), self._head()
        if current is None:
            return "outdated: no tables yet, run `salespilots init`"
        if current == head:
            return f"{self.engine.dialect.name}, schema {current}"
        if is_newer(current):
            return f"{self.engine.dialect.name}, schema {current}, made by a newer version than this one"
        return f"outdated: at {current}, needs {head}, run `salespilots init`"

    def close(self) -> None:
        self._lines.close()

    def _current(self) -> str | None:
        with self.engine.connect().execution_options(salespilots_read_only=True) as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()

    def _head(self) -> str:
        return (MIGRATIONS / "HEAD").read_text().strip()
