"""Orders of one product by many buyers at once, through the API; the stock must fit to the piece."""

from __future__ import annotations

import json
import statistics

from bench.context import Bench
from bench.shots import Closed, closed, percentile
from bench.stage import PIECES, account
from bench.wire import Stream
from tests.support.product import Api

BUYERS = 16


def measure(bench: Bench) -> None:
    """On SQLite, in turns with bare webhooks."""
    stage, bare = bench.stage("SQLite"), bench.bare("SQLite")
    body = json.dumps({"customer_id": stage.customer, "lines": [{"sku": "HOT", "quantity": 1}]})
    lines = (
        "POST /api/v1/orders HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json",
        f"Authorization: Bearer {stage.key}", f"Content-Length: {len(body)}", "", body,
    )  # fmt: skip
    wire = "\r\n".join(lines)
    ours: list[Closed] = []
    floors: list[Closed] = []
    site = bench.shared("SQLite")
    for _ in range(bench.lengths.rounds):
        stream = Stream(
            name="bare", run=bench.run(), texts=["thanks"], count=10_000, accounts=[account(0)], cast=1_000_000,
            path="/webhook",
        )  # fmt: skip
        seconds, warm = bench.lengths.intake, min(0.5, bench.lengths.warm)
        floors.append(closed(bare.port, stream, connections=BUYERS, seconds=min(seconds, 2.0), warm=warm))
        ours.append(closed(site.port, wire, connections=BUYERS, seconds=seconds, warm=warm))
    api = Api(site.product.url, stage.key)
    variant = api.items("/products", q="Hot item")[0]["variants"][0]
    api.close()
    placed = sum(one.good for one in ours)
    held = (variant["on_hand"], variant["reserved"])
    bench.table.must(held == (PIECES, placed), f"{placed} orders, but the stock says {variant}")
    rate, floor = (round(statistics.median(one.rate for one in came), 1) for came in (ours, floors))
    note = f"stock exact after {placed} orders; the bare limit is a webhook's commit, an order has more"
    bench.table.add("orders on one hot product, 16 buyers, SQLite", rate, "/s", floor=floor, note=note)
    took = [value for one in ours for value in one.took]
    waits = {name: round(percentile(took, share) * 1000, 1) for name, share in (("p50", 0.5), ("p95", 0.95))}
    bench.table.add("order placed, p50 / p95, SQLite", waits, "ms")
