"""Giving money back through the payment it came by."""

from __future__ import annotations

from datetime import datetime, timedelta

from salespilots.domain.errors import Conflict, InvalidTransition
from salespilots.domain.events import Event
from salespilots.domain.order import HOLDS_STOCK, Order, OrderState
from salespilots.domain.payment import Payment, PaymentState, Refund, RefundState
from salespilots.ports.errors import NotConnected, OutcomeUnknown, PortError
from salespilots.ports.payments import RefundRequest, RefundResult
from salespilots.ports.storage import UnitOfWork, eq
from salespilots.services.connections import Connections
from salespilots.services.core import Core, retrying
from salespilots.services.ordering import CHECK_EVERY, UNANSWERED, refund_in, restock_in, settle_refund_in

GIVE_UP = timedelta(days=2)
"""A refund that no provider answered for by then is a person's task."""


class Refunds:
    """Use cases on refunds."""

    def __init__(self, core: Core, connections: Connections) -> None:
        self._core = core
        self._connections = connections

    def refund(
        self,
        business_id: str,
        order_id: str,
        *,
        amount_paise: int,
        reason: str,
        key: str,
        restock: bool = False,
        actor: str = "",
    ) -> Order:
        """Give money back through the payment it came by, once per ``key``; ``restock`` puts its pieces on the shelf.

        A refund that never reached the provider is asked for again by the sweeper, and by repeating this with its key.
        Raises `Conflict` above what was captured and not given back, `InvalidTransition` where there is nothing to restock.
        """
        begun = retrying(lambda: self._begin(business_id, order_id, amount_paise, reason, key, restock, actor))
        if begun is not None:
            self._ask(business_id, *begun)
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.orders.get(order_id)

    def _begin(
        self, business_id: str, order_id: str, amount_paise: int, reason: str, key: str, restock: bool, actor: str
    ) -> tuple[Payment, Refund] | None:
        core = self._core
        with core.storage.unit_of_work(business_id) as uow:
            order = uow.orders.get(order_id)
            before = uow.refunds.find(cause_key=key)
            if before is not None:
                return None if answered(before) else (uow.payments.get(before.payment_id), before)
            payment = next(
                (
                    one
                    for one in uow.payments.select(eq("order_id", order_id), order="-created_at")
                    if one.state is PaymentState.CAPTURED and one.amount_paise - one.refunded_paise >= amount_paise
                ),
                None,
            )
            if payment is None:
                raise Conflict(
                    "More than was paid and not given back yet.",
                    refundable_paise=order.paid_paise - order.refunded_paise,
                )
            refund = refund_in(
                core, uow, order, payment, amount_paise=amount_paise, reason=reason, key=key, actor=actor
            )
            if refund is None:
                return None
            if restock:
                self._restock(uow, order)
            if order.attention_reason and "refund" in order.attention_reason:
                order.needs_attention, order.attention_reason = False, None
            uow.orders.save(order)
            uow.commit()
        return payment, refund

    def _restock(self, uow: UnitOfWork, order: Order) -> None:
        """Pieces that left come back, once for an order whatever says so."""
        if order.state in HOLDS_STOCK:
            raise InvalidTransition("The pieces are still held for this order: cancel it to put them back.")
        if order.state not in (OrderState.SHIPPED, OrderState.DELIVERED, OrderState.RETURNED):
            return
        restock_in(self._core, uow, order)

    def ask_again(self, business_id: str, refund_id: str) -> None:
        """Ask for a refund whose answer is owed, with its own key; called by the sweeper, safe to repeat."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            refund = uow.refunds.get(refund_id)
            payment = uow.payments.get(refund.payment_id)
        if not answered(refund):
            self._ask(business_id, payment, refund)

    def _ask(self, business_id: str, payment: Payment, asked: Refund) -> None:
        provider = self._core.registry.payments.find(payment.provider)
        result: RefundResult | PortError | NotConnected
        if provider is None or not provider.online or not payment.provider_ref:
            result = RefundResult(refund_ref="", state="processed")  # handed back by hand: no provider is involved
        else:
            try:
                result = self._connections.payments(business_id, payment.provider).refund(
                    RefundRequest(
                        payment_ref=payment.provider_ref,
                        amount_paise=asked.amount_paise,
                        idempotency_key=asked.cause_key or asked.id,
                        reason=asked.reason,
                    )
                )
            except (PortError, NotConnected) as error:
                if isinstance(error, PortError):
                    self._connections.note_error(business_id, payment.provider, error)
                result = error
        retrying(lambda: self._keep(business_id, asked.id, result))

    def _keep(self, business_id: str, refund_id: str, result: RefundResult | PortError | NotConnected) -> None:
        now = self._core.clock.now()
        with self._core.storage.unit_of_work(business_id) as uow:
            refund = uow.refunds.get(refund_id)
            order = uow.orders.get(refund.order_id)
            if isinstance(result, RefundResult):
                refund.provider_ref = refund.provider_ref or result.refund_ref or None
            if refund.state is not RefundState.PENDING:  # a webhook was quicker
                uow.refunds.save(refund)
            elif isinstance(result, RefundResult):
                settle_refund_in(self._core, uow, order, refund, RefundState(result.state), now)
            elif self._worth_asking(result):
                self._later(uow, order, refund, now)
            else:
                settle_refund_in(self._core, uow, order, refund, RefundState.FAILED, now)
            uow.orders.save(order)
            uow.commit()

    def _worth_asking(self, error: PortError | NotConnected) -> bool:
        return not isinstance(error, PortError) or error.retryable or isinstance(error, OutcomeUnknown)

    def _later(self, uow: UnitOfWork, order: Order, refund: Refund, now: datetime) -> None:
        if order.attention_reason != UNANSWERED:
            order.flag(UNANSWERED)
            uow.record(Event(type="order.attention", at=now, ids=order.ids(), data={"reason": UNANSWERED}))
        refund.next_check_at = now + CHECK_EVERY if now - refund.created_at < GIVE_UP else None
        uow.refunds.save(refund)


def answered(refund: Refund) -> bool:
    """Whether the provider has said anything about a refund: then its webhooks tell the rest."""
    return refund.state is not RefundState.PENDING or refund.provider_ref is not None
