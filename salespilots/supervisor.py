"""Web and worker together: start both, restart what dies, pass the signal on, wait for the drain."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from importlib.resources import files

from salespilots.config import Config

STOP_SECONDS = 30


def web_command(host: str, port: int) -> list[str]:
    """The web server's command line."""
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return [
        sys.executable, "-m", "gunicorn", "--config", "python:salespilots.web.gunicorn_settings", "--bind", bind,
        "--no-control-socket", "salespilots.web.app:wsgi()",
    ]  # fmt: skip


def work_command() -> list[str]:
    """A worker's command line."""
    return [sys.executable, "-m", "salespilots", "work"]


def schema_is_current(config: Config) -> bool:
    """Whether a SQLite file has this version's schema, told without loading the database layer."""
    if not config.database_url.startswith("sqlite:///"):
        return False
    path = config.database_url.removeprefix("sqlite:///")
    if not os.path.exists(path):
        return False
    head = files("salespilots.plugins.builtin.storage_sql").joinpath("migrations/HEAD").read_text().strip()
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as connection:
        try:
            return connection.execute("SELECT version_num FROM alembic_version").fetchone() == (head,)
        except sqlite3.Error:
            return False


class Supervisor:
    """Keeps a set of child processes running."""

    def __init__(self, commands: list[list[str]], environ: dict[str, str]) -> None:
        self._commands = commands
        self._environ = environ
        self._children: list[subprocess.Popen[bytes]] = []
        self._stopping = threading.Event()

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, env=self._environ)

    def run(self, started: Callable[[], None]) -> int:
        """Until a signal comes. Returns the exit code: 0 after a clean stop, 1 when a child cannot start."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda signum, frame: self._stopping.set())
        begun = time.monotonic()
        self._children = [self._start(command) for command in self._commands]
        threading.Thread(target=started, daemon=True).start()
        code = 0
        while not self._stopping.wait(0.5):
            for index, child in enumerate(self._children):
                if child.poll() is None:
                    continue
                if time.monotonic() - begun < 10 and child.returncode != 0:
                    code = 1  # it never came up: a port in use, a wrong setting
                    self._stopping.set()
                    break
                self._children[index] = self._start(self._commands[index])
        self._stop()
        return code

    def _stop(self) -> None:
        for child in self._children:
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        ends = time.monotonic() + STOP_SECONDS
        for child in self._children:
            try:
                child.wait(max(0.1, ends - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
