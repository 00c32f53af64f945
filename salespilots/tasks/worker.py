"""The worker process: Huey's consumer for wake-ups, and the sweeper that needs no queue at all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import structlog

from salespilots.bootstrap import Application
from salespilots.config import Config
from salespilots.queueing import HueyDoorbell, make_huey, make_wake
from salespilots.services.maintenance import SWEEP_SECONDS

if TYPE_CHECKING:
    from huey import Huey

log = structlog.get_logger(__name__)

SEND_SLOTS = 16
"""Threads that drain lanes: a send in flight holds one, so slots set how many leave at the same time."""

ASKERS = 4
"""Threads that ask payments providers what became of links and refunds, apart from what customers wait for."""

LISTENERS = 2
"""Threads that wait at the queue. They only pass lanes on; more of them would fight over the queue's file."""

DRAIN_SECONDS = 25


class Crew:
    """Drains lanes on a fixed number of threads, each lane on one at a time; a ring meanwhile makes it look again."""

    def __init__(self, application: Application) -> None:
        self._lanes = application.services.lanes
        self._pool = ThreadPoolExecutor(SEND_SLOTS, thread_name_prefix="lane")
        self._lock = threading.Lock()
        self._busy: set[str] = set()
        self._again: set[str] = set()
        self._askers = ThreadPoolExecutor(ASKERS, thread_name_prefix="ask")
        self._asked: set[str] = set()

    def submit(self, lane: str) -> None:
        """Drain a lane soon."""
        with self._lock:
            if lane in self._busy:
                self._again.add(lane)
                return
            self._busy.add(lane)
        self._pool.submit(self._drain, lane)

    def _drain(self, lane: str) -> None:
        while True:
            try:
                self._lanes.drain(lane)
            except Exception as error:  # the rows are as they were: the sweeper finds them again
                log.error("lane.error", error=type(error).__name__)
            with self._lock:
                if lane not in self._again:
                    self._busy.discard(lane)
                    return
                self._again.discard(lane)

    def ask(self, key: str, question: Callable[[], object]) -> None:
        """Put a question to a provider soon; not while the same one is being asked."""
        with self._lock:
            if key in self._asked:
                return
            self._asked.add(key)
        self._askers.submit(self._ask, key, question)

    def _ask(self, key: str, question: Callable[[], object]) -> None:
        try:
            question()
        except Exception as error:  # the rows are as they were: the sweeper asks again
            log.error("ask.error", error=type(error).__name__)
        finally:
            with self._lock:
                self._asked.discard(key)

    def stop(self) -> None:
        """Finish what runs and end."""
        self._askers.shutdown(wait=False, cancel_futures=True)
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._askers.shutdown(wait=True)


class Sweeper(threading.Thread):
    """Every few seconds: find due lanes in the tables, whatever became of their wake-ups."""

    def __init__(self, application: Application, crew: Crew) -> None:
        super().__init__(name="sweeper", daemon=True)
        self._services = application.services
        self._crew = crew
        self._stop_event = threading.Event()
        self._failing = False

    def run(self) -> None:
        """Until stopped."""
        while not self._stop_event.wait(SWEEP_SECONDS):
            try:
                self._services.maintenance.sweep(self._crew.submit, self._crew.ask)
            except Exception as error:  # the database may be away for a while: say it once and go on looking
                if not self._failing:
                    log.error("sweep.error", error=type(error).__name__)
                self._failing = True
            else:
                if self._failing:
                    log.info("sweep.back")
                self._failing = False

    def stop(self) -> None:
        """Look no more."""
        self._stop_event.set()


def _connect(config: Config) -> Huey:
    """The queue, as soon as it can be reached; until then the sweeper does all the work."""
    down = False
    while True:
        try:
            return make_huey(config)
        except Exception as error:
            if not down:
                log.error("queue.down", error=type(error).__name__)
            down = True
            time.sleep(SWEEP_SECONDS)


def run_worker(config: Config) -> None:
    """Work until a signal says stop; what is under way is finished first."""
    from salespilots.bootstrap import assemble

    wakes: list[Any] = []
    application = assemble(config, doorbell=HueyDoorbell(lambda: wakes[0]))
    crew = Crew(application)
    sweeper = Sweeper(application, crew)
    sweeper.start()
    huey = _connect(config)
    wakes.append(make_wake(huey, crew.submit))
    from huey.consumer import Consumer

    log.info("worker.started", slots=SEND_SLOTS)
    consumer = Consumer(
        huey, workers=LISTENERS, periodic=False, initial_delay=0.02, max_delay=0.1, backoff=1.3, worker_type="thread",
        health_check_interval=1, graceful_signal="TERM", shutdown_timeout=DRAIN_SECONDS,
    )  # fmt: skip
    try:
        consumer.run()
    finally:
        sweeper.stop()
        crew.stop()
        application.storage.close()
        log.info("worker.stopped")
