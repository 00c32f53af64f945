"""Asking for money by link, and asking the provider what became of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from salespilots.domain.errors import Conflict, InvalidTransition, NotFound
from salespilots.domain.events import Event
from salespilots.domain.order import Order
from salespilots.domain.order_states import UNPAYABLE, OrderState
from salespilots.domain.payment import CHECK_EVERY, ENDED, LATE, Payment, PaymentState
from salespilots.ports.errors import NotConnected, OutcomeUnknown, PortError
from salespilots.ports.extensions import CASH
from salespilots.ports.payments import PaymentEvent, PaymentLink, PaymentRequest
from salespilots.ports.storage import Page, UnitOfWork, eq
from salespilots.services.connections import Connections
from salespilots.services.core import Core, retrying
from salespilots.services.crash_points import crash_point
from salespilots.services.notices import chat_of_in, notice_in
from salespilots.services.ordering import AUTHORISED_LIFE
from salespilots.services.settlement import Settlement

LINK_LIFE, SHORTEST = timedelta(hours=24), timedelta(minutes=16)
"""How long a link can be paid: as long as its order is held, else a day, and at least what providers want. Money that
comes later all the same revives the order or becomes a refund task."""


class Payments:
    """Use cases on payments."""

    def __init__(self, core: Core, connections: Connections, settlement: Settlement) -> None:
        self._core = core
        self._connections = connections
        self._settlement = settlement

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
        payment, order, asked_before = retrying(lambda: self._open_payment(business_id, order_id))
        if payment.url:
            return payment.url
        crash_point("payment.claimed")
        adapter = self._connections.payments(business_id, payment.provider)
        request = self._request(payment, order)
        try:
            link = adapter.find_link(payment.reference) if asked_before else None
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

    def _request(self, payment: Payment, order: Order) -> PaymentRequest:
        return PaymentRequest(
            reference=payment.reference,
            amount_paise=payment.amount_paise,
            description=f"Order {order.number}",
            expires_at=payment.expires_at or self._core.clock.now() + LINK_LIFE,
            customer_name=str(order.address.get("name") or ""),
            customer_phone=str(order.address.get("phone") or ""),
            return_url=f"{self._core.base_url}/o/{order.token}",
            order_number=order.number or "",
        )

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
                conversation = chat_of_in(core, uow, order)
                paid_by = next(one for one in uow.payments.select(eq("order_id", order_id)) if one.url == url)
                if not notice_in(core, uow, order, "payment_link", about=paid_by.id):
                    return ""
                uow.commit()
            return conversation.lane

        lane = retrying(use_case)
        if lane:
            core.doorbell.ring(lane)
        return bool(lane)

    def _open_payment(self, business_id: str, order_id: str) -> tuple[Payment, Order, bool]:
        """The payment to ask for, and whether it was there: then the provider may know it already. The order is changed
        with a new one, so that of two who make one at the same moment one looks again."""
        core, now = self._core, self._core.clock.now()
        with core.storage.unit_of_work(business_id) as uow:
            order = uow.orders.get(order_id)
            if order.state in UNPAYABLE:
                raise InvalidTransition(f"A {order.state} order cannot be paid.")
            if order.due_paise <= 0:
                raise Conflict("Nothing is due on this order.")
            provider = self._provider_for(uow, order)
            for payment in uow.payments.select(eq("order_id", order.id), eq("provider", provider), order="-created_at"):
                in_time = payment.expires_at is None or payment.expires_at > now
                promised = payment.state is PaymentState.AUTHORISED and now - payment.created_at < AUTHORISED_LIFE
                if ((payment.open and in_time) or promised) and payment.amount_paise == order.asked_paise:
                    return payment, order, True
            payment = self._new_payment(uow, order, provider, order.asked_paise, now)
            order.terms = {**order.terms, "asked_by": payment.id}
            uow.orders.save(order)
            uow.commit()
        return payment, order, False

    def _provider_for(self, uow: UnitOfWork, order: Order) -> str:
        """A practice chat pays by practice; a real chat never does once the instance is in production."""
        if order.practice:
            return "practice"
        key = order.payment_method
        provider = self._core.registry.payments.find(key)
        if provider is None or not (provider.online or provider.direct):
            key = uow.shop().default_payments
            provider = self._core.registry.payments.find(key)
        if (
            provider is None
            or not (provider.online or provider.direct)
            or (provider.practice and self._core.production)
        ):
            raise Conflict("Connect a way to pay online first.")
        return key

    def _keep_link(self, business_id: str, payment_id: str, link: PaymentLink) -> str:
        with self._core.storage.unit_of_work(business_id) as uow:
            payment = uow.payments.get(payment_id)
            if payment.url:
                return payment.url
            order = uow.orders.get(payment.order_id)
            payment.link_ref, payment.url = link.link_ref, link.url
            if order.terms.get("prepaid_offer", {}).get("payment_id") != payment.id:
                order.payment_url = link.url
                if order.payment_method != CASH:  # an advance, or paying early, leaves the rest due at the door
                    order.payment_method = payment.provider
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

    def keep_held(self, business_id: str, payment_id: str) -> Order:
        """A person counts captured money that did not fit for its order after all. Raises `Conflict`."""

        def use_case() -> tuple[Order, list[str]]:
            with self._core.storage.unit_of_work(business_id) as uow:
                payment = uow.payments.get(payment_id)
                lanes = self._settlement.keep_in(uow, payment, self._core.clock.now())
                order = uow.orders.get(payment.order_id)
                uow.commit()
            return order, lanes

        order, lanes = retrying(use_case)
        for lane in lanes:
            self._core.doorbell.ring(lane)
        return order

    # --- finding out without a webhook ------------------------------------------------------------------

    def reconcile(self, business_id: str, payment_id: str) -> None:
        """Ask the provider about one payment that is still awaited; the same booking as a webhook's.

        A link that a lost answer left unknown is found by its reference, or made now; the link of an order that ended
        or is paid is cancelled. Raises the provider's `PortError` and `NotConnected`.
        """
        payment = self.get(business_id, payment_id)
        if not payment.watched:
            return
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            order = uow.orders.get(payment.order_id)
        try:
            link = self._look(payment, order)
        except PortError as error:
            self._connections.note_error(business_id, payment.provider, error)
            retrying(lambda: self._check_later(business_id, payment_id, LATE))
            raise
        except NotConnected:
            retrying(lambda: self._check_later(business_id, payment_id, timedelta()))
            raise
        offered = order.terms.get("prepaid_offer", {}).get("payment_id") == payment.id  # sent with its own words
        if link is not None and not payment.url and order.payable and not offered:
            retrying(lambda: self._keep_link(business_id, payment_id, link))
        lanes: list[str] = retrying(lambda: self._apply_link(business_id, payment_id, link))
        for lane in lanes:
            self._core.doorbell.ring(lane)

    # --- cash on delivery, paid online after all ------------------------------------------------------------------

    def offer_prepaid(self, business_id: str, order_id: str) -> bool:
        """Offer a COD customer the shop's benefit for paying online before the parcel leaves: once, with a link of its
        own amount. False where there is nothing to offer. Called by the sweeper; raises the provider's `PortError`."""
        offered = retrying(lambda: self._begin_offer(business_id, order_id))
        if offered is None:
            return False
        payment, order = offered
        adapter = self._connections.payments(business_id, payment.provider)
        link = adapter.find_link(payment.reference) or adapter.create_link(self._request(payment, order))
        lane: str = retrying(lambda: self._send_offer(business_id, payment.id, link))
        if lane:
            self._core.doorbell.ring(lane)
        return True

    def _begin_offer(self, business_id: str, order_id: str) -> tuple[Payment, Order] | None:
        core, now = self._core, self._core.clock.now()
        with core.storage.unit_of_work(business_id) as uow:
            order, shop = uow.orders.get(order_id), uow.shop()
            order.remind_at = None
            benefit = min(shop.prepaid_benefit_paise, order.subtotal_paise - order.discount_paise - 100)
            early = order.state is OrderState.CONFIRMED and order.payment_method == CASH and not order.shipments
            wanted = early and benefit > 0 and order.nudged_at is None and order.conversation_id
            amount = order.due_paise - order.cod_fee_paise - benefit
            if not wanted or amount < 100:
                uow.orders.save(order)
                uow.commit()
                return None
            known = order.terms.get("prepaid_offer")
            if known:
                payment = uow.payments.get(known["payment_id"])
                order.remind_at = now + CHECK_EVERY
            else:
                try:
                    provider = self._provider_for(uow, order)
                except Conflict:  # no way to pay online
                    uow.orders.save(order)
                    uow.commit()
                    return None
                payment = self._new_payment(uow, order, provider, amount, now)
                offer = {"payment_id": payment.id, "benefit_paise": benefit}
                order.terms, order.remind_at = {**order.terms, "prepaid_offer": offer}, now + CHECK_EVERY
            uow.orders.save(order)
            uow.commit()
        return payment, order

    def _send_offer(self, business_id: str, payment_id: str, link: PaymentLink) -> str:
        with self._core.storage.unit_of_work(business_id) as uow:
            payment = uow.payments.get(payment_id)
            order = uow.orders.get(payment.order_id)
            payment.link_ref, payment.url = link.link_ref, link.url
            uow.payments.save(payment)
            order.remind_at = None
            if order.offer.get("payment_id") == payment.id and order.nudged_at is None:
                order.nudged_at = self._core.clock.now()
                notice_in(
                    self._core, uow, order, "prepaid_offer", about=payment.id, pay_url=link.url,
                    amount_paise=payment.amount_paise, saved_paise=order.due_paise - payment.amount_paise,
                )  # fmt: skip
            uow.orders.save(order)
            lane = uow.conversations.get(order.conversation_id).lane if order.conversation_id else ""
            uow.commit()
        return lane

    def _new_payment(self, uow: UnitOfWork, order: Order, provider: str, amount_paise: int, now: datetime) -> Payment:
        core = self._core
        payment_id = core.ids.new("payment")
        reference = f"{order.number}-{payment_id[4:]}"[:40]
        payment = Payment(
            id=payment_id, business_id=order.business_id, order_id=order.id, provider=provider, reference=reference,
            amount_paise=amount_paise, created_at=now, lane=f"payments:{provider}:{reference}",
            expires_at=_link_end(order, now), next_check_at=now + CHECK_EVERY,
            practice=order.practice or core.registry.payments.get(provider).practice,
        )  # fmt: skip
        uow.payments.add(payment)
        return payment

    def _look(self, payment: Payment, order: Order) -> PaymentLink | None:
        adapter = self._connections.payments(payment.business_id, payment.provider)
        link = adapter.fetch_link(payment.link_ref) if payment.link_ref else adapter.find_link(payment.reference)
        in_time = payment.expires_at is None or payment.expires_at > self._core.clock.now()
        if link is None and order.payable and payment.open and in_time:
            return adapter.create_link(self._request(payment, order))
        too_late = order.terms.get("prepaid_offer", {}).get("payment_id") == payment.id and not order.offer
        unwanted = payment.open and (not order.payable or too_late)
        money = link is not None and any(one.state in ("captured", "authorised") for one in link.payments)
        if link is not None and unwanted and link.state == "created" and not money:
            return adapter.cancel_link(link.link_ref)
        return link

    def _check_later(self, business_id: str, payment_id: str, patience: timedelta) -> None:
        """The provider did not say: ask again, until ``patience`` after the link's end."""
        now = self._core.clock.now()
        with self._core.storage.unit_of_work(business_id) as uow:
            payment = uow.payments.get(payment_id)
            if not payment.watched:
                return
            if payment.state in ENDED and patience:
                payment.look_again_after_its_end(now)
            else:
                payment.next_check_at = now + CHECK_EVERY
                if (payment.expires_at or payment.created_at) + patience <= now:
                    if payment.open:
                        payment.settle(PaymentState.EXPIRED, now=now)
                    payment.next_check_at = None
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
                    lanes += self._settlement.settle_in(
                        uow,
                        payment.provider,
                        PaymentEvent(
                            event_id=f"fetch:{fact.payment_ref}:{fact.state}", kind=kind, occurred_at=now,
                            reference=link.reference, link_ref=link.link_ref, payment_ref=fact.payment_ref,
                            amount_paise=fact.amount_paise, currency=fact.currency, method=fact.method,
                        ),
                    )  # fmt: skip
                if kind == "captured" and fact.refunded_paise:
                    self._settlement.refunded_elsewhere_in(uow, payment.provider, fact.payment_ref, fact.refunded_paise)
            payment = uow.payments.get(payment_id)
            if payment.state in ENDED and payment.watched:
                payment.look_again_after_its_end(now)
                uow.payments.save(payment)
            elif payment.awaited:
                self._still_awaited(uow, payment, link, now)
                uow.payments.save(payment)
            uow.commit()
        return lanes

    def _still_awaited(self, uow: UnitOfWork, payment: Payment, link: PaymentLink | None, now: datetime) -> None:
        """No money yet: when to look again, or that there is nothing to wait for."""
        over = payment.expires_at is not None and payment.expires_at <= now and (link is None or not link.payments)
        payment.next_check_at = now + CHECK_EVERY
        if payment.state is PaymentState.AUTHORISED:
            if now - payment.created_at >= AUTHORISED_LIFE:
                payment.next_check_at = None
                order = uow.orders.get(payment.order_id)
                order.flag("A payment was promised by the bank and never came.")
                uow.orders.save(order)
                data = {"reason": order.attention_reason}
                uow.record(Event(type="order.attention", at=now, ids=order.ids(), data=data))
        elif link is not None and link.state == "cancelled":
            payment.settle(PaymentState.CANCELLED, now=now)
        elif (link is not None and link.state == "expired") or over:
            payment.settle(PaymentState.EXPIRED, now=now)


def _link_end(order: Order, now: datetime) -> datetime:
    return max(order.expires_at, now + SHORTEST) if order.expires_at else now + LINK_LIFE
