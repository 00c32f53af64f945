"""R-13: PostgreSQL goes away and comes back every 5 to 40 seconds under load, and ends some connections in between."""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path

from soak.campaign import Campaign
from soak.grounds import Ground, ground, meanwhile
from soak.parts.kills import outcome
from soak.progress import Outcome
from tests.support.postgres import PostgresServer

BETWEEN = (5.0, 40.0)
"""Seconds."""

SECONDS_EACH = 25
"""The longest that a sitting takes for each restart."""


class Restarts:
    """Called every two seconds: restarts the server now and then, else ends some of its connections."""

    def __init__(self, here: Ground, between: tuple[float, float] = BETWEEN, seed: int = 13) -> None:
        assert here.postgres is not None
        self._server: PostgresServer = here.postgres
        self._database, self._chance, self._between = here.database, random.Random(seed), between
        self._next = time.monotonic() + between[0]
        self.restarts = self.ended = 0

    def __call__(self) -> None:
        if time.monotonic() >= self._next:
            self._server.halt()
            time.sleep(self._chance.uniform(0.2, 2.0))
            self._server.boot()
            self.restarts += 1
            self._next = time.monotonic() + self._chance.uniform(*self._between)
        else:
            self.ended += self._server.terminate_some(self._database)


def run(number: int, share: int) -> Outcome:
    """Until there were so many restarts."""
    with tempfile.TemporaryDirectory(prefix="sp-soak-") as folder, ground("postgresql", Path(folder)) as here:
        fleet = here.fleet("quick")
        fleet.start()
        campaign = Campaign(here.stage, fleet, seed=number + 20_000)
        trouble = Restarts(here, seed=number)
        ends = time.monotonic() + share * SECONDS_EACH
        try:
            campaign.learn()
            with meanwhile(trouble, (2, 2)):
                while campaign.report.fine and trouble.restarts < share and time.monotonic() < ends:
                    campaign.run(waves=campaign.report.waves + 1)
            alive, deaths = len(fleet.alive()), dict(fleet.deaths)
        finally:
            codes = fleet.stop()
        report = campaign.report
        more = [f"exit codes {codes}"] if any(codes) else []
        more += [f"processes ended: {deaths}"] if deaths or alive != 3 else []
        more += [f"answers {dict(report.refused)}"] if set(report.refused) - {503, 0} else []
        made = outcome(report, trouble.restarts, *more, *report.stories)
        made.figures["connections ended"] = trouble.ended
        return made
