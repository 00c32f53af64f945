"""The practice shop's last days, written as they would have happened: one transaction for each customer."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from salespilots.demo.past import PAST, PastCustomer, Step
from salespilots.domain.conversation import Author, Conversation, Direction, Message, MessageState
from salespilots.domain.customer import ChannelIdentity, Customer
from salespilots.domain.errors import NotFound, OutOfStock
from salespilots.domain.events import Event
from salespilots.domain.inbox import lane_of
from salespilots.domain.money import rupees
from salespilots.domain.order import Order
from salespilots.domain.payment import Payment, PaymentState
from salespilots.domain.stock import MovementKind
from salespilots.domain.transitions import Applied, Outcome
from salespilots.ports.channel import Text
from salespilots.ports.storage import UnitOfWork
from salespilots.services.core import Core, retrying
from salespilots.services.dashboard import IST
from salespilots.services.messaging.content import dump
from salespilots.services.ordering import build_order_in, movements_of, place_in

AUTHORS = {"customer": Author.CUSTOMER, "bot": Author.BOT, "owner": Author.AGENT}


class PastClock:
    """Shows the moment that is being told."""

    def __init__(self, start: datetime) -> None:
        self.moment = start

    def now(self) -> datetime:
        """The moment."""
        return self.moment

    def steady(self) -> float:
        """Nothing takes time in what is told."""
        return 0.0


def load_past(core: Core, business_id: str) -> int:
    """Write the customers who are not there yet. Returns how many; safe to repeat. Whose product is not on sale, or is
    sold out, stays away."""
    return sum(retrying(partial(_load, core, business_id, one)) for one in PAST)


def _load(core: Core, business_id: str, past: PastCustomer) -> bool:
    today = core.clock.now().astimezone(IST).date()
    clock = PastClock(datetime.combine(today - timedelta(days=past.days_ago), past.at, IST))
    with core.storage.unit_of_work(business_id) as uow:
        if uow.identities.find(provider="practice", account_ref=business_id, customer_ref=past.ref) is not None:
            return False
        try:
            _Told(dataclasses.replace(core, clock=clock), clock, uow, past).tell()
        except (NotFound, OutOfStock):
            return False
        uow.commit()
    return True


class _Told:
    """One customer's past within a transaction. Nothing reacts to it: no workflow runs, nothing is sent."""

    def __init__(self, core: Core, clock: PastClock, uow: UnitOfWork, past: PastCustomer) -> None:
        self._core, self._clock, self._uow, self._past = core, clock, uow, past
        variant = uow.variants.find(sku=past.sku, archived=False)
        if variant is None:
            raise NotFound("There is no such variant on sale.")
        keys: dict[str, Any] = {"provider": "practice", "account_ref": uow.business_id, "customer_ref": past.ref}
        now = clock.now()
        self._customer = Customer(
            id=core.ids.new("customer"), business_id=uow.business_id, created_at=now, channel="practice",
            name=past.name, tags=list(past.tags), last_seen_at=now, practice=True,
            phone=past.address.get("phone"), address=dict(past.address),
        )  # fmt: skip
        uow.customers.add(self._customer)
        identity = ChannelIdentity(
            id=core.ids.new("identity"), business_id=uow.business_id, customer_id=self._customer.id, **keys
        )
        uow.identities.add(identity)
        self._chat = Conversation(
            id=core.ids.new("conversation"), business_id=uow.business_id, customer_id=self._customer.id,
            identity_id=identity.id, lane=lane_of("practice", uow.business_id, past.ref), created_at=now,
            practice=True, **keys,
        )  # fmt: skip
        uow.conversations.add(self._chat)
        self._order = build_order_in(
            core, uow, customer_id=self._customer.id, lines=[(variant.id, past.quantity)], address=past.address,
            conversation_id=self._chat.id, payment_method="practice", practice=True,
        )  # fmt: skip
        self._record("conversation.started")

    def tell(self) -> None:
        """Every step at its time."""
        for step in self._past.steps:
            self._clock.moment += timedelta(minutes=step.minutes, seconds=3 if step.kind == "bot" else 0)
            if step.kind in AUTHORS:
                self._say(step)
            elif step.kind == "asks_person":
                self._chat.ask_for_person(self._clock.now())
                self._record("conversation.waiting")
            else:
                self._move(self._order, step.kind)
        self._uow.conversations.save(self._chat)
        if self._order.placed_at is not None:
            self._uow.orders.save(self._order)
        customer = self._uow.customers.get(self._customer.id)
        customer.last_seen_at = self._chat.last_inbound_at
        self._uow.customers.save(customer)
        self._uow.customers.increase(customer.id, spent_paise=self._order.paid_paise)

    def _say(self, step: Step) -> None:
        now, chat, order = self._clock.now(), self._chat, self._order
        author = AUTHORS[step.kind]
        incoming = author is Author.CUSTOMER
        text = step.text.format(
            price=rupees(order.lines[0].unit_paise), total=rupees(order.total_paise), title=order.lines[0].title,
            quantity=self._past.quantity, number=order.number or "",
        )  # fmt: skip
        message = Message(
            id=self._core.ids.new("message"), business_id=chat.business_id, conversation_id=chat.id,
            customer_id=chat.customer_id, lane=chat.lane, seq=chat.take_seq(), created_at=now, sent_at=now,
            direction=Direction.IN if incoming else Direction.OUT, author=author, kind="text", text=text,
            state=MessageState.RECEIVED if incoming else MessageState.SENT, provider="practice", practice=True,
            content={} if incoming else dump(Text(text=text)),
        )  # fmt: skip
        message.provider_ref = f"past-{message.id}"
        self._uow.messages.add(message)
        if "{price}" in step.text:
            self._record("product.shown", product_id=order.lines[0].product_id)
        chat.last_message_at, chat.preview, chat.preview_author = now, text[:140], author
        if incoming:
            chat.last_inbound_at = now
        chat.unread = 1 if chat.waiting_since is not None else 0

    def _move(self, order: Order, kind: str) -> None:
        now, core, uow = self._clock.now(), self._core, self._uow
        match kind:
            case "placed":
                self._keep(place_in(core, uow, order))
                uow.orders.add(order)
            case "paid":
                payment = Payment(
                    id=core.ids.new("payment"), business_id=order.business_id, order_id=order.id, provider="practice",
                    reference=f"past-{order.id[4:]}", amount_paise=order.total_paise, created_at=order.placed_at or now,
                    practice=True,
                )  # fmt: skip
                payment.settle(PaymentState.CAPTURED, now=now, provider_ref=f"past-{payment.id[4:]}", method="upi")
                uow.payments.add(payment)
                order.paid_paise, order.paid_at = order.total_paise, now
                self._record("payment.captured", payment_id=payment.id)
                self._record("order.paid")
                self._keep(order.confirm(now=now))
            case "packed":
                self._keep(order.pack(now=now))
            case "shipped":
                self._keep(order.ship(now=now, courier=self._past.courier, tracking_number=self._past.tracking_number))
                uow.stock.move(movements_of(core, order, MovementKind.SHIP, -1, -1, "ship"))
            case "delivered":
                self._keep(order.deliver(now=now))
            case _:
                raise AssertionError(f"an unknown step: {kind}")

    def _keep(self, outcome: Outcome) -> None:
        if isinstance(outcome, Applied):
            self._uow.record(*outcome.events)

    def _record(self, type: str, **more: str) -> None:
        ids = {"conversation_id": self._chat.id, "customer_id": self._customer.id, **more}
        if type.startswith(("order.", "payment.")):
            ids.update(self._order.ids())
        data = {"amount_paise": self._order.total_paise} if type == "payment.captured" else {}
        self._uow.record(Event(type=type, at=self._clock.now(), ids=ids, data=data))
