"""Setting the stage: the customer of a rehearsal, their chat, and an order for what is said to happen to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from salespilots.domain.business import Connection
from salespilots.domain.catalog import ProductState, Variant
from salespilots.domain.conversation import Conversation, ConversationState, Mode
from salespilots.domain.customer import ChannelIdentity, Customer
from salespilots.domain.errors import Conflict, InvalidInput
from salespilots.domain.events import Event
from salespilots.domain.inbox import lane_of
from salespilots.domain.order import Order
from salespilots.domain.order_states import OrderState
from salespilots.ports.storage import UnitOfWork, eq
from salespilots.ports.triggers import TriggerFact
from salespilots.services.automation import match, start_in
from salespilots.services.core import Core
from salespilots.services.ordering import build_order_in, place_in
from salespilots.services.reacting import react
from salespilots.services.rehearsal.script import Assumptions
from salespilots.services.rehearsal.seed import Base, People

MADE_UP = "rehearsal"
"""The made-up customer's name on the channel."""

LATELY, LONG_AGO = timedelta(minutes=5), timedelta(days=60)

STATES: dict[str, OrderState] = {
    "order.placed": OrderState.PLACED, "order.confirmed": OrderState.CONFIRMED, "order.paid": OrderState.CONFIRMED,
    "order.packed": OrderState.PACKED, "order.shipped": OrderState.SHIPPED, "order.delivered": OrderState.DELIVERED,
    "order.returned": OrderState.RETURNED, "order.cancelled": OrderState.CANCELLED,
    "order.expired": OrderState.EXPIRED, "payment.captured": OrderState.CONFIRMED,
    "payment.failed": OrderState.PLACED, "refund.processed": OrderState.CANCELLED,
}  # fmt: skip
"""The state in which an order is once this has happened to it."""

OF_TIME = frozenset({"customer.silent", "order.abandoned", "schedule.due", "stock.back"})
"""What starts workflows without an event of its own."""

PAID = frozenset({"order.paid", "payment.captured", "refund.processed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Who plays the customer: ``base`` and ``people`` to seed, and how their words come in."""

    base: Base
    people: People
    provider: str
    account_ref: str
    customer_ref: str
    name: str

    @property
    def lane(self) -> str:
        """The lane of the chat."""
        return lane_of(self.provider, self.account_ref, self.customer_ref)


def set_stage(core: Core, base: Base, people: People, given: Assumptions, at: datetime, *, chat: bool) -> Stage:
    """``people``: the real customer's, empty for one who is made up. ``chat``: there must be one before anything is said.

    Raises `InvalidInput` for a channel that nobody supplies.
    """
    provider = core.registry.channels.find(given.channel)
    if provider is None:
        raise InvalidInput({"channel": ["There is no such channel."]})
    connection = next((one for one in base.connections if one.provider == given.channel), None)
    account = base.shop.id if given.channel == "practice" else (connection and connection.account_ref) or MADE_UP
    identity = next((one for one in people.identities if one.provider == given.channel), None)
    account = identity.account_ref if identity else account
    ref = identity.customer_ref if identity else MADE_UP
    others = [one for one in base.connections if one.provider != given.channel]
    there = connection or Connection(
        id="con_rehearsal0", business_id=base.shop.id, kind="channel", provider=given.channel, created_at=at,
        updated_at=at, account_ref=account,
    )  # fmt: skip
    stage = Stage(
        base=replace(base, connections=[*others, replace(there, enabled=True)]), people=people, provider=given.channel, account_ref=account, customer_ref=ref,
        name=given.name or (people.customers[0].name if people.customers else ""),
    )  # fmt: skip
    window = provider.capabilities.reply_window
    away = (window or LONG_AGO) + timedelta(hours=1)
    wrote_at = at - (LATELY if given.window_open else away)
    if people.customers or given.known or chat:
        stage = replace(stage, people=_with_chat(base, stage, people, at, wrote_at))
    return stage


def _with_chat(base: Base, stage: Stage, people: People, at: datetime, wrote_at: datetime) -> People:
    """The customer with one chat on this channel, in which automation answers and nothing is open."""
    practice, business_id = stage.provider == "practice", base.shop.id
    customer = people.customers[0] if people.customers else Customer(
        id="cus_rehearsal0", business_id=business_id, created_at=at - LONG_AGO, channel=stage.provider, name=stage.name,
        practice=practice,
    )  # fmt: skip
    customer = replace(customer, profile_at=at)
    keys: dict[str, Any] = {
        "provider": stage.provider, "account_ref": stage.account_ref, "customer_ref": stage.customer_ref,
    }  # fmt: skip
    identity = next((one for one in people.identities if one.provider == stage.provider), None) or ChannelIdentity(
        id="idn_rehearsal0", business_id=business_id, customer_id=customer.id, **keys
    )
    chat = next((one for one in people.conversations if one.identity_id == identity.id), None) or Conversation(
        id="cnv_rehearsal0", business_id=business_id, customer_id=customer.id, identity_id=identity.id,
        lane=stage.lane, created_at=wrote_at, practice=practice, **keys,
    )  # fmt: skip
    chat = replace(
        chat, mode=Mode.BOT, waiting_since=None, state=ConversationState.OPEN, assignee_id=None, focus={},
        last_inbound_at=wrote_at, last_message_at=wrote_at,
    )  # fmt: skip
    return replace(people, customers=[customer], identities=[identity], conversations=[chat])


def make_order_in(core: Core, uow: UnitOfWork, stage: Stage, kind: str) -> None:
    """Make an order up for an event that needs one. Raises `Conflict` where nothing can be ordered."""
    if kind in STATES:
        _order_in(core, uow, _chat_in(uow, stage))


def happen_in(core: Core, uow: UnitOfWork, stage: Stage, kind: str) -> None:
    """An event about the chat, or about the newest order of its customer."""
    chat = _chat_in(uow, stage)
    if kind in OF_TIME:
        _begin_in(core, uow, chat, kind)
        return
    if kind not in STATES:
        ids = {"conversation_id": chat.id, "customer_id": chat.customer_id}
        event = Event(type=kind, at=core.clock.now(), ids=ids)
        uow.record(event)
        react(core, uow, [event])
        return
    tell_of_in(core, uow, chat, _order_in(core, uow, chat), kind)


def _begin_in(core: Core, uow: UnitOfWork, chat: Conversation, kind: str) -> None:
    """What no event log tells of: time has come, or what was waited for; with a product of the shop where one is meant."""
    found = match(core, core.memory.live(uow), TriggerFact(type=kind))
    if found is None:
        return
    workflow, version, reason = found
    data: dict[str, Any] = {"trigger": reason, "unasked": kind != "stock.back"}
    meant = _best_in(uow)
    if meant is not None and kind != "schedule.due":
        product = uow.products.get(meant.product_id)
        data |= {
            "product_id": product.id, "product_title": product.title, "variant_id": meant.id, "quantity": 1, "sure": True,
            "products": [{"product_id": product.id, "score": 100.0, "variant_ids": [meant.id]}],
        }  # fmt: skip
    key = f"{kind}:rehearsal:{core.clock.now().isoformat()}"
    start_in(core, uow, workflow, version, conversation=chat, trigger_key=key, data=data)


def tell_of_in(core: Core, uow: UnitOfWork, chat: Conversation, order: Order, kind: str) -> None:
    """Something happens to an order from outside: it is made what it is then, and workflows hear of it."""
    order.conversation_id = chat.id
    _fit(order, kind, core.clock.now())
    uow.orders.save(order)
    ids = {**order.ids(), "payment_id": core.ids.new("payment")}
    if kind == "refund.processed":
        ids["refund_id"] = core.ids.new("refund")
    event = Event(type=kind, at=core.clock.now(), ids=ids, data={"number": order.number, "made_up": True})
    uow.record(event)
    react(core, uow, [event], order_id=order.id)


def _chat_in(uow: UnitOfWork, stage: Stage) -> Conversation:
    chat = uow.conversations.find(lane=stage.lane)
    if chat is None:
        raise Conflict("There is no chat yet.")
    return chat


def _order_in(core: Core, uow: UnitOfWork, chat: Conversation) -> Order:
    for known in uow.orders.select(eq("customer_id", chat.customer_id), order="-created_at"):
        if known.state is not OrderState.DRAFT:
            return known
    there = _best_in(uow)
    if there is None:
        raise Conflict("There is nothing in stock of which an order could be made up.")
    customer = uow.customers.get(chat.customer_id)
    order = build_order_in(
        core, uow, customer_id=chat.customer_id, lines=[(there.id, 1)], conversation_id=chat.id,
        address=customer.address, practice=chat.practice,
    )  # fmt: skip
    place_in(core, uow, order)
    uow.orders.add(order)
    return order


def _best_in(uow: UnitOfWork) -> Variant | None:
    """What the shop has most of."""
    variants = uow.variants.select(eq("archived", False), order="sku")
    levels = uow.stock.levels([one.id for one in variants])
    live = {one.id for one in uow.products.select(eq("state", ProductState.LIVE))}
    return max(
        (one for one in variants if one.product_id in live and levels[one.id].available > 0),
        key=lambda one: levels[one.id].available, default=None,
    )  # fmt: skip


def _fit(order: Order, kind: str, now: datetime) -> None:
    """Make the order what it is once this has happened."""
    order.state = STATES[kind]
    if kind in PAID:
        order.paid_paise, order.paid_at = order.total_paise, now
    if kind == "refund.processed":
        order.refunded_paise = order.paid_paise
    if order.state is not OrderState.PLACED:
        order.expires_at = order.remind_at = None
    if order.state in (OrderState.SHIPPED, OrderState.DELIVERED) and not order.tracking:
        order.tracking = {"courier": "Courier", "tracking_number": "TRACK123"}
        order.shipped_at = order.shipped_at or now
    if order.state is OrderState.DELIVERED:
        order.delivered_at = now
