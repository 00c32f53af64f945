"""Money: asking for it by link, believing only the provider, booking each payment once."""

from __future__ import annotations

from datetime import datetime, timedelta

from salespilots.domain.errors import Conflict, InvalidTransition, NotFound, ReplyWindowClosed
from salespilots.domain.events import Event
from salespilots.domain.order import Order, OrderState
from salespilots.domain.payment import Payment, PaymentState, RefundState
from salespilots.domain.transitions import Ignored
from salespilots.ports.errors import OutcomeUnknown, PortError
from salespilots.ports.payments import PaymentEvent, PaymentLink, PaymentRequest, RefundRequest
from salespilots.ports.storage import Page, UnitOfWork, eq
from salespilots.services.automation import react
from salespilots.services.connections import Connections
from salespilots.services.core import Core, retrying
from salespilots.services.crash_points import crash_point
from salespilots.services.notices import notice_in
from salespilots.services.ordering import credit_in, refund_in, revive_in

CHECK_EVERY = timedelta(minutes=15)
LINK_LIFE = timedelta(hours=24)
"""How long a link can be paid; providers want at least 15 minutes. The order's own hold may end earlier: money that
comes later revives it or becomes a refund task."""


class Payments:
    """Use cases on payments and refunds."""

    def __init__(self, core: Core, connections: Connections) -> None:
        self._core = core
        self._connections = connections

    # --- reading ---------------------------------------------------------------------------------------

    def page(
        self, business_id: str, *, order_id: str = "", cursor: str | None = None, limit: int = 50
    ) -> Page[Payment]:
        """A list page, newest first."""
        where = [eq("order_id", order_id)] if order_id else []
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.payments.page(*where, cursor=cursor, limit=limit)

    def get(self, business_id: str, payment_id: str) -> Payment:
        """One payment. Raises `NotFound`."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.payments.get(payment_id)

    def practice_payment(self, reference: str) -> Payment:
        """The payment behind a practice payment page. Raises `NotFound`."""
        with self._core.storage.system_unit_of_work(read_only=True) as system:
            found = system.public_payments.find(provider="practice", reference=reference)
        if found is None:
            raise NotFound("There is no such payment page.")
        return found

    # --- asking ----------------------------------------------------------------------------------------

    def request_link(self, business_id: str, order_id: str) -> str:
        """The open payment link of an order, made if there is none.

        Repeatable: the payment row with its unique reference is kept before the provider is asked, and a
        reference that may exist already is looked for before it is created again. Raises `InvalidTransition`
        when nothing is due, and the provider's `PortError`.
        """
        payment, order = retrying(lambda: self._open_payment(business_id, order_id))
        if payment.url:
            return payment.url
        crash_point("payment.claimed")
        adapter = self._connections.payments(business_id, payment.provider)
        request = PaymentRequest(
            reference=payment.reference,
            amount_paise=payment.amount_paise,
            description=f"Order {order.number}",
            expires_at=payment.expires_at or self._core.clock.now() + LINK_LIFE,
            customer_name=str(order.address.get("name") or ""),
            customer_phone=str(order.address.get("phone") or ""),
            return_url=f"{self._core.base_url}/o/{order.token}",
            order_number=order.number or "",
        )
        try:
            link = adapter.find_link(payment.reference) if payment.version > 0 else None
            link = link or adapter.create_link(request)
        except OutcomeUnknown:
            link = adapter.find_link(payment.reference)
            if link is None:
                raise
        except PortError as error:
            self._connections.note_error(business_id, payment.provider, error)
            raise
        crash_point("payment.linked")
        return retrying(lambda: self._keep_link(business_id, payment.id, link))

    def send_link(self, business_id: str, order_id: str) -> bool:
        """Make the order's payment link and send it into its chat, which stays with whoever answers it.

        Once for each link; False when this link was sent before or the order has no chat. Raises what `request_link`
        raises, and `ReplyWindowClosed`.
        """
        url, core = self.request_link(business_id, order_id), self._core

        def use_case() -> str:
            with core.storage.unit_of_work(business_id) as uow:
                order = uow.orders.get(order_id)
                if not order.conversation_id:
                    return ""
                conversation = uow.conversations.get(order.conversation_id)
                channel = core.registry.channels.find(conversation.provider)
                window = channel.capabilities.reply_window if channel else None
                if not conversation.window_open(window, core.clock.now()):
                    raise ReplyWindowClosed("The reply window is closed. You can reply when the customer writes again.")
                paid_by = next(one for one in uow.payments.select(eq("order_id", order_id)) if one.url == url)
                if not notice_in(core, uow, order, "payment_link", about=paid_by.id):
                    return ""
                uow.commit()
            return conversation.lane

        lane = retrying(use_case)
        if lane:
            core.doorbell.ring(lane)
        return bool(lane)

    def _open_payment(self, business_id: str, order_id: str) -> tuple[Payment, Order]:
        core, now = self._core, self._core.clock.now()
        with core.storage.unit_of_work(business_id) as uow:
            order = uow.orders.get(order_id)
            if order.state in (OrderState.DRAFT, OrderState.CANCELLED, OrderState.EXPIRED, OrderState.RETURNED):
                raise InvalidTransition(f"A {order.state} order cannot be paid.")
            if order.due_paise <= 0:
                raise Conflict("Nothing is due on this order.")
            provider = self._provider_for(uow, order)
            for payment in uow.payments.select(eq("order_id", order.id), eq("provider", provider), order="-created_at"):
                in_time = payment.expires_at is None or payment.expires_at > now
                if payment.open and in_time and payment.amount_paise == order.due_paise:
                    if not payment.url:  # an earlier try may have reached the provider: look before creating
                        uow.payments.save(payment)
                        uow.commit()
                    return payment, order
            payment_id = core.ids.new("payment")
            reference = f"{order.number}-{payment_id[4:]}"[:40]
            payment = Payment(
                id=payment_id, business_id=business_id, order_id=order.id, provider=provider, reference=reference,
                amount_paise=order.due_paise, created_at=now, lane=f"payments:{provider}:{reference}",
                expires_at=now + LINK_LIFE, next_check_at=now + CHECK_EVERY, practice=order.practice or self._core.registry.payments.get(provider).practice,
            )  # fmt: skip
            uow.payments.add(payment)
            uow.commit()
        return payment, order

    def _provider_for(self, uow: UnitOfWork, order: Order) -> str:
        """A practice chat pays by practice; a real chat never does once the instance is in production."""
        if order.practice:
            return "practice"
        key = order.payment_method
        provider = self._core.registry.payments.find(key)
        if provider is None or not provider.online:
            key = uow.shop().default_payments
            provider = self._core.registry.payments.find(key)
        if provider is None or not provider.online or (provider.practice and self._core.production):
            raise Conflict("Connect a way to pay online first.")
        return key

    def _keep_link(self, business_id: str, payment_id: str, link: PaymentLink) -> str:
        with self._core.storage.unit_of_work(business_id) as uow:
            payment = uow.payments.get(payment_id)
            if payment.url:
                return payment.url
            order = uow.orders.get(payment.order_id)
            payment.link_ref, payment.url = link.link_ref, link.url
            order.payment_url, order.payment_method = link.url, payment.provider
            uow.payments.save(payment)
            uow.orders.save(order)
            uow.record(
                Event(
                    type="payment.link_made", at=self._core.clock.now(), ids={**order.ids(), "payment_id": payment.id},
                    data={"amount_paise": payment.amount_paise},
                )
            )  # fmt: skip
            uow.commit()
        return link.url

    # --- believing -------------------------------------------------------------------------------------

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
                        uow.record(Event(type="payment.failed", at=now, ids={**order.ids(), "payment_id": payment.id}))
            case "refund_processed" | "refund_failed":
                self._refund_settled(uow, order, event, now)
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
        if event.currency != "INR" or (event.reference and event.reference != payment.reference):
            return self._refuse(uow, order, event, "The currency or the reference does not fit the order.")
        if payment.state is PaymentState.CAPTURED:
            if not event.payment_ref or event.payment_ref == payment.provider_ref:
                return []  # told again
            return self._second_payment(uow, payment, order, event, now)
        if event.amount_paise != payment.amount_paise:
            return self._refuse(uow, order, event, "The amount paid is not the amount of the order.")
        payment.settle(PaymentState.CAPTURED, now=now, provider_ref=event.payment_ref or None, method=event.method)
        uow.payments.save(payment)
        uow.record(
            Event(
                type="payment.captured", at=now, ids={**order.ids(), "payment_id": payment.id},
                data={"amount_paise": payment.amount_paise, "method": payment.method or ""},
            )
        )  # fmt: skip
        credit_in(self._core, uow, order, payment.amount_paise, now)
        self._follow(uow, order, now)
        uow.orders.save(order)
        return self._lane_of(uow, order)

    def _follow(self, uow: UnitOfWork, order: Order, now: datetime) -> None:
        """What paid money means for the order in its present state."""
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
            react(self._core, uow, events, order_id=order.id)
            notice_in(self._core, uow, order, "paid")
            return
        else:
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
        order.paid_paise += extra.amount_paise
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

    def _refund_settled(self, uow: UnitOfWork, order: Order, event: PaymentEvent, now: datetime) -> None:
        refund = uow.refunds.find(provider_ref=event.refund_ref) if event.refund_ref else None
        if refund is None or refund.state is not RefundState.PENDING:
            return
        refund.state = RefundState.PROCESSED if event.kind == "refund_processed" else RefundState.FAILED
        uow.refunds.save(refund)
        if refund.state is RefundState.FAILED:
            payment = uow.payments.get(refund.payment_id)
            payment.refunded_paise -= refund.amount_paise
            order.refunded_paise -= refund.amount_paise
            order.flag("A refund did not go through.")
            uow.payments.save(payment)
            uow.orders.save(order)
        else:
            uow.record(Event(type="refund.processed", at=now, ids={**order.ids(), "refund_id": refund.id}))

    # --- finding out without a webhook ------------------------------------------------------------------

    def reconcile(self, business_id: str, payment_id: str) -> None:
        """Ask the provider about one open link; the same booking as a webhook's. Raises the provider's `PortError`."""
        payment = self.get(business_id, payment_id)
        if not payment.open:
            return
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            order = uow.orders.get(payment.order_id)
        ended = order.state in (OrderState.CANCELLED, OrderState.EXPIRED, OrderState.RETURNED)
        adapter = self._connections.payments(business_id, payment.provider)
        try:
            if payment.link_ref and ended and order.state is not OrderState.EXPIRED:
                link = adapter.cancel_link(payment.link_ref)
            elif payment.link_ref:
                link = adapter.fetch_link(payment.link_ref)
            else:
                link = adapter.find_link(payment.reference)
        except PortError as error:
            self._connections.note_error(business_id, payment.provider, error)
            retrying(lambda: self._check_later(business_id, payment_id))
            raise
        lanes: list[str] = retrying(lambda: self._apply_link(business_id, payment_id, link))
        for lane in lanes:
            self._core.doorbell.ring(lane)

    def _check_later(self, business_id: str, payment_id: str) -> None:
        with self._core.storage.unit_of_work(business_id) as uow:
            payment = uow.payments.get(payment_id)
            if payment.open:
                payment.next_check_at = self._core.clock.now() + CHECK_EVERY
                uow.payments.save(payment)
                uow.commit()

    def _apply_link(self, business_id: str, payment_id: str, link: PaymentLink | None) -> list[str]:
        now = self._core.clock.now()
        lanes: list[str] = []
        with self._core.storage.unit_of_work(business_id) as uow:
            payment = uow.payments.get(payment_id)
            for fact in link.payments if link else ():
                kind = {"captured": "captured", "authorised": "authorised", "failed": "failed"}.get(fact.state)
                if kind and link:
                    lanes += self.settle_in(
                        uow,
                        payment.provider,
                        PaymentEvent(
                            event_id=f"fetch:{fact.payment_ref}:{fact.state}", kind=kind, occurred_at=now,
                            reference=link.reference, link_ref=link.link_ref, payment_ref=fact.payment_ref,
                            amount_paise=fact.amount_paise, currency=fact.currency, method=fact.method,
                        ),
                    )  # fmt: skip
            payment = uow.payments.get(payment_id)
            if payment.open:
                if link is not None and link.state == "cancelled":
                    payment.settle(PaymentState.CANCELLED, now=now)
                elif (link is not None and link.state == "expired") or (
                    payment.expires_at and payment.expires_at <= now and (link is None or not link.payments)
                ):
                    payment.settle(PaymentState.EXPIRED, now=now)
                else:
                    payment.next_check_at = now + CHECK_EVERY
                uow.payments.save(payment)
            uow.commit()
        return lanes

    # --- giving back -------------------------------------------------------------------------------------

    def refund(
        self, business_id: str, order_id: str, *, amount_paise: int, reason: str, key: str, actor: str = ""
    ) -> Order:
        """Give money back through the payment it came by, once per ``key``."""
        core = self._core

        def begin() -> tuple[Payment, str] | None:
            with core.storage.unit_of_work(business_id) as uow:
                order = uow.orders.get(order_id)
                payments = [
                    one
                    for one in uow.payments.select(eq("order_id", order_id), order="-created_at")
                    if one.state is PaymentState.CAPTURED and one.amount_paise - one.refunded_paise >= amount_paise
                ]
                if uow.refunds.find(cause_key=key) is not None:
                    return None
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
                return payments[0], refund.id

        begun = retrying(begin)
        if begun is not None:
            payment, refund_id = begun
            self._send_refund(business_id, payment, refund_id, amount_paise, reason, key)
        with core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.orders.get(order_id)

    def _send_refund(
        self, business_id: str, payment: Payment, refund_id: str, amount_paise: int, reason: str, key: str
    ) -> None:
        provider = self._core.registry.payments.find(payment.provider)
        ref: str | None = None
        state = RefundState.PROCESSED  # money handed back by hand, where no provider is involved
        failed: PortError | None = None
        if provider is not None and provider.online and payment.provider_ref:
            adapter = self._connections.payments(business_id, payment.provider)
            try:
                result = adapter.refund(
                    RefundRequest(
                        payment_ref=payment.provider_ref, amount_paise=amount_paise, idempotency_key=key, reason=reason
                    )
                )
                ref, state = result.refund_ref, RefundState(result.state)
            except PortError as error:
                failed, state = error, RefundState.PENDING if error.retryable else RefundState.FAILED
                if isinstance(error, OutcomeUnknown):
                    state = RefundState.PENDING

        def keep() -> None:
            with self._core.storage.unit_of_work(business_id) as uow:
                refund = uow.refunds.get(refund_id)
                refund.state, refund.provider_ref = state, ref
                uow.refunds.save(refund)
                order = uow.orders.get(refund.order_id)
                if state is RefundState.FAILED:
                    row = uow.payments.get(refund.payment_id)
                    row.refunded_paise -= amount_paise
                    order.refunded_paise -= amount_paise
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
                            ids={**order.ids(), "refund_id": refund.id}, data={"amount_paise": amount_paise},
                        )
                    )  # fmt: skip
                uow.commit()

        retrying(keep)
