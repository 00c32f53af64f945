"""Several at one moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


def together(act: Callable[[], Any], many: int = 4) -> list[Any]:
    """What each of so many was given, errors included."""
    start, got = threading.Barrier(many), list[Any]()

    def one() -> None:
        start.wait()
        try:
            got.append(act())
        except Exception as error:
            got.append(error)

    threads = [threading.Thread(target=one) for _ in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got
