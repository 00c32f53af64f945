"""Committing what many webhooks bring in one transaction: one thread writes for all who wait.

A commit to disk costs the same for one row as for thirty, and a single writer never meets a busy database.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from salespilots.domain.inbox import InboxRow
from salespilots.ports.runtime import Doorbell
from salespilots.ports.storage import Storage, StorageUnavailable, SystemUnitOfWork
from salespilots.services.core import retrying
from salespilots.services.crash_points import crash_point

MAX_RINGS = 50
MAX_BATCH = 64
"""Webhooks in one transaction."""

Known = dict[tuple[str, str], str | None]
"""(provider, account) to its shop, as looked up in this transaction."""

Rows = Callable[[SystemUnitOfWork, Known], Sequence[InboxRow]]
"""Makes the rows of one webhook inside the transaction."""


@dataclass(slots=True, eq=False)
class _Ask:
    """One webhook that waits for its commit."""

    rows: Rows
    new: list[InboxRow] = field(default_factory=list)
    error: Exception | None = None
    done: threading.Lock = field(default_factory=threading.Lock)


class Intake:
    """The only writer of webhooks in this process: a thread of its own, started with the first one."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._asks: queue.SimpleQueue[_Ask] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._writer: threading.Thread | None = None

    def keep(self, rows: Rows) -> list[InboxRow]:
        """Commit these rows, with whatever else waits. Returns those that were new; raises when nothing was kept."""
        ask = _Ask(rows)
        ask.done.acquire()
        self._asks.put(ask)
        if self._writer is None:
            self._start()
        ask.done.acquire()
        if ask.error is not None:
            raise ask.error
        return ask.new

    def _start(self) -> None:
        with self._lock:
            if self._writer is None:
                self._writer = threading.Thread(target=self._work, name="intake", daemon=True)
                self._writer.start()

    def _work(self) -> None:
        while True:
            batch = [self._asks.get()]
            with contextlib.suppress(queue.Empty):
                while len(batch) < MAX_BATCH:
                    batch.append(self._asks.get_nowait())
            self._write(batch)

    def _write(self, batch: list[_Ask]) -> None:
        """Whatever happens, everybody who waits is told."""
        try:
            retrying(lambda: self._commit(batch))
        except Exception as error:
            if len(batch) > 1 and not isinstance(error, StorageUnavailable):
                for ask in batch:  # one of them is the trouble: it must not take the others with it
                    self._write([ask])
                return
            for ask in batch:
                ask.error = error
        for ask in batch:
            ask.done.release()

    def _commit(self, batch: list[_Ask]) -> None:
        known: Known = {}
        with self._storage.system_unit_of_work() as system:
            made = [list(ask.rows(system, known)) for ask in batch]
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

    def ring(self, lanes: Sequence[str], later: timedelta = timedelta(0)) -> None:
        """Soon, or when the events have settled."""
        if later and lanes:
            timer = threading.Timer(later.total_seconds(), self.ring, (lanes,))
            timer.daemon = True
            timer.start()
            return
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
