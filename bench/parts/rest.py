"""Starting, and being there with nothing to do: seconds, memory of every process, processor time."""

from __future__ import annotations

import socket
import statistics
import sys
import time
from typing import Any

from bench.context import Bare, Bench
from bench.judge import BLUE, ask
from bench.proc import cpu_seconds, tree
from bench.processes import start, stop, wait_for_page
from bench.stage import account
from bench.table import Goal
from bench.wire import Stream, requests
from tests.support.product import APP_SECRET, Product

STARTS = Goal(gate=3.0, stretch=1.5)
MEMORY = Goal(gate=250, stretch=160, always=True)
IDLE = Goal(gate=1.0, always=True)
SETTLE = 4.0
"""Seconds after a start until an instance counts as idle."""


class Run:
    """`salespilots run` on a prepared data folder. ``page`` and ``answer``: seconds from its start to the first page, and
    to the first message of an answer reaching the channel, when a customer asks as soon as there is a page."""

    def __init__(self, bench: Bench, product: Product) -> None:
        self.port, started = product.port, time.monotonic()
        command = [sys.executable, "-m", "salespilots", "run", "--port", str(product.port)]
        log = product.home / "run.log"
        self.process = start(command, product.environment(), log)
        wait_for_page(f"{product.url}/signin", self.process, log)
        self.page = time.monotonic() - started
        self.answer = _first_answer(bench, product.port) - started


def _first_answer(bench: Bench, port: int) -> float:
    """When the first message of the answer to a question asked now arrives, seconds of CLOCK_MONOTONIC."""
    bench.graph.new()
    stream = Stream(name="first", run=bench.run(), texts=[BLUE], count=1, accounts=[account(0)])
    _, wire = next(requests(stream, APP_SECRET, time.time()))
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(wire)
        line.recv(1000)
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        for at, who, _ in bench.graph.new():
            if who == stream.customer(0):
                return at
        time.sleep(0.02)
    raise SystemExit("the first question was not answered")


def measure(bench: Bench) -> None:
    """Starts one after the other; then the last one and one on PostgreSQL at rest, side by side."""
    runs = {"SQLite": _starts(bench)}
    try:
        if not bench.quick:
            runs["PostgreSQL"] = Run(bench, bench.stage("PostgreSQL").copy(bench.graph.url))
        _rest(bench, runs)
    finally:
        stop(*(run.process for run in runs.values()))


def _starts(bench: Bench) -> Run:
    """Returns the last one, running."""
    stage, floors = bench.stage("SQLite"), []
    runs: list[Run] = []
    for number in range(bench.lengths.rounds):
        if runs:
            stop(runs[-1].process)
        began = time.monotonic()
        bare = Bare(str(bench.folder / f"start{number}.db"), bench.folder / "bare.log")
        floors.append(time.monotonic() - began)
        stop(bare.process)
        runs.append(Run(bench, stage.copy(bench.graph.url)))
    floor = round(statistics.median(floors), 2)
    for name, came in (
        ("first page", [run.page for run in runs]),
        ("first answer of a message", [run.answer for run in runs]),
    ):
        bench.table.add(
            f"start to {name}, SQLite", round(statistics.median(came), 2), "s", floor=floor, goal=STARTS,
            note=f"rounds {' '.join(f'{one:.2f}' for one in came)}; the bare limit is the start of its web server alone",
        )  # fmt: skip
    return runs[-1]


def _rest(bench: Bench, runs: dict[str, Run]) -> None:
    time.sleep(0.3 if bench.quick else SETTLE)
    pids = {kind: run.process.pid for kind, run in runs.items()}
    if "PostgreSQL" in runs:
        pids["server"] = bench.postgres().pid
    before, began = {name: cpu_seconds(pid) for name, pid in pids.items()}, time.monotonic()
    time.sleep(bench.lengths.idle)
    seconds = time.monotonic() - began
    used = {name: round(100 * (cpu_seconds(pid) - before[name]) / seconds, 2) for name, pid in pids.items()}
    for kind, run in runs.items():
        note = f"of a core, all processes, over {seconds:.0f} s"
        note += f"; the database server besides {used['server']} %" if kind == "PostgreSQL" else ""
        bench.table.add(f"idle instance, processor, {kind}", used[kind], "%", goal=IDLE, note=note)
        _memory(bench, f"memory at rest, {kind}", tree(run.process.pid), MEMORY)
    load = bench.stream(20 if bench.quick else 40, bench.lengths.window, accounts=[account(0)])
    heard = ask(runs["SQLite"].port, bench.graph, load)[0]
    bench.table.must(heard.faultless, f"load before the memory was looked at: {heard.say()}")
    _memory(bench, "memory after a load, SQLite", tree(runs["SQLite"].process.pid), None)


def _memory(bench: Bench, name: str, rows: list[dict[str, Any]], goal: Goal | None) -> None:
    """Resident memory of all processes together; pages they share count for each of them."""
    rss, pss = (round(sum(float(row[what]) for row in rows), 1) for what in ("rss_mib", "pss_mib"))
    each = ", ".join(f"{row['process']} {row['rss_mib']}" for row in rows)
    note = f"{each} MiB resident; shared pages counted once {pss} MiB"
    bench.table.add(f"{name}: web, worker and all", rss, "MiB", goal=goal, note=note)
    bench.table.more[name] = {"processes": rows, "rss_mib": rss, "pss_mib": pss}
