"""The worker process: a crew that works on lanes, what tells it to look, and the sweeper that needs no telling."""

from __future__ import annotations

import gc
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import structlog

from salespilots.bells import BellReceiver
from salespilots.bootstrap import assemble, check_keys
from salespilots.config import Config
from salespilots.presence import Presence
from salespilots.queueing import make_huey, make_wake
from salespilots.services.maintenance import SWEEP_SECONDS
from salespilots.tasks.crew import Crew
from salespilots.tasks.sweeper import Sweeper

if TYPE_CHECKING:
    from huey import Huey

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 26.0
"""For what is under way when the worker is told to stop; with the rest it ends within 30."""

MANY_OBJECTS = 20_000
"""More objects than before, until garbage is looked for: the usual 700 come and go with one message."""

SIGNALS = (signal.SIGINT, signal.SIGTERM)

QUIET_TRIES = 4
"""Failures to reach the queue before it is called down."""

CHECK_SECONDS = 1.0
"""How often it is looked whether Huey's own thread is well."""

LISTENER_SECONDS = 3.0
"""For the last wake-up that came; a queue that hangs is not waited for."""


class _OwnBell:
    """Rings within the process: work that this worker makes is its own."""

    def __init__(self) -> None:
        self.ring: Callable[..., None] = lambda *lanes: None


def run_worker(config: Config) -> None:
    """Work until a signal says stop; what is under way is finished first."""
    for number in SIGNALS:
        signal.signal(number, lambda signum, frame: sys.exit(0))  # nothing is under way yet
    bell = _OwnBell()
    application = assemble(config, doorbell=bell)
    check_keys(application)
    gc.freeze()
    gc.set_threshold(MANY_OBJECTS, 10, 10)
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # for all threads: this one waits for them
    services, embedded = application.services, config.database_url.startswith("sqlite")
    presence = Presence(config.home, services.turns.owner)
    crew = Crew(services)
    bell.ring = crew.ring
    receiver = BellReceiver(services.turns.owner, crew.ring) if embedded else None
    sweeper = Sweeper(services, crew, presence)
    sweeper.start()
    listener = _Listener(config, crew, polls_rarely=receiver is not None and receiver.hears)
    listener.start()
    try:
        signal.sigwait(SIGNALS)
    finally:
        sweeper.stop()
        listener.stop()
        if receiver is not None:
            receiver.stop()
        crew.stop(DRAIN_SECONDS)
        _leave(sweeper)
        application.storage.close()
        listener.join(LISTENER_SECONDS)
        log.info("worker.stopped")


class _Listener(threading.Thread):
    """Huey's consumer on a thread of its own: a queue that does not answer keeps nobody from being told to stop."""

    def __init__(self, config: Config, crew: Crew, *, polls_rarely: bool) -> None:
        super().__init__(name="listener", daemon=True)
        self._config, self._crew, self._polls_rarely = config, crew, polls_rarely
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Listen no more."""
        self._stopping.set()

    def run(self) -> None:
        """Until told to stop."""
        huey = self._connect()
        if huey is None:
            return
        make_wake(huey, self._crew.ring)
        from huey.consumer import Consumer

        log.info("worker.started")
        options: dict[str, Any] = {"workers": 1, "initial_delay": 0.02, "max_delay": 0.1}
        if self._polls_rarely:
            options |= {"initial_delay": 0.25, "max_delay": 2.0}
        consumer = Consumer(
            huey, periodic=False, backoff=1.3, worker_type="thread", health_check_interval=1, shutdown_timeout=2,
            **options,
        )  # fmt: skip
        consumer._set_signal_handlers = lambda: None  # signals are the main thread's
        consumer.start()
        while not self._stopping.wait(CHECK_SECONDS):
            consumer.check_worker_health()
        consumer.stop(graceful=True)

    def _connect(self) -> Huey | None:
        """The queue, as soon as it can be reached; until then the sweeper does all the work. The first failures are
        those of workers that make its tables at the same moment."""
        tries = 0
        while not self._stopping.is_set():
            try:
                return make_huey(self._config)
            except Exception as error:
                tries += 1
                if tries == QUIET_TRIES:
                    log.error("queue.down", error=type(error).__name__)
                self._stopping.wait(0.1 * tries if tries < QUIET_TRIES else SWEEP_SECONDS)
        return None


def _leave(sweeper: Sweeper) -> None:
    try:
        sweeper.leave()
    except Exception as error:  # the database is away: our leases run out by themselves
        log.warning("worker.left_unsaid", error=type(error).__name__)
