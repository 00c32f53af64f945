"""The bare limit of orders on one hot product: JSON in, a key checked, one guarded update of the stock, three rows, a durable
commit that those who wait share. Nothing of what an order is else: no price, no customer, no number, no event.

As in the W3 of the measurements: the update says whether it was there, and an order that found nothing is refused.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import sqlite3
from typing import Any

PIECES = 100_000_000
TABLES = (
    "CREATE TABLE IF NOT EXISTS stock (sku TEXT PRIMARY KEY, on_hand BIGINT, reserved BIGINT)",
    "CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, customer TEXT, body TEXT)",
    "CREATE TABLE IF NOT EXISTS lines (id TEXT PRIMARY KEY, order_id TEXT, sku TEXT, quantity BIGINT)",
    "CREATE TABLE IF NOT EXISTS moves (id TEXT PRIMARY KEY, order_id TEXT, sku TEXT, quantity BIGINT)",
)
KEY_HASH = hashlib.sha256(b"bare").hexdigest()
Order = tuple[str, str, str, int, str]
"""id, customer, sku, quantity, body."""


def read(body: bytes, authorization: str) -> Order | None:
    """An order of a request, or None for a wrong key."""
    key = hashlib.sha256(authorization.removeprefix("Bearer ").encode()).hexdigest()
    if not hmac.compare_digest(key, KEY_HASH):
        return None
    asked = json.loads(body)
    line = asked["lines"][0]
    return (
        secrets.token_hex(11),
        asked["customer_id"],
        line["sku"],
        line["quantity"],
        body.decode(),
    )


class SqliteOrders:
    """A file."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for line in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", *TABLES):
            self._connection.execute(line)
        self._connection.execute("INSERT OR IGNORE INTO stock VALUES ('HOT', ?, 0)", (PIECES,))

    def insert(self, rows: list[Any]) -> None:
        """In one transaction. Raises `LookupError` when the stock is short."""
        run = self._connection.execute
        run("BEGIN IMMEDIATE")
        for id, customer, sku, quantity, body in rows:
            guarded = "UPDATE stock SET reserved = reserved + ? WHERE sku = ? AND on_hand - reserved >= ?"
            if run(guarded, (quantity, sku, quantity)).rowcount != 1:
                run("ROLLBACK")
                raise LookupError(sku)
            run("INSERT INTO orders VALUES (?, ?, ?)", (id, customer, body))
            run("INSERT INTO lines VALUES (?, ?, ?, ?)", (id, id, sku, quantity))
            run("INSERT INTO moves VALUES (?, ?, ?, ?)", (id, id, sku, quantity))
        run("COMMIT")


class PostgresOrders:
    """A server."""

    def __init__(self, address: str) -> None:
        import psycopg

        self._connection = psycopg.connect(address, autocommit=True)
        self._connection.execute("SET synchronous_commit = on")
        for line in TABLES:
            self._connection.execute(line)  # type: ignore[call-overload]
        self._connection.execute("INSERT INTO stock VALUES ('HOT', %s, 0) ON CONFLICT DO NOTHING", (PIECES,))

    def insert(self, rows: list[Any]) -> None:
        """In one transaction. Raises `LookupError` when the stock is short."""
        with self._connection.transaction(), self._connection.pipeline() as pipeline:
            updates = []
            for id, customer, sku, quantity, body in rows:
                run = self._connection.execute
                run("INSERT INTO orders VALUES (%s, %s, %s)", (id, customer, body))
                run("INSERT INTO lines VALUES (%s, %s, %s, %s)", (id, id, sku, quantity))
                run("INSERT INTO moves VALUES (%s, %s, %s, %s)", (id, id, sku, quantity))
                guarded = "UPDATE stock SET reserved = reserved + %s WHERE sku = %s AND on_hand - reserved >= %s"
                updates.append(run(guarded, (quantity, sku, quantity)))
            pipeline.sync()  # the counts are known from here on
            if any(one.rowcount != 1 for one in updates):
                raise LookupError("short")
