"""From when a price question is due to when the first message of its answer reaches the channel, at fixed rates."""

from __future__ import annotations

from bench.context import Bench
from bench.judge import QUESTIONS, thirds
from bench.processes import Site
from bench.shots import closed, percentile
from bench.table import Goal, Value

RATES = (10, 50, 100, 200)
LATENCIES = (0, 150)
"""Milliseconds in which the channel answers a send."""

WORKERS = {"SQLite": (1,), "PostgreSQL": (1, 2, 4)}
FEW = 20
"""Conversations of the window with many questions in flight in each."""

FEW_QUESTIONS = 28
"""In each of them: from the thirtieth run within an hour on the product asks a person."""

TOO_LATE, SHORT = 1.0, (0.5, 1.5)
"""Seconds of p95 beyond which higher rates are only looked at for so long, warming up and window: their figures say only
that a backlog grows."""

MORE_WORKERS = 4.0
"""Seconds of a window when it is about more workers."""

GOALS: dict[tuple[int, int], Goal] = {
    (100, 0): Goal(gate={"p50": 25, "p95": 80}, stretch={"p50": 10, "p95": 50}),
    (100, 150): Goal(gate={"p95": 150}),
    (200, 150): Goal(stretch={"p95": 150}),
}


def measure(bench: Bench) -> None:
    """Both databases; on PostgreSQL with one, two and four workers."""
    _stand_in(bench)
    for kind, counts in WORKERS.items():
        for count in counts if not bench.quick else counts[:1]:
            _windows(bench, kind, bench.shared(kind, count))
        _few(bench, kind, bench.shared(kind, counts[0]))


def name_of(kind: str, workers: int) -> str:
    """A database and its workers in words."""
    return f"{kind}, {workers} worker{'s' if workers > 1 else ''}"


def _windows(bench: Bench, kind: str, site: Site) -> None:
    lengths, where = bench.lengths, name_of(kind, len(site.workers))
    rates = RATES if not bench.quick else (20,)
    for latency in LATENCIES if not bench.quick else LATENCIES[1:]:
        bench.graph.set(latency_ms=latency)
        late = False
        for rate in rates:
            if rate == RATES[0] and len(site.workers) > 1:
                continue
            window = min(lengths.window, MORE_WORKERS) if len(site.workers) > 1 else lengths.window
            warm, window = SHORT if late else (lengths.warm, window)
            before = site.cpu()
            heard = bench.ask(site, bench.stream(rate, warm + window))[0]
            used = {role: seconds - before[role] for role, seconds in site.cpu().items()}
            came: Value = thirds(heard.after(warm))
            cost = ", ".join(
                f"{role} {seconds / heard.opened.stream.count * 1000:.1f}" for role, seconds in used.items()
            )
            note = f"{heard.say()}; webhook answered p99 {percentile(heard.opened.took, 0.99) * 1000:.0f} ms; "
            note += f"CPU ms a question: {cost}" + ("; backlog grows, short window" if late else "")
            bench.table.add(
                f"webhook to send, {rate}/s, provider {latency} ms, {where}: p50 / p95 / p99", came, "ms",
                floor=thirds(bench.bare_waits(kind, rate)), goal=GOALS.get((rate, latency)), note=note,
            )  # fmt: skip
            late = late or came["p95"] > TOO_LATE * 1000  # type: ignore[index]
    bench.graph.set()


def _few(bench: Bench, kind: str, site: Site) -> None:
    """Many questions in flight in each conversation: none lost, none twice, all in order."""
    rate = 60 if bench.quick else 100
    questions = 3 if bench.quick else FEW_QUESTIONS
    bench.graph.set(latency_ms=150)
    stream = bench.stream(rate, FEW * questions / rate, name="few", cast=FEW, texts=tuple(QUESTIONS))
    heard = bench.ask(site, stream)[0]
    bench.graph.set()
    faults = {"lost": heard.lost, "twice": heard.twice, "disorder": heard.disorder}
    bench.table.add(
        f"{FEW} conversations, {rate}/s, provider 150 ms, {name_of(kind, len(site.workers))}: lost / twice / out of order",
        {name: float(count) for name, count in faults.items()}, "",
        goal=Goal(gate=dict.fromkeys(faults, 0.0), always=True),
        note=f"{heard.say()}; p95 {thirds(heard.after(0))['p95']:g} ms with {questions} questions in each",
    )  # fmt: skip


def _stand_in(bench: Bench) -> None:
    """What the load generator and the send stand-in can do: they are not to be the limit."""
    body = '{"recipient":{"id":"1"},"message":{"text":"Blue block-print saree is 1,499.00, 9 in stock."}}'
    lines = ("POST /v26.0/me/messages HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", "")
    wire = "\r\n".join((*lines[:-1], f"Content-Length: {len(body)}", "", body))
    seconds = 0.3 if bench.quick else 1.5
    came = closed(bench.graph.port, wire, connections=32, seconds=seconds, warm=0.2)
    bench.table.add(
        "send stand-in alone, with our generator", round(came.rate), "/s",
        note="both are processes of their own on the same cores",
    )  # fmt: skip
    bench.graph.new()
