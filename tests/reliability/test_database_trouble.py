"""R-13: PostgreSQL goes away and comes back, and ends connections, under load. Nothing is lost and no 2xx is false."""

from __future__ import annotations

from pathlib import Path

import pytest

from soak.campaign import Campaign
from soak.grounds import ground, meanwhile
from soak.parts.restarts import Restarts

SECONDS = 45
BETWEEN = (5.0, 15.0)


@pytest.mark.timeout(400)
def test_postgres_restarts_and_ends_connections_under_load(tmp_path: Path) -> None:
    with ground("postgresql", tmp_path) as here:
        fleet = here.fleet("quick")
        fleet.start()
        campaign = Campaign(here.stage, fleet, seed=13)
        trouble = Restarts(here, BETWEEN)
        try:
            campaign.learn()
            with meanwhile(trouble, (2, 2)):
                report = campaign.run(waves=1_000, seconds=SECONDS)
            alive, deaths = len(fleet.alive()), dict(fleet.deaths)
        finally:
            codes = fleet.stop()
        print(report, trouble.restarts, trouble.ended)
        assert report.fine, "\n".join([str(report), *report.stories, *fleet.complaints()[:40]])
        assert trouble.restarts >= 3
        assert trouble.ended >= 10
        assert report.messages > 200
        assert report.refused[503] + report.refused[0] > 0, "the database was away and nobody was told"
        assert set(report.refused) <= {503, 0}, report.refused
        assert alive == 3
        assert not deaths, f"processes ended because the database was away: {deaths}"
        assert codes == [0] * len(codes)
