"""One step on one order: a transaction with its stock, its events and who did it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from salespilots.domain.errors import Conflict
from salespilots.domain.events import Event
from salespilots.domain.order import Order
from salespilots.domain.order_states import OrderState
from salespilots.domain.transitions import Applied, Outcome
from salespilots.ports.storage import UnitOfWork
from salespilots.services.core import Core, retrying
from salespilots.services.reacting import react

NOT_ACCEPTED_YET = "Cash on delivery, and nobody has accepted it yet: its pieces are held."
"""Why an owner is asked to look at an order; it is settled with the next step."""

Step = Callable[[UnitOfWork, Order, datetime], Outcome]


class OrderSteps:
    """What every use case on orders is made of."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def act(
        self,
        business_id: str,
        order_id: str,
        step: Step,
        *,
        actor: str = "",
    ) -> Order:
        """One step on one order in one transaction; a step that was done already changes nothing."""

        def use_case() -> Order:
            with self._core.storage.unit_of_work(business_id) as uow:
                order = uow.orders.get(order_id)
                before = (order.state, order.paid_paise, order.refunded_paise, order.needs_attention)
                outcome = step(uow, order, self._core.clock.now())
                if isinstance(outcome, Applied):
                    if order.attention_reason == NOT_ACCEPTED_YET and order.state is not OrderState.PLACED:
                        order.settle_attention()
                    self._finish(uow, order, outcome, actor)
                    uow.orders.save(order)
                    uow.commit()
                elif before != (order.state, order.paid_paise, order.refunded_paise, order.needs_attention):
                    raise AssertionError("an ignored step changed the order")
            self._ring(order)
            return order

        return retrying(use_case)

    def _finish(self, uow: UnitOfWork, order: Order, outcome: Outcome, actor: str) -> list[Event]:
        """Record what happened, and what follows from it. Returns the events."""
        if not isinstance(outcome, Applied):
            return []
        events = [
            Event(type=one.type, at=one.at, ids=one.ids, data=one.data, actor=actor or one.actor)
            for one in outcome.events
        ]
        uow.record(*events)
        react(self._core, uow, events, order_id=order.id)
        return events

    def _ring(self, order: Order) -> None:
        if not order.conversation_id:
            return
        with self._core.storage.unit_of_work(order.business_id, read_only=True) as uow:
            lane = uow.conversations.get(order.conversation_id).lane
        self._core.doorbell.ring(lane)


def check_seen(seen: int | None, noted: Sequence[object]) -> None:
    """Raise `Conflict` where somebody noted another parcel or return since a page was shown: a form sent twice, or two
    people at once, make one."""
    if seen is not None and seen != len(noted):
        raise Conflict("This was noted already, or something else was meanwhile. Look at the order again.")
