"""The pytest plugin: readable failures inside the contract suites, and a few fixtures."""

from __future__ import annotations

from typing import Any

import pytest

pytest.register_assert_rewrite(
    "salespilots.testing.contracts.account",
    "salespilots.testing.contracts.channel",
    "salespilots.testing.contracts.channel_events",
    "salespilots.testing.contracts.channel_harness",
    "salespilots.testing.contracts.social",
    "salespilots.testing.contracts.payments",
    "salespilots.testing.contracts.ai",
)


@pytest.fixture
def fake_clock() -> Any:
    """A `FakeClock`."""
    from salespilots.testing.clocks import FakeClock

    return FakeClock()


@pytest.fixture
def fake_ids() -> Any:
    """A `FakeIds`."""
    from salespilots.testing.clocks import FakeIds

    return FakeIds()
