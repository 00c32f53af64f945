"""R-1: whatever dies, wherever it is, each customer gets each answer once and in order. A history decides.

Two hundred deaths in all: a third on each pair of database and queue. `make soak` has five thousand.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from soak.campaign import Campaign
from soak.grounds import NAMES, ground, meanwhile, wipe
from soak.reaper import Reaper, every_point

KILLS, EACH = 67, 4
"""Three times these are the two hundred deaths, and more than ten at every line."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", NAMES)
def test_nothing_lost_nothing_twice_nothing_out_of_order(name: str, tmp_path: Path) -> None:
    with ground(name, tmp_path) as here:
        fleet = here.fleet("quick")
        fleet.start()
        reaper = Reaper(fleet, every_point(EACH), KILLS, seed=NAMES.index(name))
        campaign = Campaign(here.stage, fleet, reaper, seed=NAMES.index(name) + 1)
        try:
            campaign.learn()
            queue = partial(wipe, here.valkey) if here.valkey else None  # the queue is lost every five seconds
            with meanwhile(queue, (5, 5)):
                report = campaign.run(seconds=300)
        finally:
            codes = fleet.stop()
        print(report)
        assert report.fine, "\n".join([str(report), *report.stories, *fleet.complaints()[:40]])
        assert report.killed >= KILLS
        assert reaper.enough, report
        assert codes == [0] * len(codes)
        assert report.messages > 200
