"""R-9: the provider is down for half an hour, by the clock, with six hundred replies waiting; the real back-off times."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from salespilots.testing.twin_client import wait_until
from soak.campaign import Campaign
from soak.grounds import ground
from soak.parts.kills import outcome
from soak.progress import Outcome

CHATS = 85
"""They are owed about six hundred replies."""

DRAIN_SECONDS = 600
"""The longest that it may take until everything is sent, from when the provider is back."""


def run(number: int, share: int) -> Outcome:
    """Down for ``share`` minutes."""
    with (
        tempfile.TemporaryDirectory(prefix="sp-soak-") as folder,
        ground("sqlite", Path(folder), drop_echoes=0) as here,
    ):
        fleet = here.fleet()
        fleet.start()
        campaign = Campaign(here.stage, fleet, seed=number + 30_000, chats=CHATS, patience=DRAIN_SECONDS)
        try:
            campaign.learn()
            graph = here.stage.graph
            graph.call("/__fail", {"kind": "503", "times": 10**9})
            down, back = time.monotonic(), [0.0]

            def over() -> None:
                wait_until(lambda: time.monotonic() - down > share * 60, seconds=share * 60 + 60, every=0.5)
                waiting.update(campaign.waiting())
                graph.call("/__fail", {"kind": "none"})
                back[0] = time.monotonic()

            waiting: dict[str, float] = {}
            took = campaign.wave_after(1, over)
        finally:
            codes = fleet.stop()
        report = campaign.report
        more = [f"exit codes {codes}"] if any(codes) else []
        more += [f"{took:.0f} s until all was sent"] if took > DRAIN_SECONDS else []
        made = outcome(report, share, *more, *report.stories)
        made.figures["waiting when it came back"] = waiting.get("outbox_queued", 0) + waiting.get("outbox_uncertain", 0)
        made.most["seconds until all was sent"] = round(took, 1)
        return made
