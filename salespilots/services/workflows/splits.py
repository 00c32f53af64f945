"""Tests between several ways: which way a run took, and the paid orders that came of it."""

from __future__ import annotations

from salespilots.domain.order import Order
from salespilots.domain.run import Run
from salespilots.domain.split import CREDITED_FOR, SplitTaken, WayFigures
from salespilots.ports.storage import UnitOfWork, Where, eq
from salespilots.services.core import Core


def take_in(core: Core, uow: UnitOfWork, run: Run, way: str) -> None:
    """Note the way, once for each run and step."""
    uow.splits.add_once(
        SplitTaken(
            id=core.ids.new("split"), business_id=uow.business_id, workflow_id=run.workflow_id, step_id=run.cursor, way=way,
            run_id=run.id, customer_id=run.customer_id or "", taken_at=core.clock.now(), practice=run.practice,
        )
    )  # fmt: skip


def credit_in(core: Core, uow: UnitOfWork, order: Order) -> None:
    """An order is fully paid: the ways that its customer took not long before count it."""
    since = Where("taken_at", "ge", core.clock.now() - CREDITED_FOR)
    for one in uow.splits.select(eq("customer_id", order.customer_id), since):
        if one.order_id is None and (order.placed_at is None or one.taken_at <= order.placed_at):
            one.order_id, one.paid_paise = order.id, order.total_paise
            uow.splits.save(one)


class Splits:
    """What the ways of a test came to."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def figures(self, business_id: str, workflow_id: str, step_id: str) -> list[WayFigures]:
        """Per way, in alphabetical order. Raises `NotFound` for a workflow that is not the shop's."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            uow.workflows.get(workflow_id)
            taken = uow.splits.select(eq("workflow_id", workflow_id), eq("step_id", step_id))
        ways: dict[str, list[SplitTaken]] = {}
        for one in taken:
            ways.setdefault(one.way, []).append(one)
        return [
            WayFigures(
                way=way, taken=len(rows), paid_orders=len({one.order_id for one in rows if one.order_id}),
                paid_paise=sum(one.paid_paise for one in rows),
            )
            for way, rows in sorted(ways.items())
        ]  # fmt: skip
