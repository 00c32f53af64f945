"""``python -m bench.worker CHANGE``: what `salespilots work` starts, with one thing changed that the product has no switch for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

POISON = "poison pill"
"""A message with these words cannot be handled by a worker with the change ``poison``."""

FEW_SLOTS = 4


def poison() -> None:
    """An event with certain words raises whenever it is interpreted."""
    from salespilots.services.messaging.interpret import Interpreter

    honest = Interpreter.interpret_in

    def interpret_in(self: Interpreter, desk: Any, row: Any) -> Any:
        if row.payload.get("text") == POISON:
            raise ZeroDivisionError("poison")
        return honest(self, desk, row)

    Interpreter.interpret_in = interpret_in  # type: ignore[method-assign]


def few_slots() -> None:
    """Four sends under way at once instead of 128: the channel's latency is what limits, not the processor."""
    from salespilots.tasks import crew

    crew.SEND_SLOTS = FEW_SLOTS


CHANGES: dict[str, Callable[[], None]] = {"poison": poison, "few_slots": few_slots}


def main() -> None:
    """Change, then work."""
    from salespilots.config import load_config
    from salespilots.logs import configure
    from salespilots.tasks.worker import run_worker

    CHANGES[sys.argv[1]]()
    config = load_config()
    configure(config)
    run_worker(config)


if __name__ == "__main__":
    main()
