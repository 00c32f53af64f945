"""The sweeper of a worker: every few seconds it finds due work in the tables, whatever became of the wake-ups."""

from __future__ import annotations

import os
import socket
import threading

import structlog

from salespilots import __version__
from salespilots.ports.work import Worker
from salespilots.presence import Presence
from salespilots.services.container import Services
from salespilots.services.maintenance import SWEEP_SECONDS
from salespilots.tasks.crew import Crew

log = structlog.get_logger(__name__)

LAST_SWEEP_SECONDS = 2.0
"""For a sweep that was under way when the worker was told to stop."""


class Sweeper(threading.Thread):
    """Sweeps at once when it starts, then every five seconds, and sooner while there is more than it could hand out."""

    def __init__(self, services: Services, crew: Crew, presence: Presence) -> None:
        super().__init__(name="sweeper", daemon=True)
        self._services, self._crew, self._presence = services, crew, presence
        self._me = Worker(id=services.turns.owner, host=socket.gethostname()[:60], pid=os.getpid(), version=__version__)
        self._stopping = threading.Event()
        self._failing = False

    def run(self) -> None:
        """Until stopped."""
        while not self._stopping.is_set():
            more = False
            try:
                more = self._sweep()
            except Exception as error:  # the database may be away for a while: say it once and go on looking
                if not self._failing:
                    log.error("sweep.error", error=type(error).__name__)
                self._failing = True
            else:
                if self._failing:
                    log.info("sweep.back")
                self._failing = False
            self._rest(more)

    def _rest(self, more: bool) -> None:
        """Five seconds; while a full page was handed out, only until the crew has room again."""
        for _ in range(int(SWEEP_SECONDS / 0.1)):
            if self._stopping.wait(0.1 if more else SWEEP_SECONDS) or not more or self._crew.hungry:
                return

    def _sweep(self) -> bool:
        self._bury()
        self._crew.keep()
        swept = self._services.maintenance.sweep(self._crew.offer, self._crew.askers.ask, self._crew.jobbers.ask)
        self._tell()
        return swept.full

    def _bury(self) -> None:
        """Free the lanes of workers of this machine that died."""
        for worker_id in self._presence.dead():
            freed = self._services.workforce.leave(worker_id)
            self._presence.forget(worker_id)
            self._services.turns.be_wary()
            log.warning("worker.died", worker=worker_id, lanes=freed)

    def _tell(self) -> None:
        self._services.outbox.pace.workers = self._services.workforce.tell(self._me)

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()

    def leave(self) -> None:
        """Tell that this worker ended by itself, after a sweep under way has told that it is there."""
        self.join(LAST_SWEEP_SECONDS)
        self._services.workforce.leave(self._me.id)
        self._presence.leave()
