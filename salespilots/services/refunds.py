"""Giving money back through the payment it came by."""

from __future__ import annotations

from salespilots.domain.errors import Conflict
from salespilots.domain.events import Event
from salespilots.domain.order import Order
from salespilots.domain.payment import Payment, PaymentState, Refund, RefundState
from salespilots.ports.errors import OutcomeUnknown, PortError
from salespilots.ports.payments import RefundRequest
from salespilots.ports.storage import eq
from salespilots.services.connections import Connections
from salespilots.services.core import Core, retrying
from salespilots.services.ordering import refund_in


class Refunds:
    """Use cases on refunds."""

    def __init__(self, core: Core, connections: Connections) -> None:
        self._core = core
        self._connections = connections

    def refund(
        self, business_id: str, order_id: str, *, amount_paise: int, reason: str, key: str, actor: str = ""
    ) -> Order:
        """Give money back through the payment it came by, once per ``key``.

        Repeat it with the same key when the answer was lost: a refund that never reached the provider is asked for again.
        """
        core = self._core

        def begin() -> tuple[Payment, Refund] | None:
            with core.storage.unit_of_work(business_id) as uow:
                order = uow.orders.get(order_id)
                payments = [
                    one
                    for one in uow.payments.select(eq("order_id", order_id), order="-created_at")
                    if one.state is PaymentState.CAPTURED and one.amount_paise - one.refunded_paise >= amount_paise
                ]
                before = uow.refunds.find(cause_key=key)
                if before is not None:
                    asked = before.state is not RefundState.PENDING or before.provider_ref is not None
                    return None if asked else (uow.payments.get(before.payment_id), before)
                if not payments:
                    raise Conflict(
                        "More than was paid and not given back yet.",
                        refundable_paise=order.paid_paise - order.refunded_paise,
                    )
                refund = refund_in(core, uow, order, payments[0], amount_paise=amount_paise, reason=reason, key=key)
                if refund is None:
                    return None
                if order.attention_reason and "refund" in order.attention_reason:
                    order.needs_attention, order.attention_reason = False, None
                uow.orders.save(order)
                uow.commit()
                return payments[0], refund

        begun = retrying(begin)
        if begun is not None:
            self._ask(business_id, *begun, key)
        with core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.orders.get(order_id)

    def _ask(self, business_id: str, payment: Payment, asked: Refund, key: str) -> None:
        provider = self._core.registry.payments.find(payment.provider)
        ref: str | None = None
        state = RefundState.PROCESSED  # money handed back by hand, where no provider is involved
        failed: PortError | None = None
        if provider is not None and provider.online and payment.provider_ref:
            adapter = self._connections.payments(business_id, payment.provider)
            try:
                result = adapter.refund(
                    RefundRequest(
                        payment_ref=payment.provider_ref,
                        amount_paise=asked.amount_paise,
                        idempotency_key=key,
                        reason=asked.reason,
                    )
                )
                ref, state = result.refund_ref, RefundState(result.state)
            except PortError as error:
                failed, state = error, RefundState.PENDING if error.retryable else RefundState.FAILED
                if isinstance(error, OutcomeUnknown):
                    state = RefundState.PENDING

        def keep() -> None:
            with self._core.storage.unit_of_work(business_id) as uow:
                refund = uow.refunds.get(asked.id)
                if refund.state is not RefundState.PENDING:  # a webhook was quicker
                    return
                refund.state, refund.provider_ref = state, ref
                uow.refunds.save(refund)
                order = uow.orders.get(refund.order_id)
                if state is RefundState.FAILED:
                    row = uow.payments.get(refund.payment_id)
                    row.refunded_paise -= refund.amount_paise
                    order.refunded_paise -= refund.amount_paise
                    order.flag("A refund did not go through.")
                    uow.payments.save(row)
                    uow.orders.save(order)
                elif failed is not None:
                    order.flag("A refund was asked for and not confirmed yet.")
                    uow.orders.save(order)
                elif state is RefundState.PROCESSED:
                    uow.record(
                        Event(
                            type="refund.processed", at=self._core.clock.now(),
                            ids={**order.ids(), "refund_id": refund.id}, data={"amount_paise": refund.amount_paise},
                        )
                    )  # fmt: skip
                uow.commit()

        retrying(keep)
