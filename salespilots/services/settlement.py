"""Believing a provider about money: each fact is booked once, in the transaction of the event that told it."""

from __future__ import annotations

from datetime import datetime

from salespilots.domain.errors import Conflict
from salespilots.domain.events import Event
from salespilots.domain.gst import tax_of_order
from salespilots.domain.order import Order
from salespilots.domain.order_states import LEFT, OrderState
from salespilots.domain.payment import Payment, PaymentState, Refund, RefundState, UnmatchedFact
from salespilots.domain.transitions import Ignored
from salespilots.ports.payments import PaymentEvent
from salespilots.ports.storage import UnitOfWork, eq
from salespilots.services.core import Core
from salespilots.services.documents import write_off_in
from salespilots.services.notices import notice_in, withdraw_reminders_in
from salespilots.services.ordering import close_links_in, credit_in, refund_in, revive_in, settle_refund_in
from salespilots.services.reacting import react


def lanes_of(uow: UnitOfWork, order: Order) -> list[str]:
    """The chat that has something to say about an order."""
    return [uow.conversations.get(order.conversation_id).lane] if order.conversation_id else []


HELD_REASONS = (
    "The currency or the reference does not fit the order.",
    "The amount paid is not the amount of the order.",
)
"""Why a person is asked to look at money that is held."""


class Settlement:
    """Verified payment events, from webhooks and from asking, become payments, orders and refunds."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def settle_in(self, uow: UnitOfWork, provider: str, event: PaymentEvent) -> list[str]:
        """Apply one verified event within a transaction. Returns the lanes that have work now."""
        payment = self._find(uow, provider, event)
        now = self._core.clock.now()
        if payment is None:
            self._keep_unmatched(uow, provider, event, now)
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
                            return [uow.conversations.get(order.conversation_id).lane] if order.conversation_id else []
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
            return self._hold(uow, payment, order, event, now, HELD_REASONS[0])
        if captured:
            return self._second_payment(uow, payment, order, event, now)
        if event.amount_paise != payment.amount_paise:
            return self._hold(uow, payment, order, event, now, HELD_REASONS[1])
        payment.settle(PaymentState.CAPTURED, now=now, provider_ref=event.payment_ref or None, method=event.method)
        uow.payments.save(payment)
        if order.take_offer(payment.id, payment.provider):
            order.tax_paise = tax_of_order(order, uow.shop())
            write_off_in(self._core, uow, order, "Paid online", f"offer:{payment.id}")
        self._count(uow, order, payment, now)
        return lanes_of(uow, order)

    def _count(self, uow: UnitOfWork, order: Order, payment: Payment, now: datetime) -> None:
        """Captured money pays for its order; refunds that were told of before it are booked now."""
        captured = Event(
            type="payment.captured", at=now, ids={**order.ids(), "payment_id": payment.id},
            data={"amount_paise": payment.amount_paise, "method": payment.method or ""},
        )  # fmt: skip
        uow.record(captured)
        withdraw_reminders_in(self._core, uow, order, "paid")
        paid = [captured, *credit_in(self._core, uow, order, payment.amount_paise, now)]
        self._follow(uow, order, paid, now)
        if not order.due_paise:
            close_links_in(uow, order, now)
        self._refunds_told_before(uow, payment, order, now)
        uow.orders.save(order)

    def keep_in(self, uow: UnitOfWork, payment: Payment, now: datetime) -> list[str]:
        """A person counts held money for its order. Raises `Conflict` for what cannot be counted."""
        order = uow.orders.get(payment.order_id)
        left = payment.amount_paise - payment.refunded_paise
        if not payment.held:
            return []
        if payment.currency != "INR" or left <= 0:
            raise Conflict("There is nothing of it to keep: it is in another currency or was given back.")
        payment.held = False
        order.held_paise -= left
        order.paid_paise += payment.refunded_paise
        order.refunded_paise += payment.refunded_paise
        if not order.held_paise and order.attention_reason in HELD_REASONS:
            order.settle_attention()
        uow.payments.save(payment)
        ids = {**order.ids(), "payment_id": payment.id}
        uow.record(Event(type="payment.kept", at=now, ids=ids, data={"amount_paise": left}))
        self._follow(uow, order, credit_in(self._core, uow, order, left, now), now)
        if not order.due_paise:
            close_links_in(uow, order, now)
        uow.orders.save(order)
        return lanes_of(uow, order)

    def _follow(self, uow: UnitOfWork, order: Order, paid: list[Event], now: datetime) -> None:
        """What paid money means for the order in its present state; workflows hear of it where the order goes on."""
        if order.state in LEFT and order.due_paise > 0:
            order.flag("Paid online after it left: the courier collects the whole sum too.")
            uow.record(Event(type="order.attention", at=now, ids=order.ids(), data={"reason": order.attention_reason}))
            return
        if order.asked_paise > 0 and order.state not in (OrderState.CANCELLED, OrderState.RETURNED, OrderState.EXPIRED):
            return
        if order.paid_paise > order.total_paise:
            order.flag("More money came than the order costs: a refund is due.")
        if order.state is OrderState.EXPIRED and order.asked_paise > 0:
            order.flag("Money came after it expired, less than it costs: a refund is due.")
        elif order.state is OrderState.EXPIRED and not revive_in(self._core, uow, order):
            order.flag("Paid after it expired and the stock is gone: a refund is due.")
        elif order.state in (OrderState.CANCELLED, OrderState.RETURNED):
            order.flag(f"Paid after it was {order.state}: a refund is due.")
        elif order.state in (OrderState.PLACED, OrderState.EXPIRED):
            outcome = order.confirm(now=now)
            events = list(getattr(outcome, "events", ()))
            uow.record(*events)
            react(self._core, uow, [*paid, *events], order_id=order.id)
            notice_in(self._core, uow, order, "advance_paid" if order.due_paise else "paid")
            return
        else:
            react(self._core, uow, paid, order_id=order.id)
            if any(one.type == "order.paid" for one in paid):
                notice_in(self._core, uow, order, "prepaid")
            return
        uow.record(Event(type="order.attention", at=now, ids=order.ids(), data={"reason": order.attention_reason}))
        notice_in(self._core, uow, order, "refund_due")

    def _second_payment(
        self, uow: UnitOfWork, first: Payment, order: Order, event: PaymentEvent, now: datetime
    ) -> list[str]:
        """Another payment on the same link: real money, its own row, a refund task."""
        extra = self._own_row(first, event, now)
        if not uow.payments.add_once(extra):
            return []
        credit_in(self._core, uow, order, extra.amount_paise, now)
        order.flag("Paid twice: a refund is due.")
        ids = {**order.ids(), "payment_id": extra.id}
        uow.record(Event(type="payment.captured", at=now, ids=ids, data={"amount_paise": extra.amount_paise}))
        uow.record(Event(type="order.attention", at=now, ids=order.ids(), data={"reason": order.attention_reason}))
        self._refunds_told_before(uow, extra, order, now)
        uow.orders.save(order)
        return []

    def _hold(
        self, uow: UnitOfWork, first: Payment, order: Order, event: PaymentEvent, now: datetime, why: str
    ) -> list[str]:
        """Money that does not fit: its own row, counted for nothing until a person keeps it or gives it back."""
        if event.payment_ref and first.provider_ref == event.payment_ref:  # claimed for it, and it is another amount
            first.provider_ref = None
            uow.payments.save(first)
        held = self._own_row(first, event, now, held=True)
        if not uow.payments.add_once(held):
            return []
        order.held_paise += held.amount_paise if held.currency == "INR" else 0
        order.flag(why)
        data = {"reason": why, "amount_paise": event.amount_paise, "payment_ref": event.payment_ref}
        uow.record(Event(type="payment.refused", at=now, ids={**order.ids(), "payment_id": held.id}, data=data))
        uow.record(Event(type="order.attention", at=now, ids=order.ids(), data={"reason": why}))
        self._refunds_told_before(uow, held, order, now)
        uow.orders.save(order)
        return []

    def _own_row(self, first: Payment, event: PaymentEvent, now: datetime, *, held: bool = False) -> Payment:
        payment_id = self._core.ids.new("payment")
        return Payment(
            id=payment_id, business_id=first.business_id, order_id=first.order_id, provider=first.provider,
            reference=f"extra-{payment_id[4:]}", provider_ref=event.payment_ref or None,
            amount_paise=event.amount_paise, created_at=now, captured_at=now, state=PaymentState.CAPTURED,
            method=event.method, practice=first.practice, currency=event.currency, held=held,
        )  # fmt: skip

    def _keep_unmatched(self, uow: UnitOfWork, provider: str, event: PaymentEvent, now: datetime) -> None:
        """No payment of this shop is known to be meant: kept, for a payment that comes later or for a person."""
        if event.kind not in ("captured", "authorised", "refund_processed") or not event.payment_ref:
            return
        fact = UnmatchedFact(
            id=self._core.ids.new("unmatched"), business_id=uow.business_id, provider=provider, kind=event.kind,
            payment_ref=event.payment_ref, refund_ref=event.refund_ref, reference=event.reference, created_at=now,
            amount_paise=event.amount_paise, currency=event.currency, method=event.method,
        )  # fmt: skip
        if uow.unmatched.add_once(fact) and event.kind != "refund_processed":
            data = {
                "reason": "No order of this shop has this payment reference.", "amount_paise": event.amount_paise,
                "payment_ref": event.payment_ref,
            }  # fmt: skip
            uow.record(Event(type="payment.refused", at=now, data=data))

    def _refunds_told_before(self, uow: UnitOfWork, payment: Payment, order: Order, now: datetime) -> None:
        """What was known of this payment before it was: it is settled, and its refunds are booked."""
        if not payment.provider_ref:
            return
        for fact in uow.unmatched.select(eq("provider", payment.provider), eq("payment_ref", payment.provider_ref)):
            if fact.settled_at is not None:
                continue
            fact.settled_at = now
            uow.unmatched.save(fact)
            if fact.kind == "refund_processed":
                self._refund_elsewhere(uow, payment, order, fact.refund_ref, fact.amount_paise, now)

    def _refund_settled(
        self, uow: UnitOfWork, payment: Payment, order: Order, event: PaymentEvent, now: datetime
    ) -> None:
        refund = uow.refunds.find(provider_ref=event.refund_ref) if event.refund_ref else None
        if refund is None:
            refund = self._unanswered(uow, payment, event)
        if refund is None and event.kind == "refund_processed":
            if payment.state is PaymentState.CAPTURED:
                self._refund_elsewhere(uow, payment, order, event.refund_ref, event.amount_paise, now)
                uow.orders.save(order)
            else:  # the payment itself is not told of yet
                self._keep_unmatched(uow, payment.provider, event, now)
            return
        if refund is None or refund.state is not RefundState.PENDING:
            return
        refund.provider_ref = refund.provider_ref or event.refund_ref or None
        state = RefundState.PROCESSED if event.kind == "refund_processed" else RefundState.FAILED
        settle_refund_in(self._core, uow, order, refund, state, now)
        uow.orders.save(order)

    def _refund_elsewhere(
        self, uow: UnitOfWork, payment: Payment, order: Order, refund_ref: str, amount_paise: int, now: datetime
    ) -> None:
        """Somebody gave money back at the provider itself: booked once by the provider's id of it."""
        known = self._without_ref(uow, payment, amount_paise) if refund_ref else None
        if known is not None:
            known.provider_ref = refund_ref
            uow.refunds.save(known)
            return
        amount = min(amount_paise, payment.amount_paise - payment.refunded_paise)
        if amount <= 0:
            return
        key = (
            f"elsewhere:{payment.provider}:{refund_ref or f'{payment.provider_ref}:{payment.refunded_paise + amount}'}"
        )
        refund = refund_in(self._core, uow, order, payment, amount_paise=amount, reason="", key=key)
        if refund is None:
            return
        refund.provider_ref = refund_ref or None
        settle_refund_in(self._core, uow, order, refund, RefundState.PROCESSED, now)
        if order.refund_due_paise <= 0 and order.attention_reason and "refund is due" in order.attention_reason:
            order.settle_attention()

    def _without_ref(self, uow: UnitOfWork, payment: Payment, amount_paise: int) -> Refund | None:
        """A refund that was found by asking, before its webhook told the id of it."""
        found = uow.refunds.select(eq("payment_id", payment.id), eq("amount_paise", amount_paise), order="created_at")
        return next((one for one in found if one.provider_ref is None and one.state is RefundState.PROCESSED), None)

    def refunded_elsewhere_in(self, uow: UnitOfWork, provider: str, payment_ref: str, refunded_paise: int) -> None:
        """Asking showed how much of a payment was given back: what we do not know of is booked."""
        payment = uow.payments.find(provider=provider, provider_ref=payment_ref)
        if payment is None or payment.state is not PaymentState.CAPTURED or refunded_paise <= payment.refunded_paise:
            return
        order = uow.orders.get(payment.order_id)
        missing = refunded_paise - payment.refunded_paise
        self._refund_elsewhere(uow, payment, order, "", missing, self._core.clock.now())
        uow.orders.save(order)

    def _unanswered(self, uow: UnitOfWork, payment: Payment, event: PaymentEvent) -> Refund | None:
        """The webhook was quicker than the answer to our own question: the refund of this payment and amount."""
        waiting = uow.refunds.select(
            eq("payment_id", payment.id), eq("state", RefundState.PENDING), eq("amount_paise", event.amount_paise),
            order="created_at",
        )  # fmt: skip
        return next((one for one in waiting if one.provider_ref is None), None)
