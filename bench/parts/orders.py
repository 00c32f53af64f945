"""Orders of one product by many buyers at once, through the API; the stock must fit to the piece."""

from __future__ import annotations

import json
import statistics

from bench.context import Bench
from bench.shots import Closed, closed, percentile
from bench.stage import PIECES
from bench.table import Goal
from tests.support.product import Api

BUYERS = 16


def measure(bench: Bench) -> None:
    """On either database, in turns with bare orders."""
    for kind in ("SQLite", "PostgreSQL"):
        _measure(bench, kind)


def _wire(path: str, key: str, body: str) -> str:
    lines = (
        f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", f"Authorization: Bearer {key}",
        f"Content-Length: {len(body)}", "", body,
    )  # fmt: skip
    return "\r\n".join(lines)


def _measure(bench: Bench, kind: str) -> None:
    stage, bare = bench.stage(kind), bench.bare(kind)
    body = json.dumps({"customer_id": stage.customer, "lines": [{"sku": "HOT", "quantity": 1}]})
    ours: list[Closed] = []
    floors: dict[str, list[Closed]] = {"/order": [], "/order-each": []}
    site = bench.shared(kind)
    seconds, warm = bench.lengths.intake, min(0.5, bench.lengths.warm)
    for _ in range(bench.lengths.rounds):
        for path, floor in floors.items():
            wire = _wire(path, "bare", body)
            floor.append(closed(bare.port, wire, connections=BUYERS, seconds=min(seconds, 2.0), warm=warm))
        wire = _wire("/api/v1/orders", stage.key, body)
        ours.append(closed(site.port, wire, connections=BUYERS, seconds=seconds, warm=warm))
    api = Api(site.product.url, stage.key)
    variant = api.items("/products", q="Hot item")[0]["variants"][0]
    api.close()
    placed = sum(one.good for one in ours)
    held = (variant["on_hand"], variant["reserved"])
    bench.table.must(held == (PIECES, placed), f"{placed} orders, but the stock says {variant}")
    rate, shared, each = (round(statistics.median(one.rate for one in came), 1) for came in (ours, *floors.values()))
    note = f"stock exact after {placed} orders; the bare limit: guarded stock and three rows, commits shared"
    goal = Goal(gate=0.5, least=True, ratio=True, always=True)
    bench.table.add(
        f"orders on one hot product, {BUYERS} buyers, {kind}", rate, "/s", floor=shared, note=note, goal=goal
    )
    alone = f"the same beside bare orders that commit each, {kind}"
    bench.table.add(alone, rate, "/s", floor=each, note="as an order of ours does")
    took = [value for one in ours for value in one.took]
    waits = {name: round(percentile(took, share) * 1000, 1) for name, share in (("p50", 0.5), ("p95", 0.95))}
    bench.table.add(f"order placed, p50 / p95, {kind}", waits, "ms", goal=Goal(gate={"p95": 150.0}))
