"""R-1 and R-15: kill -9 at every marked line, again and again; with Valkey its data are lost every few seconds, too."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from soak.campaign import Campaign, Report
from soak.grounds import NAMES, ground, meanwhile, wipe
from soak.progress import Outcome
from soak.reaper import ONE_STEP, Reaper, every_point

SECONDS = 900
"""The longest sitting."""

EACH_OF, STEPS_OF = 20, 56
"""A marked line has one of so many deaths, at least; one of a single step, of which there are few, one of these."""


def outcome(report: Report, done: int, *more: str) -> Outcome:
    """What a campaign came to. ``more``: what else was wrong."""
    failures = [str(one) for one in report.verdicts if not one.fine] + report.broken + list(more)
    figures = {
        "messages": report.messages, "replies": report.replies, "paid": report.paid, "waves": report.waves,
        "frozen": report.frozen.total(), "webhooks refused": report.refused.total(),
    }  # fmt: skip
    deaths = {f"kills at {point}": number for point, number in report.kills.items()}
    return Outcome(done, failures, {**figures, **deaths})


def runner(name: str) -> Callable[[int, int], Outcome]:
    """For one pair of database and queue."""
    return partial(_run, name)


def _run(name: str, number: int, share: int) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="sp-soak-") as folder, ground(name, Path(folder)) as here:
        fleet = here.fleet("quick")
        fleet.start()
        seed = 1 + number * len(NAMES) + NAMES.index(name)
        wanted = every_point(max(1, share // EACH_OF)) | dict.fromkeys(ONE_STEP, max(1, share // STEPS_OF))
        reaper = Reaper(fleet, wanted, share, seed=seed)
        campaign = Campaign(here.stage, fleet, reaper, seed=seed + 10_000)
        try:
            campaign.learn()
            with meanwhile(partial(wipe, here.valkey) if here.valkey else None, (5, 5)):
                report = campaign.run(seconds=SECONDS)
        finally:
            codes = fleet.stop()
        more = [f"exit codes {codes}"] if any(codes) else []
        if not report.fine:
            more += [*report.stories, *fleet.complaints()[:40]]
        return outcome(report, report.killed, *more)
