"""Where a campaign runs: a database and a queue, and what may be done to them meanwhile."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from soak.fleet import Fleet
from soak.stage import Stage, stage
from tests.support.postgres import PostgresServer
from tests.support.valkey import ValkeyServer

NAMES = ("sqlite", "postgresql", "valkey")
"""SQLite with its own queue; PostgreSQL for both; PostgreSQL with Valkey as queue, and two worker machines."""


@dataclass
class Ground:
    """A stage on its servers. ``machines``: how many the workers are spread over."""

    stage: Stage
    machines: int = 1
    postgres: PostgresServer | None = None
    valkey: ValkeyServer | None = None
    database: str = ""
    done: list[str] = field(default_factory=list)

    def fleet(self, *changes: str, workers: int = 3) -> Fleet:
        """The product's processes here."""
        return Fleet(self.stage.product, workers=workers, machines=self.machines, changes=changes)


@contextmanager
def ground(name: str, folder: Path, **options: Any) -> Iterator[Ground]:
    """Servers of our own, so that they can be ended. ``options``: of the stage."""
    postgres = PostgresServer() if name != "sqlite" else None
    valkey = ValkeyServer() if name == "valkey" else None
    database = ""
    try:
        if postgres is not None:
            postgres.start()
            database = postgres.create()
            options["database_url"] = postgres.url(database)
        if valkey is not None:
            valkey.start()
            options["queue_url"] = valkey.url
        with stage(folder, **options) as made:
            yield Ground(made, 2 if name == "valkey" else 1, postgres, valkey, database)
    finally:
        for server in (postgres, valkey):
            if server is not None:
                server.stop()


@contextmanager
def meanwhile(trouble: Callable[[], object] | None, seconds: tuple[float, float]) -> Iterator[None]:
    """Do this again and again, after pauses of between so many seconds, while the block runs."""
    if trouble is None:
        yield
        return
    over = threading.Event()
    failed: list[BaseException] = []

    def work() -> None:
        chance = random.Random(5)
        try:
            while not over.wait(chance.uniform(*seconds)):
                trouble()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(60)
    if failed:
        raise failed[0]


def wipe(valkey: ValkeyServer) -> None:
    """kill -9 of a queue that keeps nothing on disk; back after a moment."""
    valkey.crash()
    time.sleep(0.3)
    valkey.start()
