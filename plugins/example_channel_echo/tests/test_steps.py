"""The example's trigger and step against the public contract, and at work in a shop."""

from __future__ import annotations

import pytest

from salespilots.ports.extensions import TriggerFact
from salespilots.testing.contracts.steps import StepContract, StepHarness, TriggerContract, TriggerHarness
from salespilots_channel_echo.steps import REPEAT, SHOUTED


class TestShouted(TriggerContract):
    @pytest.fixture
    def harness(self) -> TriggerHarness:
        return TriggerHarness(
            kind=SHOUTED,
            settings=[{}, {"letters": 10}],
            fits=[(0, TriggerFact(type="message.received", text="PRICE!!"))],
            misses=[
                (0, TriggerFact(type="message.received", text="Price")),
                (1, TriggerFact(type="message.received", text="PRICE")),
            ],
        )


class TestRepeat(StepContract):
    @pytest.fixture
    def harness(self) -> StepHarness:
        return StepHarness(kind=REPEAT, settings=[{}, {"before": "You said", "times": 2}])
