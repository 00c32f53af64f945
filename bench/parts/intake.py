"""Webhooks accepted by 32 connections as fast as they are answered, in turns with the bare limit."""

from __future__ import annotations

import statistics

from bench.context import Bench
from bench.shots import Closed, closed, percentile
from bench.stage import account
from bench.table import Goal
from bench.wire import Stream

CONNECTIONS = 32
MOST = 4000
"""Webhooks a second for which there are enough."""

GOAL = Goal(gate=0.70, stretch=0.85, least=True, ratio=True, always=True)


def measure(bench: Bench) -> None:
    """Both databases."""
    for kind in ("SQLite", "PostgreSQL"):
        _measure(bench, kind)


def _measure(bench: Bench, kind: str) -> None:
    bare, table = bench.bare(kind), bench.table
    rounds: dict[str, list[Closed]] = {"group": [], "each": [], "ours": []}
    with bench.site(kind, workers=0) as site:
        turns = {
            "group": (bare.port, "/webhook"), "each": (bare.port, "/webhook-each"),
            "ours": (site.port, "/webhooks/channel/instagram"),
        }  # fmt: skip
        for _ in range(bench.lengths.rounds):
            for name, (port, path) in turns.items():
                rounds[name].append(_round(bench, port, path))
        accepted = sum(one.good for one in rounds["ours"])
        kept = site.product.count("inbox", port="channel", provider="instagram")
    table.must(kept == accepted, f"{kind}: {accepted} webhooks were accepted, {kept} were kept")
    rates = {name: round(statistics.median(one.rate for one in came), 1) for name, came in rounds.items()}
    words = {name: " ".join(f"{one.rate:.0f}" for one in came) for name, came in rounds.items()}
    note = f"rounds: ours {words['ours']}; bare {words['group']}; bare, a commit for each {words['each']}; "
    note += f"rows kept {kept} = accepted {accepted}"
    table.add(f"webhooks accepted, {kind}", rates["ours"], "/s", floor=rates["group"], goal=GOAL, note=note)
    table.add(
        f"webhooks accepted, {kind}, beside a commit for each", rates["ours"], "/s", floor=rates["each"],
        note="the bare limit without sharing commits",
    )  # fmt: skip
    ours, floor = (_waits([took for one in rounds[name] for took in one.took]) for name in ("ours", "group"))
    table.add(f"webhook answered at that rate, p50 / p99, {kind}", ours, "ms", floor=floor)


def _round(bench: Bench, port: int, path: str) -> Closed:
    seconds = bench.lengths.intake
    stream = Stream(
        name="intake", run=bench.run(), texts=["thanks"], count=int((seconds + 0.5) * MOST), accounts=[account(0)],
        cast=1_000_000, path=path,
    )  # fmt: skip
    return closed(port, stream, connections=CONNECTIONS, seconds=seconds, warm=min(0.5, bench.lengths.warm))


def _waits(took: list[float]) -> dict[str, float]:
    return {name: round(percentile(took, share) * 1000, 1) for name, share in (("p50", 0.5), ("p99", 0.99))}
