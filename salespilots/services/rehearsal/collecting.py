"""Letting the garbage collector rest while worlds are built up: nothing of them is garbage before the end, and looking through
all of it again and again takes a fifth of the time."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_resting = 0


@contextmanager
def collector_rests() -> Iterator[None]:
    """For some seconds at most: the whole process keeps its garbage meanwhile. Several at once are one rest; a collector
    that was off before stays off."""
    global _resting
    with _lock:
        mine = _resting > 0 or gc.isenabled()
        _resting += mine
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            _resting -= mine
            if mine and not _resting:
                gc.enable()
