"""The doorbell: Huey on SQLite, PostgreSQL or Redis, carrying lane names and nothing else.

The database row is the job; Huey only says "look now". There is one task, ``wake(lane)``, under one name for ever,
because a worker that does not know a task's name drops it. Messages are JSON, so that whoever can write to the
queue cannot run code.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import structlog
from huey import Huey
from huey.registry import Message
from huey.serializer import Serializer

from salespilots.config import Config

log = structlog.get_logger(__name__)

TASK = "salespilots.wake"
NAME = "salespilots"


class LaneSerializer(Serializer):
    """A wake-up on the wire: ``{"id": ..., "task": "salespilots.wake", "lane": ...}``."""

    def _serialize(self, data: Any) -> bytes:
        return json.dumps({"id": data.id, "task": data.name, "lane": data.args[0]}).encode()

    def _deserialize(self, data: bytes) -> Any:
        fields = json.loads(data)
        blank = dict.fromkeys(Message._fields)
        return Message(
            **{
                **blank, "id": str(fields["id"]), "name": TASK, "args": (str(fields["lane"]),), "kwargs": {},
                "retries": 0, "retry_delay": 0,
            }
        )  # fmt: skip


def make_huey(config: Config) -> Huey:
    """The queue behind the configured address."""
    url = config.queue_url
    scheme = urlsplit(url).scheme.partition("+")[0]
    options: dict[str, Any] = {"results": False, "serializer": LaneSerializer(), "utc": True}
    if scheme in ("redis", "rediss"):
        from huey import RedisHuey

        return RedisHuey(NAME, url=url, **options)
    if scheme in ("postgresql", "postgres"):
        from huey import PostgresHuey

        return PostgresHuey(NAME, dsn="postgresql://" + url.partition("://")[2], **options)
    from huey import SqliteHuey

    return SqliteHuey(NAME, filename=url.removeprefix("sqlite:///"), fsync=False, **options)


def make_wake(huey: Huey, work: Callable[[str], Any]) -> Any:
    """Register the one task; calling the result enqueues."""

    def wake(lane: str) -> None:
        work(lane)

    wake.__module__ = "salespilots"
    return huey.task(name="wake", retries=0)(wake)


class HueyDoorbell:
    """Puts a wake-up on the queue; trouble is logged once, as the sweeper finds the work anyway."""

    def __init__(self, huey: Huey, wake: Any = None) -> None:
        self._wake = wake if wake is not None else make_wake(huey, lambda lane: None)
        self._down = False
        self._lock = threading.Lock()

    def ring(self, lane: str) -> None:
        """Best effort."""
        try:
            self._wake(lane)
        except Exception as error:
            with self._lock:
                first, self._down = not self._down, True
            if first:
                log.warning("doorbell.down", error=type(error).__name__)
            return
        if self._down:
            self._down = False
            log.info("doorbell.back")


def make_doorbell(config: Config) -> HueyDoorbell:
    """The doorbell of a process that only rings."""
    return HueyDoorbell(make_huey(config))


def check_queue(config: Config) -> str:
    """A sentence about the queue; raises what its driver raises."""
    started = time.monotonic()
    waiting = make_huey(config).storage.queue_size()
    kind = urlsplit(config.queue_url).scheme.partition("+")[0]
    return f"{kind}, {waiting} wake-ups wait, answered in {1000 * (time.monotonic() - started):.0f} ms"
