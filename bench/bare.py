"""The bare limit: Flask checks a signature and commits one row to SQLite with full durability, nothing else."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import sqlite3
import threading

from flask import Flask, Response, request

SECRET = os.environ.get("BENCH_SECRET", "bench").encode()
_lock = threading.Lock()
_connections: list[sqlite3.Connection] = []


def _open() -> sqlite3.Connection:
    connection = sqlite3.connect(os.environ["BENCH_DB"], isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS inbox (id INTEGER PRIMARY KEY, event TEXT UNIQUE, body TEXT)")
    return connection


app = Flask(__name__)


@app.get("/")
def page() -> str:
    """A first page."""
    return "ready"


@app.post("/webhook")
def webhook() -> Response:
    """Verify, parse, insert, commit, answer."""
    body = request.get_data(cache=False)
    made = "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(made, request.headers.get("X-Hub-Signature-256", "")):
        return Response(status=401)
    event = json.loads(body)["entry"][0]["messaging"][0]["message"]["mid"]
    with _lock:
        if not _connections:
            _connections.append(_open())
        _connections[0].execute("INSERT OR IGNORE INTO inbox (event, body) VALUES (?, ?)", (event, body.decode()))
    return Response('{"status":"ok"}', content_type="application/json")
