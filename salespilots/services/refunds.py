"""Giving money back through the payment it came by."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from salespilots.domain.errors import Conflict, InvalidTransition
from salespilots.domain.events import Event
from salespilots.domain.order import Order
from salespilots.domain.order_states import HOLDS_STOCK, LEFT
from salespilots.domain.payment import CHECK_EVERY, Payment, PaymentState, Refund, RefundState
from salespilots.ports.errors import NotConnected, OutcomeUnknown, PortError
from salespilots.ports.payments import RefundRequest, RefundResult
from salespilots.ports.storage import UnitOfWork, eq
from salespilots.services.connections import Connections
from salespilots.services.core import Core, retrying
from salespilots.services.ordering import UNANSWERED, refund_in, settle_refund_in, too_much
from salespilots.services.returns import RETURN_DUE, take_back_in

GIVE_UP = timedelta(days=2)
"""A refund that no provider answered for by then is a person's task."""

SLOWEST = timedelta(days=14)
"""A bank takes five to seven working days for a refund; after this nobody asks about it any more."""


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
        lines: Mapping[str, int] | None = None,
        actor: str = "",
        payment_id: str | None = None,
    ) -> Order:
        """Give money back through the payment it came by, once per ``key``; ``restock`` puts its pieces on the shelf:
        all that left, or ``lines`` (pieces by line id).

        Goes to ``payment_id``, else first to money that is held, then to the newest payments, several if one is not enough.
        A refund that never reached the provider is asked for again by the sweeper, and by repeating this with its key.
        Raises `Conflict` above what was captured and not given back, `InvalidTransition` where there is nothing to restock.
        """
        begun = retrying(
            lambda: self._begin(business_id, order_id, amount_paise, reason, key, restock, lines, actor, payment_id)
        )
        for payment, refund in begun:
            self._ask(business_id, payment, refund)
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.orders.get(order_id)

    def _begin(
        self,
        business_id: str,
        order_id: str,
        amount_paise: int,
        reason: str,
        key: str,
        restock: bool,
        lines: Mapping[str, int] | None,
        actor: str,
        payment_id: str | None,
    ) -> list[tuple[Payment, Refund]]:
        core = self._core
        with core.storage.unit_of_work(business_id) as uow:
            order = uow.orders.get(order_id)
            before = _asked_before(uow, key)
            if before and all(one.state is RefundState.FAILED for one in before):
                raise Conflict("That refund did not go through. Look at the order again and ask anew.")
            if before and sum(one.amount_paise for one in before) != amount_paise:
                raise Conflict("Another refund was asked for here meanwhile. Look at the order again.")
            if before:
                return [(uow.payments.get(one.payment_id), one) for one in before if not answered(one)]
            begun: list[tuple[Payment, Refund]] = []
            for place, (payment, part) in enumerate(_split(uow, order, amount_paise, payment_id)):
                refund = refund_in(
                    core, uow, order, payment, amount_paise=part, reason=reason, key=_part_key(key, place), actor=actor
                )
                if refund is None:
                    return []
                begun.append((payment, refund))
            if restock:
                self._restock(uow, order, amount_paise, lines, actor)
            if order.attention_reason and "refund" in order.attention_reason and order.refund_due_paise <= 0:
                order.settle_attention()
            uow.orders.save(order)
            uow.commit()
        return begun

    def _restock(
        self, uow: UnitOfWork, order: Order, amount_paise: int, lines: Mapping[str, int] | None, actor: str
    ) -> None:
        """The pieces that left are here again: a return, once, of which the shop gives back what was just decided."""
        if order.state in HOLDS_STOCK:
            raise InvalidTransition("The pieces are still held for this order: cancel it to put them back.")
        if order.state not in LEFT:
            return
        now = self._core.clock.now()
        came = take_back_in(self._core, uow, order, now, restock=True, lines=lines, released_paise=0)
        order.released_paise += min(amount_paise, order.kept_paise)
        if order.attention_reason == RETURN_DUE and order.refund_due_paise <= 0:
            order.settle_attention()
        uow.record(*(dataclasses.replace(one, actor=actor or one.actor) for one in getattr(came, "events", ())))

    def by_hand(self, payment: Payment) -> bool:
        """Whether a refund of it is the owner's own act: no provider is asked, it is only noted."""
        provider = self._core.registry.payments.find(payment.provider)
        return provider is None or not provider.online or not payment.provider_ref

    def count(self, business_id: str, order_id: str) -> int:
        """How many refunds of an order were asked for, also those that failed."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.refunds.count(eq("order_id", order_id))

    def ask_again(self, business_id: str, refund_id: str) -> None:
        """Ask for a refund whose answer is owed, with its own key; called by the sweeper, safe to repeat."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            refund = uow.refunds.get(refund_id)
            payment = uow.payments.get(refund.payment_id)
        if not answered(refund):
            self._ask(business_id, payment, refund)
        elif refund.state is RefundState.PENDING and refund.provider_ref:
            self._look(business_id, payment, refund, refund.provider_ref)

    def _look(self, business_id: str, payment: Payment, refund: Refund, refund_ref: str) -> None:
        """The provider took it and has not told its end."""
        result: RefundResult | PortError | NotConnected
        try:
            result = self._connections.payments(business_id, payment.provider).fetch_refund(refund_ref)
        except (PortError, NotConnected) as error:
            result = error
        retrying(lambda: self._keep(business_id, refund.id, result))

    def _ask(self, business_id: str, payment: Payment, asked: Refund) -> None:
        result: RefundResult | PortError | NotConnected
        if self.by_hand(payment):
            result = RefundResult(refund_ref="", state="processed")
        else:
            try:
                result = self._connections.payments(business_id, payment.provider).refund(
                    RefundRequest(
                        payment_ref=payment.provider_ref or "",
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
            elif isinstance(result, RefundResult) and result.state == "pending":
                waited = now - refund.created_at
                refund.next_check_at = now + max(CHECK_EVERY, waited / 4) if waited < SLOWEST else None
                uow.refunds.save(refund)
            elif refund.provider_ref and not isinstance(result, RefundResult):  # it is known there: ask again later
                refund.next_check_at = now + CHECK_EVERY if now - refund.created_at < SLOWEST else None
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


def _part_key(key: str, place: int) -> str:
    return key if place == 0 else f"{key}#{place + 1}"


def _asked_before(uow: UnitOfWork, key: str) -> list[Refund]:
    """The refunds that this key made already."""
    found: list[Refund] = []
    while (one := uow.refunds.find(cause_key=_part_key(key, len(found)))) is not None:
        found.append(one)
    return found


def _split(uow: UnitOfWork, order: Order, amount_paise: int, payment_id: str | None) -> Iterator[tuple[Payment, int]]:
    """Which payment gives back how much. Raises `Conflict` above what was captured and not given back."""
    captured = [
        one
        for one in uow.payments.select(eq("order_id", order.id), order="-created_at")
        if one.state is PaymentState.CAPTURED and one.currency == "INR" and payment_id in (None, one.id)
    ]
    captured.sort(key=lambda one: not one.held)
    if sum(one.amount_paise - one.refunded_paise for one in captured) < amount_paise:
        raise too_much(order)
    enough = next((one for one in captured if one.amount_paise - one.refunded_paise >= amount_paise), None)
    for one in [enough] if enough else captured:
        part = min(amount_paise, one.amount_paise - one.refunded_paise)
        if part > 0:
            amount_paise -= part
            yield one, part
