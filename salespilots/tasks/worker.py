"""The worker process: a crew that works on lanes, what tells it to look, and the sweeper that needs no telling."""

from __future__ import annotations

import time
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


QUIET_TRIES = 4
"""Failures to reach the queue before it is called down."""


class _OwnBell:
    """Rings within the process: work that this worker makes is its own."""

    def __init__(self) -> None:
        self.ring: Callable[..., None] = lambda *lanes: None


def _connect(config: Config, stopping: Callable[[], bool]) -> Huey | None:
    """The queue, as soon as it can be reached; until then the sweeper does all the work. The first failures are those of
    workers that make its tables at the same moment."""
    tries = 0
    while not stopping():
        try:
            return make_huey(config)
        except Exception as error:
            tries += 1
            if tries == QUIET_TRIES:
                log.error("queue.down", error=type(error).__name__)
            time.sleep(0.1 * tries if tries < QUIET_TRIES else SWEEP_SECONDS)
    return None


def run_worker(config: Config) -> None:
    """Work until a signal says stop; what is under way is finished first."""
    bell = _OwnBell()
    application = assemble(config, doorbell=bell)
    check_keys(application)
    services, embedded = application.services, config.database_url.startswith("sqlite")
    presence = Presence(config.home, services.turns.owner)
    crew = Crew(services)
    bell.ring = crew.ring
    receiver = BellReceiver(services.turns.owner, crew.ring) if embedded else None
    sweeper = Sweeper(services, crew, presence)
    sweeper.start()
    try:
        _listen(config, crew, polls_rarely=receiver is not None and receiver.hears)
    finally:
        sweeper.stop()
        if receiver is not None:
            receiver.stop()
        crew.stop(DRAIN_SECONDS)
        _leave(sweeper)
        application.storage.close()
        log.info("worker.stopped")


def _listen(config: Config, crew: Crew, *, polls_rarely: bool) -> None:
    """Huey's consumer, until a signal says stop."""
    huey = _connect(config, lambda: False)
    if huey is None:
        return
    make_wake(huey, crew.ring)
    from huey.consumer import Consumer

    log.info("worker.started")
    options: dict[str, Any] = {"workers": 1, "initial_delay": 0.02, "max_delay": 0.1}
    if polls_rarely:
        options |= {"initial_delay": 0.25, "max_delay": 2.0}
    consumer = Consumer(
        huey, periodic=False, backoff=1.3, worker_type="thread", health_check_interval=1, graceful_signal="TERM",
        shutdown_timeout=2, **options,
    )  # fmt: skip
    consumer.run()


def _leave(sweeper: Sweeper) -> None:
    try:
        sweeper.leave()
    except Exception as error:  # the database is away: our leases run out by themselves
        log.warning("worker.left_unsaid", error=type(error).__name__)
