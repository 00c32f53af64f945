"""Asking an unpaid order's customer once more, because the shop wants it now."""

from __future__ import annotations

from datetime import datetime, timedelta

from salespilots.domain.errors import Conflict, InvalidTransition
from salespilots.domain.events import Event
from salespilots.domain.order import Order
from salespilots.domain.order_states import OrderState
from salespilots.ports.storage import UnitOfWork
from salespilots.services.core import Core, retrying
from salespilots.services.notices import ASKED_AGAIN, chat_of_in, notice_in
from salespilots.services.ordering import promised_in
from salespilots.services.payments import Payments

PAUSE = timedelta(hours=3)
"""A customer is not asked again earlier than this, whoever presses."""


class Reminders:
    """Use cases on what customers owe."""

    def __init__(self, core: Core, payments: Payments) -> None:
        self._core, self._payments = core, payments

    def send(self, business_id: str, order_id: str, *, actor: str = "") -> Order:
        """Say in the order's chat what is still to be paid, with the link, made if there is none.

        Raises `InvalidTransition` for an order that waits for nothing, `Conflict` without a chat and within `PAUSE` of
        the last time, `ReplyWindowClosed`, and what `Payments.request_link` raises.
        """
        core = self._core
        with core.storage.unit_of_work(business_id, read_only=True) as uow:
            order = uow.orders.get(order_id)
            _check_in(uow, order, core.clock.now())
            chat_of_in(core, uow, order)
        self._payments.request_link(business_id, order_id)
        lane = ""

        def use_case() -> Order:
            nonlocal lane
            with core.storage.unit_of_work(business_id) as uow:
                order, now = uow.orders.get(order_id), core.clock.now()
                _check_in(uow, order, now)
                chat = chat_of_in(core, uow, order)
                count = order.asked_again[0] + 1
                notice_in(core, uow, order, ASKED_AGAIN, about=str(count))
                order.terms = {**order.terms, "asked_again": {"count": count, "at": now.isoformat()}}
                uow.orders.save(order)
                uow.record(Event(type="order.reminded", at=now, ids=order.ids(), actor=actor or "system"))
                uow.commit()
                lane = chat.lane
            return order

        done = retrying(use_case)
        core.doorbell.ring(lane)
        return done


def _check_in(uow: UnitOfWork, order: Order, now: datetime) -> None:
    if order.state is not OrderState.PLACED or order.asked_paise <= 0:
        raise InvalidTransition("This order waits for no payment.")
    if promised_in(uow, order, now):
        raise Conflict("The bank has said yes to this payment: it is on its way.")
    if not order.conversation_id:
        raise Conflict("This order has no chat: send the customer the link yourself.")
    last = order.asked_again[1]
    if last is not None and now - last < PAUSE:
        raise Conflict("The customer was reminded less than three hours ago.")
