"""What a run of ten steps costs by itself: no provider, a file of SQLite, everything from the event to the last commit."""

from __future__ import annotations

import time
from typing import Any

from bench.context import Bench
from bench.table import Goal
from salespilots.bootstrap import assemble, migrate
from salespilots.config import load_config

STEPS = 10
OWN_COST = Goal(gate={"p50": 50.0})
"""Milliseconds."""


def _step(number: int, kind: str, **settings: Any) -> dict[str, Any]:
    following = f"s{number + 1}" if number + 1 < STEPS else "end"
    branches = {"then": following, "else": "end"} if kind == "flow.branch" else {"next": following}
    return {"id": f"s{number}", "kind": kind, "settings": settings, **branches}


def steps() -> list[dict[str, Any]]:
    """Ten of several kinds, of which two say something."""
    always = [{"field": "customer.orders", "op": "eq", "value": 0}]
    return [
        _step(0, "flow.branch", all=always),
        _step(1, "customer.field", name="step", value="one"),
        _step(2, "message.text", text="Hello {customer}, welcome to {shop}."),
        _step(3, "flow.branch", all=[{"field": "time.hour", "op": "lt", "value": 24}]),
        _step(4, "customer.field", name="step", value="two"),
        _step(5, "flow.go_to"),
        _step(6, "customer.tag", tag="Bench"),
        _step(7, "flow.branch", all=[{"field": "customer.tag", "op": "has", "value": "Bench"}]),
        _step(8, "customer.untag", tag="Bench"),
        _step(9, "message.text", text="That is all, {customer}."),
    ]


def measure(bench: Bench) -> None:
    """The time from a customer's word, which is stored already, to the run's end; sends are the practice channel's."""
    home = bench.folder / "running"
    home.mkdir()
    application = assemble(load_config({"SALESPILOTS_HOME": str(home)}))
    migrate(application)
    services = application.services
    _, shop = services.accounts.sign_up(
        shop_name="Running", name="Bench", email="running@example.in", password="lotus river 42 sun"
    )
    trigger = {"kind": "message.received", "settings": {"keywords": ["zzrun"]}}
    made = services.workflows.create(shop.id, "Ten steps", {"trigger": trigger, "steps": steps()})
    services.workflows.publish(shop.id, made.id)
    times = []
    for number in range(10 if bench.quick else 200):
        services.practice.say(shop.id, f"sim-c{number}", "zzrun", name="Riya", key=f"k{number}")
        began = time.perf_counter()
        services.maintenance.drain_due()
        times.append((time.perf_counter() - began) * 1000)
    runs = services.run_log.runs(shop.id, made.id, limit=200).items
    bench.table.must(all(one.result == "done" for one in runs), "a run of ten steps did not end")
    _, log, _ = services.run_log.run(shop.id, runs[0].id)
    bench.table.must(len(log) == STEPS, "a run of ten steps did not take ten")
    times.sort()
    figures = {"p50": round(times[len(times) // 2], 1), "p95": round(times[int(len(times) * 0.95)], 1)}
    bench.table.add(
        "run of 10 steps with 2 messages, own cost: p50 / p95", figures, "ms", goal=OWN_COST,
        note=f"{len(times)} new customers one after the other, SQLite, synchronous FULL; the two sends are in it",
    )  # fmt: skip
    application.storage.close()
