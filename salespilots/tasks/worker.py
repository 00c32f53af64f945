"""The worker process: Huey's consumer for wake-ups, and the sweeper that needs no queue at all."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import structlog
from huey.consumer import Consumer

from salespilots.bootstrap import Application
from salespilots.config import Config
from salespilots.queueing import HueyDoorbell, make_huey, make_wake
from salespilots.services.maintenance import SWEEP_SECONDS

log = structlog.get_logger(__name__)

SEND_SLOTS = 16
"""Threads that drain lanes: a send in flight holds one, so slots set how many leave at the same time."""

SWEEP_SLOTS = 4
DRAIN_SECONDS = 25


class Sweeper(threading.Thread):
    """Every few seconds: find due lanes in the tables and drain them here, whatever became of their wake-ups."""

    def __init__(self, application: Application) -> None:
        super().__init__(name="sweeper", daemon=True)
        self._services = application.services
        self._stop_event = threading.Event()
        self._pool = ThreadPoolExecutor(SWEEP_SLOTS, thread_name_prefix="sweep")
        self._busy: set[str] = set()
        self._lock = threading.Lock()
        self._failing = False

    def run(self) -> None:
        """Until stopped."""
        while not self._stop_event.wait(SWEEP_SECONDS):
            try:
                self._services.maintenance.sweep(self.submit)
            except Exception as error:  # the database may be away for a while: say it once and go on looking
                if not self._failing:
                    log.error("sweep.error", error=type(error).__name__)
                self._failing = True
            else:
                if self._failing:
                    log.info("sweep.back")
                self._failing = False

    def submit(self, lane: str) -> None:
        """Drain a lane on one of the sweep slots, unless it waits for one already."""
        with self._lock:
            if lane in self._busy:
                return
            self._busy.add(lane)
        self._pool.submit(self._drain, lane)

    def _drain(self, lane: str) -> None:
        try:
            self._services.lanes.drain(lane)
        except Exception as error:
            log.error("lane.error", error=type(error).__name__)
        finally:
            with self._lock:
                self._busy.discard(lane)

    def stop(self) -> None:
        """Finish what runs and end."""
        self._stop_event.set()
        self._pool.shutdown(wait=True, cancel_futures=True)


def run_worker(config: Config) -> None:
    """Work until a signal says stop; what is under way is finished first."""
    from salespilots.bootstrap import assemble

    huey = make_huey(config)
    holder: dict[str, Application] = {}
    wake = make_wake(huey, lambda lane: holder["application"].services.lanes.drain(lane))
    application = holder["application"] = assemble(config, doorbell=HueyDoorbell(huey, wake))
    sweeper = Sweeper(application)
    sweeper.start()
    log.info("worker.started", slots=SEND_SLOTS)
    consumer = Consumer(
        huey, workers=SEND_SLOTS, periodic=False, initial_delay=0.05, max_delay=0.25, backoff=1.3,
        worker_type="thread", health_check_interval=1, graceful_signal="TERM", shutdown_timeout=DRAIN_SECONDS,
    )  # fmt: skip
    try:
        consumer.run()
    finally:
        sweeper.stop()
        application.storage.close()
        log.info("worker.stopped")
