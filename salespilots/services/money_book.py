"""Money that a person has to look at: cash that couriers owe, and what providers told of that no order explains."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from salespilots.domain.order import Order
from salespilots.domain.order_states import OrderState
from salespilots.domain.payment import Payment, PaymentState, UnmatchedFact
from salespilots.ports.extensions import CASH
from salespilots.ports.storage import Where, eq, one_of
from salespilots.services.core import Core, retrying

MOST = 500
"""Orders or payments of one page."""

ON_THE_WAY = (OrderState.SHIPPED, OrderState.DELIVERED)


@dataclass(frozen=True, slots=True)
class CashUp:
    """Cash on delivery: ``owed`` orders whose goods left and whose money did not come, and what came in a range."""

    owed: list[Order]
    received: list[Payment]

    @property
    def owed_paise(self) -> int:
        """What is still to come."""
        return sum(one.due_paise for one in self.owed)

    @property
    def received_paise(self) -> int:
        """What came."""
        return sum(one.amount_paise - one.refunded_paise for one in self.received)


class MoneyBook:
    """Use cases on money that nobody tells of by machine."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def cash_up(self, business_id: str, start: datetime, end: datetime) -> CashUp:
        """Cash on delivery: what is owed now, oldest first, and what was received in ``start <= t < end``."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            orders = uow.orders.select(
                eq("payment_method", CASH), one_of("state", ON_THE_WAY), Where("paid_at", "is_null"),
                order="created_at", limit=MOST,
            )  # fmt: skip
            received = uow.payments.select(
                one_of("provider", (CASH, "cash")), eq("state", PaymentState.CAPTURED),
                Where("captured_at", "ge", start), Where("captured_at", "lt", end), order="captured_at", limit=MOST,
            )  # fmt: skip
        return CashUp([one for one in orders if one.due_paise > 0], received)

    def unmatched(self, business_id: str) -> list[UnmatchedFact]:
        """Captured money of providers for which no order is known, newest first."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            open_ = (eq("kind", "captured"), Where("settled_at", "is_null"))
            return uow.unmatched.select(*open_, order="-created_at", limit=100)

    def seen(self, business_id: str, fact_id: str) -> None:
        """A person dealt with money that no order explains."""

        def use_case() -> None:
            with self._core.storage.unit_of_work(business_id) as uow:
                fact = uow.unmatched.get(fact_id)
                if fact.settled_at is None:
                    fact.settled_at = self._core.clock.now()
                    uow.unmatched.save(fact)
                    uow.commit()

        retrying(use_case)
