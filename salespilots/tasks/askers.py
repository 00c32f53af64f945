"""Threads for what no customer waits for: questions to payments providers, and small jobs, each kind with its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog

log = structlog.get_logger(__name__)

ASKERS = 4


class Askers:
    """Puts questions until it is stopped."""

    def __init__(self, threads: int = ASKERS, name: str = "ask") -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._lock = threading.Lock()
        self._asked: set[str] = set()
        self._stopping = False

    def ask(self, key: str, question: Callable[[], object]) -> None:
        """Put a question soon; not while the same one is being asked."""
        with self._lock:
            if key in self._asked or self._stopping:
                return
            self._asked.add(key)
            self._pool.submit(self._ask, key, question)

    def _ask(self, key: str, question: Callable[[], object]) -> None:
        try:
            question()
        except Exception as error:  # the rows are as they were: the sweeper asks again
            log.error("ask.error", error=type(error).__name__)
        finally:
            with self._lock:
                self._asked.discard(key)

    def stop(self) -> None:
        """Ask nothing more; nobody waits for what is being asked."""
        with self._lock:
            self._stopping = True
        self._pool.shutdown(wait=False, cancel_futures=True)
