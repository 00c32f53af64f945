"""R-2: power cuts on SQLite, on a model of a disk that keeps only what was synchronised."""

from __future__ import annotations

from soak.parts.suite import run_tests
from soak.progress import Outcome

TEST = "tests/reliability/test_power_cut.py"


def run(number: int, share: int) -> Outcome:
    """So many cuts of a seed of their own."""
    return Outcome(share, run_tests(TEST, SOAK_POWER_CUTS=str(share), SOAK_POWER_SEED=str(number + 100)))
