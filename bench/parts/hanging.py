"""R-3: the webhook answers at once while every provider accepts connections and never says a word."""

from __future__ import annotations

import dataclasses
import time

from bench.context import Bench
from bench.judge import BLUE
from bench.processes import Site
from bench.shots import opened, percentile
from bench.stage import account
from bench.table import Goal
from bench.wire import Stream
from salespilots.bootstrap import assemble
from salespilots.config import load_config
from tests.support.product import Product

RATE = 50
ORDER = (BLUE, "2 chahiye", "Riya Sen", "98450 12345", "560038", "14, 3rd Cross, Indiranagar")
"""What leads to the question whether to place the order; "haan" then asks the bank for a payment link."""

LAST_QUESTION = "Shall I place the order?"
BUYERS = 8
CALLED = {"messages": "channel", "completions": "model", "payment_links": "bank"}
"""The last part of a call's path, and who hung."""

WAIT = 20.0
"""Seconds for what must happen before a figure means something."""

GOAL = Goal(gate={"p99": 250})


def measure(bench: Bench) -> None:
    """Both databases. One shop has a bank, the other a model to write its answers; the channel is that of both."""
    for kind in ("SQLite", "PostgreSQL")[: 1 if bench.quick else 2]:
        product = bench.stage(kind).copy(bench.graph.url, SALESPILOTS_RAZORPAY_URL=bench.graph.url)
        _connect(product, f"{bench.graph.url}/v1")
        with Site(product, start=bench.start) as site:
            _hang(bench, kind, site)


def _connect(product: Product, model_url: str) -> None:
    application = assemble(load_config(product.environ))
    connections = application.services.connections
    shops = []
    for number in (0, 1):
        with application.storage.system_unit_of_work(read_only=True) as system:
            found = system.connections.find(provider="instagram", account_ref=account(number))
        assert found is not None
        shops.append(found.business_id)
    bank = {"key_id": "rzp_test_bench", "key_secret": "bench-secret", "webhook_secret": "bench-hook-secret"}
    connections.connect(shops[0], "razorpay", bank)
    connections.connect(shops[1], "openai", {"api_key": "sk-bench", "model": "bench", "base_url": model_url})
    application.storage.close()


def _hang(bench: Bench, kind: str, site: Site) -> None:
    buyers = Stream(
        name="buyers", run=bench.run(), texts=list(ORDER), count=BUYERS * len(ORDER), rate=BUYERS * 3.0, cast=BUYERS,
        accounts=[account(0)],
    )  # fmt: skip
    bench.graph.new()
    opened(site.port, buyers, bench.stream(1, 1, accounts=[account(1)]))  # the latter has the model's library loaded
    asked: set[str] = set()
    ends = time.monotonic() + WAIT
    while len(asked) < BUYERS and time.monotonic() < ends:
        time.sleep(0.05)
        asked |= {who for _, who, words in bench.graph.new() if LAST_QUESTION in words}
    yes = dataclasses.replace(buyers, name="yes", texts=["haan"], count=BUYERS, numbers=1000)
    seconds = bench.lengths.hanging
    crowd = bench.stream(RATE, seconds, accounts=[account(0), account(1)])
    bench.graph.new()
    bench.graph.calls.clear()
    bench.graph.set(hang=True)
    came, _ = opened(site.port, crowd, yes)
    calls, ends = bench.graph.calls, time.monotonic() + WAIT
    while not all(calls[path] for path in CALLED) and time.monotonic() < ends:
        bench.graph.new()
        time.sleep(0.05)
    bench.graph.set()
    bench.table.must(not came.refused(), f"webhooks were refused while providers hang: {came.refused()}")
    for path, whose in CALLED.items():
        bench.table.must(calls[path] > 0, f"the {whose} was not called while it hung: {dict(calls)}")
    hung = ", ".join(f"{count} {path}" for path, count in calls.items())
    waits = {name: round(percentile(came.took, share) * 1000, 1) for name, share in (("p99", 0.99), ("p99.9", 0.999))}
    bench.table.add(
        f"webhook answered at {RATE}/s while every provider hangs, {kind}: p99 / p99.9", waits, "ms", goal=GOAL,
        note=f"{len(came.took)} of {crowd.count} accepted in {seconds:g} s; calls that hung: {hung}",
    )  # fmt: skip
    site.kill()
