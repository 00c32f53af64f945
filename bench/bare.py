"""The bare limit: Flask checks a signature and commits a row with full durability, nothing else, under the product's own
gunicorn settings.

``/webhook`` lets the requests that wait share a commit, ``/webhook-each`` commits one by one. ``BENCH_DB`` is the path of
an SQLite file (synchronous=FULL) or a PostgreSQL address (synchronous_commit=on).
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from flask import Flask, Response, request

from bench.bare_orders import PostgresOrders, SqliteOrders, read

SECRET = os.environ.get("BENCH_SECRET", "bench").encode()
TABLE = "CREATE TABLE IF NOT EXISTS inbox (event TEXT PRIMARY KEY, account TEXT, sender TEXT, body TEXT)"
MAX_BATCH = 256
Row = tuple[Any, ...]


class Store(Protocol):
    """Commits rows. Used by one thread at a time."""

    def insert(self, rows: list[Row]) -> None:
        """In one transaction."""


class Sqlite:
    """A file."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for line in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", TABLE):
            self._connection.execute(line)

    def insert(self, rows: list[Row]) -> None:
        """In one transaction."""
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("INSERT OR IGNORE INTO inbox VALUES (?, ?, ?, ?)", rows)
        self._connection.execute("COMMIT")


class Postgres:
    """A server."""

    def __init__(self, address: str) -> None:
        import psycopg

        self._connection = psycopg.connect(address, autocommit=True)
        self._connection.execute("SET synchronous_commit = on")
        self._connection.execute(TABLE)

    def insert(self, rows: list[Row]) -> None:
        """In one statement."""
        places = ", ".join(["(%s, %s, %s, %s)"] * len(rows))
        line = f"INSERT INTO inbox VALUES {places} ON CONFLICT DO NOTHING"
        self._connection.execute(line, [value for row in rows for value in row])  # type: ignore[call-overload]


def _open() -> Store:
    address = os.environ["BENCH_DB"]
    return Postgres(address) if address.startswith("postgres") else Sqlite(address)


def _open_orders() -> Store:
    address = os.environ["BENCH_DB"]
    return PostgresOrders(address) if address.startswith("postgres") else SqliteOrders(address)


@dataclass(slots=True, eq=False)
class _Ask:
    row: Row
    done: threading.Lock = field(default_factory=threading.Lock)
    error: Exception | None = None


class Group:
    """One thread writes for all who wait."""

    def __init__(self, open_: Callable[[], Store] = _open) -> None:
        self._asks: queue.SimpleQueue[_Ask] = queue.SimpleQueue()
        self._open = open_
        threading.Thread(target=self._work, daemon=True).start()

    def put(self, row: Row) -> None:
        """Returns when it is on disk."""
        ask = _Ask(row)
        ask.done.acquire()
        self._asks.put(ask)
        ask.done.acquire()
        if ask.error:
            raise ask.error

    def _work(self) -> None:
        store = self._open()
        while True:
            batch = [self._asks.get()]
            with contextlib.suppress(queue.Empty):
                while len(batch) < MAX_BATCH:
                    batch.append(self._asks.get_nowait())
            error: Exception | None = None
            try:
                store.insert([one.row for one in batch])
            except Exception as raised:
                error = raised
            for one in batch:
                one.error = error
                one.done.release()


class Each:
    """A commit for each: SQLite has one writer, PostgreSQL eight connections."""

    def __init__(self, open_: Callable[[], Store] = _open) -> None:
        self._stores: queue.SimpleQueue[Store] = queue.SimpleQueue()
        for _ in range(8 if os.environ["BENCH_DB"].startswith("postgres") else 1):
            self._stores.put(open_())

    def put(self, row: Row) -> None:
        """Returns when it is on disk."""
        store = self._stores.get()
        try:
            store.insert([row])
        finally:
            self._stores.put(store)


app = Flask(__name__)
_made: dict[str, Any] = {}
_making = threading.Lock()


def _keeper(kind: type[Group] | type[Each], open_: Callable[[], Store] = _open) -> Any:
    name = f"{kind.__name__} {open_.__name__}"
    with _making:
        if name not in _made:
            _made[name] = kind(open_)
        return _made[name]


def _take(kind: type[Group] | type[Each]) -> Response:
    """Verify, parse, insert, commit, answer."""
    body = request.get_data(cache=False)
    made = "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(made, request.headers.get("X-Hub-Signature-256", "")):
        return Response(status=401)
    item = json.loads(body)["entry"][0]["messaging"][0]
    _keeper(kind).put((item["message"]["mid"], item["recipient"]["id"], item["sender"]["id"], body.decode()))
    return Response('{"status":"ok"}', content_type="application/json")


@app.get("/")
def page() -> str:
    """A first page."""
    return "ready"


@app.post("/webhook")
def webhook() -> Response:
    """Those that wait share a commit."""
    return _take(Group)


def _order(kind: type[Group] | type[Each]) -> Response:
    row = read(request.get_data(cache=False), request.headers.get("Authorization", ""))
    if row is None:
        return Response(status=401)
    _keeper(kind, _open_orders).put(row)
    return Response(json.dumps({"id": row[0]}), status=201, content_type="application/json")


@app.post("/order")
def order() -> Response:
    """An order of a hot product; those that wait share a commit."""
    return _order(Group)


@app.post("/order-each")
def order_each() -> Response:
    """The same with a commit for each."""
    return _order(Each)


@app.post("/webhook-each")
def webhook_each() -> Response:
    """A commit for each."""
    return _take(Each)
