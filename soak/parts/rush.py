"""R-7: rounds of sixty-four buyers for ten pieces."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from soak.grounds import ground
from soak.progress import Outcome
from soak.rush import Rush


def runner(name: str) -> Callable[[int, int], Outcome]:
    """For one database."""
    return partial(_run, name)


def _run(name: str, number: int, share: int) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="sp-soak-") as folder, ground(name, Path(folder)) as here:
        fleet = here.fleet(workers=2)
        fleet.start()
        rush = Rush(here.stage, fleet, seed=number + 1)
        try:
            for _ in range(share):
                rush.round()
        finally:
            rush.close()
            codes = fleet.stop()
        more = [f"exit codes {codes}"] if any(codes) else []
        return Outcome(rush.came.rounds, rush.came.wrong + more, dict(rush.came.answers))
