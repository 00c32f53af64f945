"""Believing a provider about money: each fact is booked once, in the transaction of the event that told it."""

from __future__ import annotations

from datetime import datetime

from salespilots.domain.events import Event
from salespilots.domain.order import Order, OrderState
from salespilots.domain.payment import Payment, PaymentState, Refund, RefundState
from salespilots.domain.transitions import Ignored
from salespilots.ports.payments import PaymentEvent
from salespilots.ports.storage import UnitOfWork, eq
from salespilots.services.automation import react
from salespilots.services.core import Core
from salespilots.services.notices import notice_in
from salespilots.services.ordering import close_links_in, credit_in, revive_in, settle_refund_in


class Settlement:
    """Verified payment events, from webhooks and from asking, become payments, orders and refunds."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def settle_in(self, uow: UnitOfWork, provider: str, event: PaymentEvent) -> list[str]:
        """Apply one verified event within a transaction. Returns the lanes that have work now."""
        payment = self._find(uow, provider, event)
        now = self._core.clock.now()
        if payment is None:
            if event.kind in ("captured", "authorised"):
                self._refuse(uow, None, event, "No order of this shop has this payment reference.")
            return []
        order = uow.orders.get(payment.order_id)
        match event.kind:
            case "captured":
                return self._captured(uow, payment, order, event, now)
            case "authorised" | "failed" | "link_cancelled" | "link_expired":
                state = {
                    "authorised": PaymentState.AUTHORISED,
                    "failed": PaymentState.FAILED,
                    "link_cancelled": PaymentState.CANCELLED,
                    "link_expired": PaymentState.EXPIRED,
                }[event.kind]
                if not isinstance(payment.settle(state, now=now, method=event.method), Ignored):
                    uow.payments.save(payment)
                    if state is PaymentState.FAILED:
                        failed = Event(type="payment.failed", at=now, ids={**order.ids(), "payment_id": payment.id})
                        uow.record(failed)
                        if order.payable:
                            react(self._core, uow, [failed], order_id=order.id)
            case "refund_processed" | "refund_failed":
                self._refund_settled(uow, payment, order, event, now)
        return []

    def _find(self, uow: UnitOfWork, provider: str, event: PaymentEvent) -> Payment | None:
        if event.payment_ref:
            found = uow.payments.find(provider=provider, provider_ref=event.payment_ref)
            if found:
                return found
        if event.link_ref:
            found = uow.payments.find(provider=provider, link_ref=event.link_ref)
            if found:
                return found
        return uow.payments.find(provider=provider, reference=event.reference) if event.reference else None

    def _captured(
        self, uow: UnitOfWork, payment: Payment, order: Order, event: PaymentEvent, now: datetime
    ) -> list[str]:
        captured = payment.state is PaymentState.CAPTURED
        if captured and (not event.payment_ref or event.payment_ref == payment.provider_ref):
            return []  # told again
        if event.currency != "INR" or (event.reference and event.reference != payment.reference):
            return self._refuse(uow, order, event, "The currency or the reference does not fit the order.")
        if captured:
            return self._second_payment(uow, payment, order, event, now)
        if event.amount_paise != payment.amount_paise:
            return self._refuse(uow, order, event, "The amount paid is not the amount of the order.")
        payment.settle(PaymentState.CAPTURED, now=now, provider_ref=event.payment_ref or None, method=event.method)
        uow.payments.save(payment)
        captured_now = Event(
            type="payment.captured", at=now, ids={**order.ids(), "payment_id": payment.id},
            data={"amount_paise": payment.amount_paise, "method": payment.method or ""},
        )  # fmt: skip
        uow.record(captured_now)
        paid = [captured_now, *credit_in(self._core, uow, order, payment.amount_paise, now)]
        self._follow(uow, order, paid, now)
        if not order.due_paise:
            close_links_in(uow, order, now)
        uow.orders.save(order)
        return self._lane_of(uow, order)

    def _follow(self, uow: UnitOfWork, order: Order, paid: list[Event], now: datetime) -> None:
        """What paid money means for the order in its present state; workflows hear of it where the order goes on."""
        if order.paid_paise < order.total_paise:
            return
        if order.paid_paise > order.total_paise:
            order.flag("More money came than the order costs: a refund is due.")
        if order.state is OrderState.EXPIRED and not revive_in(self._core, uow, order):
            order.flag("Paid after it expired and the stock is gone: a refund is due.")
        elif order.state in (OrderState.CANCELLED, OrderState.RETURNED):
            order.flag(f"Paid after it was {order.state}: a refund is due.")
        elif order.state in (OrderState.PLACED, OrderState.EXPIRED):
            outcome = order.confirm(now=now)
            events = list(getattr(outcome, "events", ()))
            uow.record(*events)
            react(self._core, uow, [*paid, *events], order_id=order.id)
            notice_in(self._core, uow, order, "paid")
            return
        else:
            react(self._core, uow, paid, order_id=order.id)
            return
        uow.record(Event(type="order.attention", at=now, ids=order.ids(), data={"reason": order.attention_reason}))
        notice_in(self._core, uow, order, "refund_due")

    def _second_payment(
        self, uow: UnitOfWork, first: Payment, order: Order, event: PaymentEvent, now: datetime
    ) -> list[str]:
        """Another payment on the same link: real money, its own row, a refund task."""
        payment_id = self._core.ids.new("payment")
        extra = Payment(
            id=payment_id, business_id=order.business_id, order_id=order.id, provider=first.provider,
            reference=f"extra-{payment_id[4:]}", provider_ref=event.payment_ref, amount_paise=event.amount_paise,
            created_at=now, captured_at=now, state=PaymentState.CAPTURED, method=event.method, practice=first.practice,
        )  # fmt: skip
        if not uow.payments.add_once(extra):
            return []
        credit_in(self._core, uow, order, extra.amount_paise, now)
        order.flag("Paid twice: a refund is due.")
        uow.orders.save(order)
        ids = {**order.ids(), "payment_id": extra.id}
        uow.record(Event(type="payment.captured", at=now, ids=ids, data={"amount_paise": extra.amount_paise}))
        uow.record(Event(type="order.attention", at=now, ids=order.ids(), data={"reason": order.attention_reason}))
        return []

    def _refuse(self, uow: UnitOfWork, order: Order | None, event: PaymentEvent, why: str) -> list[str]:
        """Nothing is booked; the owner sees it."""
        ids = order.ids() if order else {}
        data = {"reason": why, "amount_paise": event.amount_paise, "payment_ref": event.payment_ref}
        uow.record(Event(type="payment.refused", at=self._core.clock.now(), ids=ids, data=data))
        if order is not None:
            order.flag(why)
            uow.orders.save(order)
            uow.record(Event(type="order.attention", at=self._core.clock.now(), ids=order.ids(), data={"reason": why}))
        return []

    def _lane_of(self, uow: UnitOfWork, order: Order) -> list[str]:
        return [uow.conversations.get(order.conversation_id).lane] if order.conversation_id else []

    def _refund_settled(
        self, uow: UnitOfWork, payment: Payment, order: Order, event: PaymentEvent, now: datetime
    ) -> None:
        refund = uow.refunds.find(provider_ref=event.refund_ref) if event.refund_ref else None
        if refund is None:
            refund = self._unanswered(uow, payment, event)
        if refund is None or refund.state is not RefundState.PENDING:
            return
        refund.provider_ref = refund.provider_ref or event.refund_ref or None
        state = RefundState.PROCESSED if event.kind == "refund_processed" else RefundState.FAILED
        settle_refund_in(self._core, uow, order, refund, state, now)
        uow.orders.save(order)

    def _unanswered(self, uow: UnitOfWork, payment: Payment, event: PaymentEvent) -> Refund | None:
        """The webhook was quicker than the answer to our own question: the refund of this payment and amount."""
        waiting = uow.refunds.select(
            eq("payment_id", payment.id), eq("state", RefundState.PENDING), eq("amount_paise", event.amount_paise),
            order="created_at",
        )  # fmt: skip
        return next((one for one in waiting if one.provider_ref is None), None)
