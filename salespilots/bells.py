"""A bell between the processes of one machine: a datagram with lanes' names, heard within a millisecond.

Only where everything runs on one machine anyway (SQLite), and in front of the queue, not instead of it: what no worker
hears here is rung there. It is a hint like any ring: a lost one costs a sweep, and who hears it looks into the tables.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
import socket
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from salespilots.ports.runtime import Doorbell
from salespilots.presence import present

SEPARATOR = "\n"
MAX_LANES = 50
"""Lanes of one datagram; a lane's name has at most 500 characters."""

STOP_SECONDS = 5.0
"""How long the end of a listener is waited for; what it heard last may still be passed on."""

LIST_SECONDS = 1.0
"""How long the list of workers is believed."""


def address(worker_id: str) -> str:
    """A worker's own socket: Linux keeps such names in memory, so none is left behind."""
    return "\0salespilots-" + hashlib.sha256(worker_id.encode()).hexdigest()[:32]


class BellReceiver:
    """Hears the bell in a worker. ``hears`` is False where such sockets do not exist: there the queue does it all."""

    def __init__(self, worker_id: str, heard: Callable[..., None]) -> None:
        self._heard = heard
        self.hears = True
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            self._socket.bind(address(worker_id))
        except (OSError, ValueError):
            self.hears = False
            return
        self._listener = threading.Thread(target=self._listen, name="bell", daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        while True:
            try:
                data = self._socket.recv(65_536)
            except OSError:
                return
            lanes = [one for one in data.decode("utf-8", "replace").split(SEPARATOR) if one]
            if lanes:
                self._heard(*lanes)

    def stop(self) -> None:
        """Hear no more. The name is free afterwards: it is the socket's until nobody waits at it any longer."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        if self.hears:
            self._listener.join(STOP_SECONDS)


class LocalBell:
    """Rings one of this machine's workers, or else the queue. Where there is none nobody is rung: a worker looks for
    work by itself when it starts."""

    def __init__(self, home: Path, queue: Doorbell) -> None:
        self._home, self._queue = home, queue
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._workers: list[str] = []
        self._listed = -LIST_SECONDS
        self._lock = threading.Lock()

    def ring(self, *lanes: str) -> None:
        """Best effort."""
        for start in range(0, len(lanes), MAX_LANES):
            workers = self._some_order()
            some = lanes[start : start + MAX_LANES]
            if workers and not self._tell(workers, some):
                self._queue.ring(*some)

    def _tell(self, workers: Sequence[str], lanes: Sequence[str]) -> bool:
        data = SEPARATOR.join(lanes).encode()
        for worker in workers:
            try:
                self._socket.sendto(data, address(worker))
            except OSError:  # it is gone, or has more to hear than it can
                continue
            return True
        return False

    def _some_order(self) -> list[str]:
        with self._lock:
            now = time.monotonic()
            if now - self._listed > LIST_SECONDS:
                self._workers, self._listed = present(self._home), now
            return random.sample(self._workers, len(self._workers))
