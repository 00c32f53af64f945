"""Whole days of messages, delivered twice, late, shuffled and in batches, must end like calm ones: with Instagram's plugin."""

from __future__ import annotations

from soak.parts.suite import run_tests
from soak.progress import Outcome

TEST = "plugins/channel_instagram/tests/test_contract.py::TestDelivery::test_a_bad_day_ends_like_a_calm_one"


def run(number: int, share: int) -> Outcome:
    """The next so many seeds."""
    first = number * share
    failures = run_tests(TEST, SALESPILOTS_DELIVERY_SEEDS=f"{first}-{first + share}")
    return Outcome(share, failures)
