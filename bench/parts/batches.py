"""A thousand messages in one webhook, the most that Meta puts into one: how long until all are kept, and how many a second."""

from __future__ import annotations

import http.client
import time

from bench.context import Bench
from bench.shots import percentile
from bench.stage import account
from bench.table import Goal
from bench.wire import Stream, requests
from tests.support.product import APP_SECRET

SIZE = 1000
ROUNDS = 12

GOAL = Goal(gate=500.0)
"""Milliseconds for one, on SQLite."""


def measure(bench: Bench) -> None:
    """Both databases, one webhook after the other: Meta waits for the answer."""
    for kind in ("SQLite", "PostgreSQL"):
        _measure(bench, kind)


def _measure(bench: Bench, kind: str) -> None:
    bare, table = bench.bare(kind), bench.table
    rounds = 2 if bench.quick else ROUNDS
    took: dict[str, list[float]] = {"bare": [], "ours": []}
    with bench.site(kind, workers=0) as site:
        for name, port, path in (
            ("bare", bare.port, "/webhook"), ("ours", site.port, "/webhooks/channel/instagram"),
        ):  # fmt: skip
            stream = Stream(
                name="batches", run=bench.run(), texts=["thanks"], count=(rounds + 1) * SIZE, accounts=[account(0)],
                cast=1_000_000, batch=SIZE,
            )  # fmt: skip
            took[name] = [_post(port, path, made) for _, made in requests(stream, APP_SECRET, time.time())][1:]
        kept = site.product.count("inbox", port="channel", provider="instagram")
    sent = (rounds + 1) * SIZE
    table.must(kept == sent, f"{kind}: {sent} messages came in batches, {kept} were kept")
    waits = {name: round(percentile(of, 0.5) * 1000, 1) for name, of in took.items()}
    table.add(
        f"{SIZE} messages in one webhook kept, p50, {kind}", waits["ours"], "ms", floor=waits["bare"],
        goal=GOAL if kind == "SQLite" else None,
        note=f"{rounds} webhooks; longest {max(took['ours']) * 1000:.0f} ms; rows kept {kept} = sent; bare: the same bytes "
        "verified and kept as one row",
    )  # fmt: skip
    rate = {name: round(SIZE * len(of) / sum(of), 1) for name, of in took.items()}
    table.add(f"messages kept in batches of {SIZE}, {kind}", rate["ours"], "/s", floor=rate["bare"])


def _post(port: int, path: str, made: bytes) -> float:
    """Seconds from the first byte to the answer."""
    head, _, body = made.partition(b"\r\n\r\n")
    lines = [one.split(b": ", 1) for one in head.split(b"\r\n")[1:]]
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    started = time.monotonic()
    line.request("POST", path, body=body, headers={name.decode(): value.decode() for name, value in lines})
    answer = line.getresponse()
    answer.read()
    line.close()
    if answer.status != 200:
        raise SystemExit(f"a batch was not accepted: {answer.status}")
    return time.monotonic() - started
