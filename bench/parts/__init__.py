"""What is measured, by name, in the order of a run."""

from __future__ import annotations

from collections.abc import Callable

from bench.context import Bench
from bench.parts import (
    batches,
    hanging,
    importing,
    intake,
    matching,
    neighbours,
    orders,
    papers,
    rates,
    reach,
    replay,
    rest,
    running,
)

PARTS: dict[str, Callable[[Bench], None]] = {
    "rest": rest.measure,
    "intake": intake.measure,
    "batches": batches.measure,
    "rates": rates.measure,
    "reach": reach.measure,
    "scaling": reach.scaling,
    "lane": neighbours.lane,
    "poison": neighbours.poison,
    "flood": neighbours.flood,
    "hanging": hanging.measure,
    "orders": orders.measure,
    "importing": importing.measure,
    "papers": papers.measure,
    "matching": matching.measure,
    "running": running.measure,
    "replay": replay.measure,
}
