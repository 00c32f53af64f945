"""Huey's queue on PostgreSQL, for wake-ups: they are worth a moment, not a disk's.

The same tables and the same notifications as Huey's own. A ring for many lanes is one statement instead of four for each, a
listener takes what waits in one go, and nobody waits until either is on disk: a lost wake-up costs a sweep.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from typing import Any

from huey.constants import EmptyData
from huey.storage import PostgresStorage

TAKEN_AT_ONCE = 50


class WakeStorage(PostgresStorage):
    """See `huey.storage.PostgresStorage`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._taken: deque[bytes] = deque()
        self._taking = threading.Lock()
        super().__init__(*args, options="-c synchronous_commit=off", **kwargs)

    def enqueue(self, data: bytes, priority: float | None = None) -> None:
        """Put one wake-up on the queue and tell who listens."""
        self.enqueue_many([data])

    def enqueue_many(self, wakes: Sequence[bytes]) -> None:
        """The same for several, in this order."""
        with self.db() as cursor:
            cursor.execute(
                f"with rung as (insert into {self.table_task} (queue, data, priority) "  # noqa: S608
                "select %s, wake.data, 0 from unnest(%s::bytea[]) with ordinality as wake (data, place) order by wake.place) "
                "select pg_notify(%s, '')",
                (self.name, list(wakes), self.channel),
            )

    def peek_many(self, keys: Any) -> dict[str, bytes]:
        """A wake-up is never revoked: nothing to look for."""
        return {}

    def pop_data(self, key: str) -> Any:
        """Nor has it a result."""
        return EmptyData

    def _dequeue(self) -> bytes | None:
        with self._taking:
            if not self._taken:
                self._taken.extend(self._take())
            return self._taken.popleft() if self._taken else None

    def _take(self) -> list[bytes]:
        with self.db() as cursor:
            cursor.execute(
                f"delete from {self.table_task} where id in (select id from {self.table_task} where queue = %s "  # noqa: S608
                "order by priority desc, id limit %s for update skip locked) returning id, data",
                (self.name, TAKEN_AT_ONCE),
            )
            return [bytes(data) for _, data in sorted(cursor.fetchall())]
