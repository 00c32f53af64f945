"""The highest rate that is kept up, and what more workers add to it."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass

from bench.context import Bench
from bench.judge import BLUE, Ear, thirds
from bench.parts.rates import WORKERS, name_of
from bench.processes import Site
from bench.shots import opened
from bench.stage import SHOPS, account
from bench.table import Goal
from bench.wire import Stream
from bench.worker import FEW_SLOTS

FIRST, STEP, MOST = 40.0, 1.25, 900.0
HALVINGS = 2
"""How often the step between the highest rate that was kept up and the first that was not is halved."""

LATE_MS = 500
"""A rate is kept up while p95 of the whole window and of its second half stay below."""

GOALS = {
    "SQLite": Goal(gate=100, stretch=200, least=True),
    "PostgreSQL": Goal(gate=200, stretch=400, least=True),
}
SCALING = Goal(gate={"times": 1.8}, least=True)


@dataclass(frozen=True, slots=True)
class Reached:
    """A rate that was kept up, with its p95 in milliseconds; 0 when none was."""

    rate: float = 0.0
    p95: float = 0.0
    tried: str = ""


def measure(bench: Bench) -> None:
    """Both databases; on PostgreSQL with one, two and four workers, the best of which counts."""
    for kind, counts in WORKERS.items():
        best = Reached()
        for count in counts if not bench.quick else counts[:1]:
            site = bench.shared(kind, count)
            found = _highest(bench, site, 10 if bench.quick else max(FIRST, best.rate / STEP))
            best = max(best, found, key=lambda one: one.rate)
            if len(counts) > 1:
                name = f"highest rate with p95 <= 500 ms, {name_of(kind, count)}"
                bench.table.add(name, round(found.rate, 1), "/s", note=found.tried)
        bench.table.add(
            f"highest rate with p95 <= 500 ms, {kind}", round(best.rate, 1), "/s", goal=GOALS[kind],
            note=f"p95 {best.p95:g} ms there; {best.tried}",
        )  # fmt: skip


def _highest(bench: Bench, site: Site, first: float) -> Reached:
    """Search upward, and downward when the first is too much, then between the two; each rate has two tries."""
    rate, best, too_much, words, halved = first, Reached(), MOST, [], 0
    while 5 < rate < MOST and halved <= HALVINGS:
        p95 = 0.0
        for _ in range(2):
            p95 = _late(bench, site, rate)
            if p95 <= LATE_MS:
                break
        words.append(f"{rate:.0f}/s: p95 {p95:.0f}")
        if p95 <= LATE_MS:
            best = Reached(rate, p95)
        else:
            too_much = rate
        if bench.quick:
            break
        if not best.rate:
            rate /= STEP
        elif too_much == MOST:
            rate *= STEP
        else:
            rate, halved = math.sqrt(best.rate * too_much), halved + 1
    return Reached(best.rate, best.p95, ", ".join(words))


def _late(bench: Bench, site: Site, rate: float) -> float:
    """p95 in milliseconds at this rate, of the window or of its second half if that is worse."""
    lengths = bench.lengths
    heard = bench.ask(site, bench.stream(rate, lengths.warm + lengths.window))[0]
    whole, half = (thirds(heard.after(lengths.warm + part * lengths.window))["p95"] for part in (0.0, 0.5))
    return max(whole, half)


# --- more workers ---------------------------------------------------------------------------------------------


def scaling(bench: Bench) -> None:
    """One, two and four workers on PostgreSQL at a channel that answers in 150 ms: how quickly they answer a backlog.

    Nothing comes in meanwhile, so that web server and load generator leave the processor to the workers. Once as the
    product is, once with few sends under way at once in each worker: then waiting is the limit, not the processor.
    """
    counts = (1, 2, 4) if not bench.quick else (1, 2)
    bench.graph.set(latency_ms=150)
    for change, words in (("", "all slots"), ("few_slots", f"{FEW_SLOTS} slots each"))[: 1 if bench.quick else 2]:
        rates: dict[int, list[float]] = {count: [] for count in counts}
        with bench.site("PostgreSQL", workers=0, change=change) as site:
            for number in range(1 if change or bench.quick else 3):
                for count in counts if number == 0 else counts[:2]:
                    questions = 30 if bench.quick else 100 * count if change else 300
                    rates[count].append(_answered(bench, site, count, questions))
        middle = {count: statistics.median(came) for count, came in rates.items()}
        for count in counts:
            bench.table.add(
                f"{name_of('PostgreSQL', count)}, {words}, provider 150 ms: answers a second / x of one worker",
                {"rate": round(middle[count], 1), "times": round(middle[count] / middle[1], 2)}, "/s",
                goal=SCALING if count == 2 and not change else None,
                note="rounds " + " ".join(f"{one:.0f}" for one in rates[count]),
            )  # fmt: skip
    bench.graph.set()


def _answered(bench: Bench, site: Site, workers: int, questions: int) -> float:
    """First messages of answers a second, between the first tenth and the last of a backlog."""
    site.staff(0)
    stream = Stream(
        name="backlog", run=bench.run(), texts=[BLUE], count=questions, cast=questions, batch=10,
        accounts=[account(number) for number in range(SHOPS)],
    )  # fmt: skip
    bench.graph.new()
    ear = Ear(bench.graph)
    came = opened(site.port, stream)[0]
    site.staff(workers)
    ear.wait([stream], 20)
    heard = ear.judge(came)
    bench.table.must(heard.faultless, f"backlog, {workers} workers: {heard.say()}")
    tenth = len(heard.firsts) // 10
    middle = heard.firsts[tenth : len(heard.firsts) - tenth]
    return (len(middle) - 1) / (middle[-1] - middle[0])
