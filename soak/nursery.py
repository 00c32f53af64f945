"""Workers that are born quickly: a process that has read the product's code forks one for each that dies.

``python -m soak.nursery COUNT`` keeps so many workers alive under the product's own environment. It prints ``born PID``
and ``died PID SIGNAL``. A worker is what ``salespilots work`` runs; only the reading of the code was done before.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import signal
import sys
from typing import Any

from soak import sabotage

PR_SET_PDEATHSIG = 1


def read_the_code() -> None:
    """Import all that a worker imports, compile what it asks first, and break what is to be broken."""
    import huey.consumer  # noqa: F401

    import salespilots.tasks.worker  # noqa: F401
    from salespilots.bootstrap import assemble
    from salespilots.config import load_config

    sabotage.apply(os.environ.get(sabotage.VARIABLE, ""))
    application = assemble(load_config())
    application.services.maintenance.backlog()
    application.services.lanes.drain("none:0:0")
    application.storage.close()


class Nursery:
    """Keeps ``count`` children alive until it is told to stop."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._children: set[int] = set()
        self._stopping = False

    def run(self) -> None:
        """Until SIGTERM; then the workers finish what is under way."""
        signal.signal(signal.SIGTERM, self._stop)
        for _ in range(self._count):
            self._bear()
        while self._children:
            child, status = os.wait()
            self._children.discard(child)
            self._say(f"died {child} {os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status)}")
            self._bear()

    def _stop(self, signum: int, frame: Any) -> None:
        self._stopping = True
        for child in list(self._children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)

    def _bear(self) -> None:
        """Unless it is over; nobody is told to stop between a birth and its being known."""
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        if not self._stopping:
            self._fork()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})

    def _fork(self) -> None:
        child = os.fork()
        if child == 0:
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
            random.seed()
            try:
                _work()
            finally:
                os._exit(1)
        self._children.add(child)
        self._say(f"born {child}")

    def _say(self, line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def _work() -> None:
    from salespilots.config import load_config
    from salespilots.logs import configure
    from salespilots.tasks.worker import run_worker

    config = load_config()
    configure(config)
    run_worker(config)
    os._exit(0)


if __name__ == "__main__":
    read_the_code()
    Nursery(int(sys.argv[1])).run()
