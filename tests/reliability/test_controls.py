"""The judge can say "guilty": without one of the defences the same campaign fails. Without any wake-up it does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from soak.campaign import Campaign
from soak.grounds import Ground, ground
from soak.reaper import Reaper, every_point

CHATS = 24
NEVER = 10_000
"""More deaths than there is time for: the campaign goes on until something is found."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """One shop for all of them; each has customers of its own."""
    with ground("sqlite", tmp_path_factory.mktemp("controls")) as made:
        yield made


@pytest.fixture(scope="module")
def learned(here: Ground) -> Campaign:
    """What customers get on a calm day of the honest product."""
    fleet = here.fleet("quick")
    fleet.start()
    campaign = Campaign(here.stage, fleet)
    campaign.learn()
    fleet.stop()
    return campaign


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("number", "change", "signs"),
    [
        (1, "blind_resend", ("twice",)),
        (2, "no_unique_key", ("twice",)),
        (3, "no_fence", ("twice", "lost", "disorder")),
    ],
)
def test_without_a_defence_the_judge_finds_it(
    here: Ground, learned: Campaign, number: int, change: str, signs: tuple[str, ...]
) -> None:
    fleet = here.fleet("quick", change)
    fleet.start()
    try:
        reaper = Reaper(fleet, every_point(0), NEVER, seed=number, every=10)
        campaign = Campaign(
            here.stage, fleet, reaper, seed=number + 100, chats=CHATS, patience=10.0, expected=learned.expected
        )
        report = campaign.run(seconds=150)  # until it is found
    finally:
        fleet.stop()
    assert not report.fine, report
    assert any(getattr(verdict, sign) for verdict in report.verdicts for sign in signs), report


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
