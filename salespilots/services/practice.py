"""Playing a customer: the simulator and the terminal write through the same inbox as a real channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from salespilots.domain.conversation import Conversation, ConversationState, Message, Mode
from salespilots.domain.errors import InvalidInput
from salespilots.domain.inbox import lane_of
from salespilots.domain.payment import Payment
from salespilots.ports.channel import Inbound
from salespilots.ports.payments import PaymentEvent
from salespilots.ports.storage import eq
from salespilots.services.automation import cancel_runs_in
from salespilots.services.core import Core, retrying
from salespilots.services.messaging.content import clean
from salespilots.services.messaging.inbox import InboxService
from salespilots.services.messaging.outgoing import cancel_pending_in

METHODS = ("upi", "card", "netbanking")

SLOW_BANK = timedelta(minutes=1)
"""How long the slow bank of the practice payment page takes."""


@dataclass(frozen=True, slots=True)
class Persona:
    """A practice customer."""

    key: str
    name: str
    note: str
    openers: tuple[str, ...]


PERSONAS = (
    Persona(
        "riya", "Riya", "a new customer", ("Hi", "blue saree kitna hai?", "What do you have?", "mera order kaha hai?")
    ),
    Persona("arjun", "Arjun", "in a hurry", ("price?", "kurta M hai?", "2 mugs chahiye", "where is my order?")),
    Persona("sunita", "सुनीता", "writes Hindi", ("नमस्ते", "नीली साड़ी कितने की है?", "झुमके दिखाइए", "मेरा ऑर्डर कहाँ है?")),
    Persona("kabir", "Kabir", "wants a person", ("hello", "owner se baat karni hai", "price of the juttis?", "thanks")),
)


class Practice:
    """The practice channel's customer side and the practice payment page."""

    def __init__(self, core: Core, inbox: InboxService) -> None:
        self._core = core
        self._inbox = inbox

    def say(
        self, business_id: str, customer_ref: str, text: str, *, payload: str = "", name: str = "", key: str = ""
    ) -> None:
        """One message of a practice customer. The same ``key`` is the same message."""
        text = clean(text).strip()
        if not text:
            raise InvalidInput({"text": ["Write a message."]})
        ref = f"pm-{key or self._core.ids.token()}"
        self._inbox.keep_channel(
            "practice",
            [
                Inbound(
                    event_id=f"{business_id}:{customer_ref}:{ref}",
                    account_ref=business_id,
                    customer_ref=customer_ref,
                    kind="quick_reply" if payload else "message",
                    sent_at=self._core.clock.now(),
                    message_ref=ref,
                    text=text[:2000],
                    payload=payload[:1000],
                    customer_name=name,
                )
            ],
            business_id,
        )

    def conversation(self, business_id: str, customer_ref: str) -> Conversation | None:
        """The persona's chat, once it has written."""
        lane = lane_of("practice", business_id, customer_ref)
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.conversations.find(lane=lane)

    def messages(self, business_id: str, customer_ref: str, limit: int = 80) -> list[Message]:
        """What is on the persona's phone, oldest first."""
        conversation = self.conversation(business_id, customer_ref)
        if conversation is None:
            return []
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            newest = uow.messages.select(eq("conversation_id", conversation.id), order="-seq", limit=limit)
        return list(reversed(newest))

    def start_again(self, business_id: str, customer_ref: str) -> None:
        """Automation forgets where it was with this persona and answers again; history stays."""

        def use_case() -> None:
            with self._core.storage.unit_of_work(business_id) as uow:
                conversation = uow.conversations.find(lane=lane_of("practice", business_id, customer_ref))
                if conversation is None:
                    return
                cancel_pending_in(self._core, uow, conversation, "started_again")
                cancel_runs_in(self._core, uow, conversation, "replaced")
                conversation.mode, conversation.waiting_since, conversation.focus = Mode.BOT, None, {}
                conversation.state, conversation.assignee_id = ConversationState.OPEN, None
                uow.conversations.save(conversation)
                customer = uow.customers.get(conversation.customer_id)
                customer.address, customer.phone = {}, None
                uow.customers.save(customer)
                uow.commit()

        retrying(use_case)

    def pay(self, payment: Payment, *, method: str, outcome: str, attempt: str) -> None:
        """What the practice payment page reports, by the road of a provider's webhook. Safe to repeat. ``slow``: the bank
        says yes only after `SLOW_BANK`, whoever is still there; a payment meanwhile is the same money."""
        if method not in METHODS:
            raise InvalidInput({"method": ["Choose a way to pay."]})
        kind = {"paid": "captured", "slow": "captured", "failed": "failed"}.get(outcome)
        if kind is None:
            raise InvalidInput({"outcome": ["Choose what happens."]})
        once = {"paid": "", "slow": "slow"}.get(outcome, attempt[:40])
        ref = f"practice-{payment.id[4:]}" if kind == "captured" else f"practice-{payment.id[4:]}-{attempt[:20]}"
        later = SLOW_BANK if outcome == "slow" else timedelta(0)
        self._inbox.keep_payments(
            payment.business_id,
            "practice",
            [
                PaymentEvent(
                    event_id=f"{payment.reference}:{kind}:{once}",
                    kind=kind,
                    occurred_at=self._core.clock.now() + later,
                    reference=payment.reference,
                    link_ref=payment.link_ref or "",
                    payment_ref=ref,
                    amount_paise=payment.amount_paise,
                    method=method,
                )
            ],
            later=later,
        )
