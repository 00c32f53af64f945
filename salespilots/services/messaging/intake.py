"""Committing what many webhooks bring in one transaction: whoever gets the turn writes for all who wait.

A commit to disk costs the same for one row as for thirty, and a single writer never meets a busy database.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from salespilots.domain.inbox import InboxRow
from salespilots.ports.runtime import Doorbell
from salespilots.ports.storage import Storage, StorageUnavailable, SystemUnitOfWork
from salespilots.services.crash_points import crash_point

MAX_RINGS = 50
MAX_BATCH = 64
"""Webhooks in one transaction."""

Rows = Callable[[SystemUnitOfWork], Sequence[InboxRow]]
"""Makes the rows of one webhook inside the transaction."""


@dataclass(slots=True, eq=False)
class _Ask:
    """One webhook that waits for its commit."""

    rows: Rows
    new: list[InboxRow] = field(default_factory=list)
    error: Exception | None = None
    done: bool = False


class Intake:
    """The only writer of webhooks in this process."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._turn, self._lock = threading.Lock(), threading.Lock()
        self._waiting: list[_Ask] = []

    def keep(self, rows: Rows) -> list[InboxRow]:
        """Commit these rows, with whatever else waits. Returns those that were new; raises when nothing was kept."""
        ask = _Ask(rows)
        with self._lock:
            self._waiting.append(ask)
        with self._turn:
            while not ask.done:
                with self._lock:
                    batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
                self._write(batch)
        if ask.error is not None:
            raise ask.error
        return ask.new

    def _write(self, batch: list[_Ask]) -> None:
        try:
            self._commit(batch)
        except Exception as error:
            if len(batch) == 1 or isinstance(error, StorageUnavailable):
                for ask in batch:
                    ask.error = error
            else:  # one of them is the trouble: it must not take the others with it
                for ask in batch:
                    self._write([ask])
        for ask in batch:
            ask.done = True

    def _commit(self, batch: list[_Ask]) -> None:
        with self._storage.system_unit_of_work() as system:
            made = [list(ask.rows(system)) for ask in batch]
            new = {id(row) for row in system.inbox.accept([row for rows in made for row in rows])}
            crash_point("accept.before_commit")
            system.commit()
        crash_point("accept.after_commit")
        for ask, rows in zip(batch, made, strict=True):
            ask.new = [row for row in rows if id(row) in new]


class Bell:
    """Rings for the web's threads from one of its own: nobody waits for the queue, the sweeper finds what is lost."""

    def __init__(self, doorbell: Doorbell) -> None:
        self._doorbell = doorbell
        self._lanes: queue.SimpleQueue[Sequence[str]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def ring(self, lanes: Sequence[str]) -> None:
        """Soon."""
        if lanes:
            self._lanes.put(lanes)
        if lanes and self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._work, name="bell", daemon=True)
                    self._thread.start()

    def _work(self) -> None:
        while True:
            lanes = dict.fromkeys(self._lanes.get())
            with contextlib.suppress(queue.Empty):
                while len(lanes) < MAX_RINGS:  # whatever else waits to be rung goes with it
                    lanes |= dict.fromkeys(self._lanes.get_nowait())
            self._doorbell.ring(*lanes)
