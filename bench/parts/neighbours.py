"""What others make somebody wait: a load, an event that cannot be handled, a shop with thousands of jobs."""

from __future__ import annotations

import statistics
import time

from bench.context import Bench
from bench.judge import BLUE, Ear, Heard, thirds
from bench.shots import opened, percentile
from bench.stage import SHOPS, account
from bench.table import Goal
from bench.wire import Stream
from bench.worker import POISON

LOAD = 50
"""Questions a second of the others."""

PROBES = 2
"""Questions a second of the one conversation that is watched."""


def lane(bench: Bench) -> None:
    """One conversation alone, then while others ask: what the load adds."""
    seconds = bench.lengths.window + bench.lengths.warm
    load, probes = (LOAD, PROBES) if not bench.quick else (20, 5)

    def probe(seconds: float, start: float = 0.0) -> Stream:
        return bench.stream(probes, seconds, name="probe", cast=1, start=start)

    site = bench.shared("SQLite")
    bench.ask(site, bench.stream(load, bench.lengths.warm))
    alone = thirds(bench.ask(site, probe(seconds))[0].after(0))
    crowd = bench.stream(load, seconds)
    _, watched = bench.ask(site, crowd, probe(seconds - bench.lengths.warm, bench.lengths.warm))
    loaded = thirds(watched.after(0))
    added = {name: round(loaded[name] - alone[name], 1) for name in ("p50", "p95")}
    bench.table.add(
        f"one conversation while others ask {load}/s, SQLite: p50 / p95", {name: loaded[name] for name in added}, "ms",
        floor={name: alone[name] for name in added}, note="the bare limit is the same conversation with nobody else there",
    )  # fmt: skip
    bench.table.add(f"lag added to one conversation by {load}/s, SQLite: p50 / p95", added, "ms")


# --- poison ---------------------------------------------------------------------------------------------------


def poison(bench: Bench) -> None:
    """Two sites side by side get the same load in turns; one of them also an event that always raises.

    Each round brings a new poison event, which is tried again after 2 seconds, and after 8, while later rounds run.
    """
    rounds = 1 if bench.quick else 5
    load, seconds = (20, bench.lengths.window) if bench.quick else (LOAD // 2, 5.0)
    waits: dict[bool, list[list[float]]] = {False: [], True: []}
    with bench.site("SQLite", change="poison") as clean, bench.site("SQLite", change="poison") as sick:
        for site in (clean, sick):
            bench.ask(site, bench.stream(load, bench.lengths.warm))
        for number in range(rounds):
            for poisoned in (False, True) if number % 2 == 0 else (True, False):
                site = sick if poisoned else clean
                pill = bench.stream(1, 1, name="poison", cast=1, texts=[POISON], start=seconds / 3)
                crowd = bench.stream(load, seconds)
                heard = bench.ask(site, crowd, beside=[pill] if poisoned else [])[0]
                waits[poisoned].append(heard.after(0))
        tried = sick.log().count("inbox.failed")
    bench.table.must(tried >= rounds, f"the poison event was tried {tried} times only")
    middle = {which: statistics.median(thirds(one)["p95"] for one in came) for which, came in waits.items()}
    moved = round(100 * (middle[True] / middle[False] - 1), 1)
    bench.table.add(
        f"others' p95 at {load}/s beside poison events, SQLite", round(middle[True], 1), "ms", floor=round(middle[False], 1),
        goal=Goal(gate=1.10, ratio=True, always=True),
        note=f"moved {moved:+g} %; {tried} tries of {rounds} poison events; the bare limit is the same without them; p95 by "
        f"round: with {_each(waits[True])}, without {_each(waits[False])}",
    )  # fmt: skip


def _each(came: list[list[float]]) -> str:
    return " ".join(f"{thirds(one)['p95']:.0f}" for one in came)


# --- a flood --------------------------------------------------------------------------------------------------


def flood(bench: Bench) -> None:
    """One shop has thousands of jobs waiting when the worker starts; customers of twenty others write now and then.

    The flood is never worked off here: the site is killed when the quiet shops were answered.
    """
    lengths = bench.lengths
    quiet = [account(SHOPS + number) for number in range(lengths.quiet_shops)]
    seconds = 1.0 if bench.quick else 20.0

    def visitors(seconds: float) -> Stream:
        rate = lengths.quiet_shops / 5
        return bench.stream(rate, seconds, name="quiet shops", cast=10 * len(quiet), accounts=quiet)

    bench.ask(bench.shared("SQLite"), visitors(lengths.warm))
    before = bench.ask(bench.shared("SQLite"), visitors(seconds))[0]
    jobs = Stream(
        name="flood", run=bench.run(), texts=[BLUE], count=lengths.jobs, cast=lengths.jobs, batch=50,
        accounts=[account(SHOPS + lengths.quiet_shops)],
    )  # fmt: skip
    with bench.site("SQLite", workers=0) as site:
        posted = opened(site.port, jobs)[0]
        bench.table.must(not posted.refused(), f"the flood was refused: {posted.refused()}")
        site.staff(1)
        heard, left = _beside(bench, site.port, visitors(seconds), jobs)
        site.kill()
    added = percentile(heard.after(0), 0.95) - percentile(before.after(0), 0.95)
    bench.table.must(heard.faultless, f"quiet shops beside a flood: {heard.say()}")
    bench.table.add(
        f"quiet shops' p95 beside a shop with {lengths.jobs} queued jobs, SQLite", thirds(heard.after(0))["p95"], "ms",
        floor=thirds(before.after(0))["p95"], note=f"the bare limit is without the flood; {heard.say()}; {left}",
    )  # fmt: skip
    bench.table.add(
        "delay the flood adds to others, p95, SQLite", round(added, 3), "s", goal=Goal(gate=2.0, always=True),
        note="longest wait of one " + f"{max(heard.after(0), default=float('nan')):.2f} s",
    )  # fmt: skip


def _beside(bench: Bench, port: int, stream: Stream, jobs: Stream) -> tuple[Heard, str]:
    """The quiet shops' answers while the flood is worked on, and how much of it was left."""
    bench.graph.new()
    ear = Ear(bench.graph)
    came = opened(port, stream)[0]
    names = {stream.customer(index) for index in range(stream.count)}
    ends = time.monotonic() + 30
    while time.monotonic() < ends and sum(len(ear.got[name]) for name in names) < 2 * stream.count:
        time.sleep(0.1)
        ear.listen()
    started = sum(1 for name in ear.got if name.startswith(jobs.run))
    return ear.judge(came), f"{jobs.count - started} of {jobs.count} jobs not begun at the end"
