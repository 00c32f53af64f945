"""The doorbell: Huey on SQLite, PostgreSQL or Redis, carrying lane names and nothing else.

The database row is the job; Huey only says "look now". There is one task, ``wake(lane)``, under one name for ever,
because a worker that does not know a task's name drops it.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import structlog

from salespilots.bells import LocalBell
from salespilots.config import Config
from salespilots.ports.runtime import Doorbell

if TYPE_CHECKING:
    from huey import Huey

log = structlog.get_logger(__name__)

NAME = "salespilots"
DRIVERS = {"redis": ("redis", "rediss"), "psycopg": ("postgresql", "postgres")}
"""Driver package to the address schemes that need it."""


_loaded_with: set[str] = set()


def _scheme(config: Config) -> str:
    return urlsplit(config.queue_url).scheme.partition("+")[0]


def _load_huey(scheme: str) -> None:
    """Import Huey without the drivers of queues that are not used: they cost a second and thirty megabytes.

    Huey imports every driver that is installed and does without those that are not.
    """
    needed = next((name for name, schemes in DRIVERS.items() if scheme in schemes), None)
    if "huey" in sys.modules:
        if needed is None or needed in _loaded_with:
            return
        for name in [one for one in sys.modules if one == "huey" or one.startswith("huey.")] + ["salespilots.wire"]:
            sys.modules.pop(name, None)  # loaded for another queue before: load it again with this one's driver
    unused = [name for name, schemes in DRIVERS.items() if scheme not in schemes and name not in sys.modules]
    for name in unused:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        import huey  # noqa: F401
    finally:
        for name in unused:
            del sys.modules[name]
    _loaded_with.update(name for name in DRIVERS if name in sys.modules)


def make_huey(config: Config) -> Huey:
    """The queue behind the configured address."""
    url, scheme = config.queue_url, _scheme(config)
    _load_huey(scheme)
    from salespilots.wire import LaneSerializer

    options: dict[str, Any] = {"results": False, "serializer": LaneSerializer(), "utc": True}
    if scheme in DRIVERS["redis"]:
        from huey import RedisHuey

        return RedisHuey(NAME, url=url, **options)
    if scheme in DRIVERS["psycopg"]:
        from huey import Huey

        from salespilots.wakes import WakeStorage

        dsn = "postgresql://" + url.partition("://")[2]
        return Huey(NAME, storage_class=WakeStorage, dsn=dsn, **options)
    from huey import SqliteHuey

    return SqliteHuey(NAME, filename=url.removeprefix("sqlite:///"), fsync=False, **options)


def make_wake(huey: Huey, work: Callable[[str], Any]) -> Any:
    """Register the one task; calling the result enqueues."""

    def wake(lane: str) -> None:
        work(lane)

    wake.__module__ = "salespilots"
    return huey.task(name="wake", retries=0)(wake)


class HueyDoorbell:
    """Puts a wake-up on the queue; trouble is logged once, as the sweeper finds the work anyway.

    ``connect`` makes the enqueueing task; it is called with the first ring, and again while it does not work.
    """

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._wake: Any = None
        self._down = False
        self._lock = threading.Lock()

    def ring(self, *lanes: str) -> None:
        """Best effort."""
        try:
            with self._lock:
                self._wake = self._wake or self._connect()
            _enqueue(self._wake, lanes)
        except Exception as error:
            with self._lock:
                self._wake = None  # the queue may have been taken away and made anew
                first, self._down = not self._down, True
            if first:
                log.warning("doorbell.down", error=type(error).__name__)
            return
        if self._down:
            self._down = False
            log.info("doorbell.back")


def _enqueue(wake: Any, lanes: Sequence[str]) -> None:
    """Together, where the queue takes several at once."""
    together = getattr(wake.huey.storage, "enqueue_many", None)
    if together is not None:
        together([wake.huey.serialize_task(wake.s(lane)) for lane in lanes])
        return
    for lane in lanes:
        wake(lane)


def make_doorbell(config: Config) -> Doorbell:
    """The doorbell of a process that only rings."""
    queue = HueyDoorbell(lambda: make_wake(make_huey(config), lambda lane: None))
    return LocalBell(config.home, queue) if config.database_url.startswith("sqlite") else queue


def check_queue(config: Config) -> str:
    """A sentence about the queue; raises what its driver raises."""
    started = time.monotonic()
    waiting = make_huey(config).storage.queue_size()
    kind = _scheme(config)
    return f"{kind}, {waiting} wake-ups wait, answered in {1000 * (time.monotonic() - started):.0f} ms"
