"""The judge can say "guilty": without one of the defences the same campaign fails. Without any wake-up it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from soak.campaign import Campaign, Report
from soak.fleet import Fleet
from soak.grounds import Ground, ground
from soak.reaper import Reaper, every_point
from soak.sabotage import CHANGES

CHATS = 24
NEVER = 10_000
"""More deaths than there is time for: the campaign goes on until something is found."""

LONG = 15.0
"""Seconds of a freeze after which another worker has the lane, looked for what was being sent, and sent it."""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Ground]:
    """A shop for each: what a product without a defence leaves behind is nobody else's to wait for."""
    with ground("sqlite", tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """What customers get on a calm day of the honest product."""
    with ground("sqlite", tmp_path_factory.mktemp("calm")) as here:
        fleet = here.fleet("quick")
        fleet.start()
        campaign = Campaign(here.stage, fleet)
        campaign.learn()
        fleet.stop()
    return campaign


BEFORE_A_CALL = {"turn.after_commit": 0, "settle.after_commit": 0}
"""Where a message is marked as being sent, and the sending has not begun."""


def find(here: Ground, learned: Campaign, change: str, reaper: Callable[[Fleet], Reaper], *, patience: float) -> Report:
    """Play on without that defence until the judge says something."""
    fleet = here.fleet("quick", change)
    fleet.start()
    try:
        seed = list(CHANGES).index(change) + 100
        campaign = Campaign(
            here.stage, fleet, reaper(fleet), seed=seed, chats=CHATS, patience=patience, expected=learned.expected
        )
        return campaign.run(seconds=180)
    finally:
        fleet.stop()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("change", ["blind_resend", "no_unique_key"])
def test_without_a_defence_the_judge_finds_it(here: Ground, learned: Campaign, change: str) -> None:
    report = find(here, learned, change, lambda fleet: Reaper(fleet, every_point(0), NEVER, every=10), patience=10.0)
    assert any(verdict.twice for verdict in report.verdicts), report


def freezes(fleet: Fleet) -> Reaper:
    """One process after the other stands still, with a call before it, for longer than its lease."""
    return Reaper(fleet, BEFORE_A_CALL, NEVER, every=10, freezes=1.0, frozen_seconds=LONG)


@pytest.mark.timeout(480)
def test_without_the_fence_who_was_frozen_does_what_another_did(here: Ground, learned: Campaign) -> None:
    report = find(here, learned, "no_fence", freezes, patience=2 * LONG)
    assert any(not verdict.fine for verdict in report.verdicts), report


@pytest.mark.timeout(300)
def test_with_the_fence_the_same_freezes_harm_nobody(here: Ground, learned: Campaign) -> None:
    fleet = here.fleet("quick")
    fleet.start()
    try:
        campaign = Campaign(
            here.stage, fleet, freezes(fleet), seed=150, chats=CHATS, patience=2 * LONG, expected=learned.expected
        )
        campaign.wave(150_001)
    finally:
        fleet.stop()
    assert campaign.report.fine, "\n".join([str(campaign.report), *campaign.report.stories])
    assert campaign.report.frozen.total(), "nobody was frozen"


@pytest.mark.timeout(180)
def test_with_every_wake_up_lost_the_sweepers_do_all_the_work(here: Ground, learned: Campaign) -> None:
    """R-5: neither the queue nor the bell ever brings one."""
    fleet = here.fleet("quick", "deaf")
    fleet.start()
    try:
        report = Campaign(here.stage, fleet, seed=200, chats=CHATS, expected=learned.expected).run()
    finally:
        fleet.stop()
    assert report.fine, "\n".join([str(report), *report.stories])
    assert report.messages > 100
