"""What really happened in a shop's chats, read once: what customers wrote, where a person stepped in, and what became of
orders. In the form in which a closed world is told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from salespilots.domain.conversation import Author, Conversation, Direction, Message, Mode
from salespilots.domain.customer import Customer
from salespilots.domain.events import STARTING, Event
from salespilots.domain.order import Order
from salespilots.domain.order_states import OrderState
from salespilots.ports.channel import Attachment, Inbound, Subject
from salespilots.ports.storage import UnitOfWork, Where, eq, one_of
from salespilots.services.messaging.attachments import SUBJECT
from salespilots.services.rehearsal.seed import MANY, Base, People, read_people_in

SPOKEN = frozenset({"quick_reply", "postback", "story_reply", "story_mention"})
"""Kinds of messages that came in under their own name; the others came as messages."""

AFTER = 10**9
"""Events have their places behind messages: most follow from one."""

BY_PERSON = "conversation.handed_back"
ENDED = frozenset({OrderState.CANCELLED, OrderState.EXPIRED, OrderState.RETURNED, OrderState.DRAFT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One thing of the past: something that came by a channel, or an ``event`` of the shop's log. ``place``: among those of
    the same time."""

    at: datetime
    place: int
    conversation_id: str
    provider: str = ""
    inbound: Inbound | None = None
    event: Event | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The last days. ``people``: as far as they were there before; ``stock``: pieces at its beginning, as far as orders
    tell; ``messages``: how many of the customers' are in it; ``left_out``: older ones that are not."""

    since: datetime
    moments: Sequence[Moment]
    people: People
    names: Mapping[str, str]
    stock: Mapping[str, int]
    messages: int
    left_out: int


def read_past_in(uow: UnitOfWork, base: Base, since: datetime, most: int) -> Past:
    """The newest ``most`` messages of customers since then, with what belongs to them."""
    real = [eq("practice", False)] if base.shop.real_since is not None else []
    recent = Where("created_at", "ge", since)
    spoke = [eq("direction", Direction.IN), recent, *real]
    said = uow.messages.select(*spoke, order="-created_at", limit=most)
    left_out = uow.messages.count(*spoke) - len(said) if len(said) == most else 0
    start = min((one.created_at for one in said), default=since) if left_out else since
    people = uow.messages.select(
        eq("author", Author.AGENT), Where("created_at", "ge", start), *real, order="created_at", limit=most
    )
    chats = _chats_in(uow, {one.conversation_id for one in said})
    events = [
        one for one in uow.events.latest([*sorted(STARTING), BY_PERSON], limit=most)
        if one.at >= start and one.ids.get("conversation_id") in chats and not one.actor.startswith("workflow:")
    ]  # fmt: skip
    known = read_people_in(uow, {one.customer_id for one in chats.values()})
    begun = {one.id for one in known.orders if one.cause_key and one.created_at >= start}
    called = {one.id: one.name for one in known.customers}
    told = [
        _came(one, chats[one.conversation_id], called.get(one.customer_id, ""))
        for one in [*said, *people]
        if one.conversation_id in chats and one.reason != "deleted" and one.kind != "event"
    ]
    told += [
        Moment(at=one.at, place=AFTER + one.seq, conversation_id=one.ids["conversation_id"], event=one)
        for one in events
        if not (one.type == "order.expired" and one.ids.get("order_id") in begun)  # it expires by itself again
    ]
    told.sort(key=lambda one: (one.at, one.place))
    return Past(
        since=start, moments=told, people=_before(known, start),
        names={one.id: _name(one, known.customers) for one in chats.values()},
        stock=_stock(base, [one for one in known.orders if one.id in begun]), messages=len(said), left_out=left_out,
    )  # fmt: skip


def _chats_in(uow: UnitOfWork, ids: set[str]) -> dict[str, Conversation]:
    wanted, found = sorted(ids), {}
    for start in range(0, len(wanted), MANY):
        for one in uow.conversations.select(one_of("id", wanted[start : start + MANY])):
            found[one.id] = one
    return found


def _name(chat: Conversation, customers: Sequence[Customer]) -> str:
    found = next((one for one in customers if one.id == chat.customer_id), None)
    return found.display_name if found else ""


def _came(one: Message, chat: Conversation, name: str) -> Moment:
    """A message as the channel told of it, with the name that the customer has by now."""
    about: dict[str, Any] | None = one.content.get(SUBJECT)
    if about is None and one.post_ref:
        about = {"kind": "post", "ref": one.post_ref}
    mine = one.direction is Direction.IN
    inbound = Inbound(
        event_id=one.id, account_ref=chat.account_ref, customer_ref=chat.customer_ref, sent_at=one.created_at,
        kind=(one.kind if one.kind in SPOKEN else "message") if mine else "echo", message_ref=one.id, text=one.text,
        payload=str(one.content.get("payload") or ""), unsupported=one.kind == "unsupported", customer_name=name,
        attachments=tuple(
            Attachment(kind=str(each.get("type") or ""), ref=str(each.get("ref") or "")) for each in one.attachments
        ),
        subject=Subject(kind=str(about.get("kind") or "post"), ref=str(about.get("ref") or "")) if about else None,
    )  # fmt: skip
    return Moment(
        at=one.created_at, place=one.seq, conversation_id=one.conversation_id, provider=chat.provider, inbound=inbound
    )


def _before(known: People, start: datetime) -> People:
    """Who was there before, with the orders that they had then and no chat that is open."""
    customers = {one.id: one for one in known.customers if one.created_at < start}
    chats = [one for one in known.conversations if one.customer_id in customers and one.created_at < start]
    orders = [one for one in known.orders if one.customer_id in customers and one.created_at < start]
    ids = {one.id for one in orders}
    return replace(
        known,
        customers=list(customers.values()),
        identities=[one for one in known.identities if one.customer_id in customers],
        conversations=[
            replace(
                one, mode=Mode.BOT, waiting_since=None, assignee_id=None, focus={}, unread=0,
                last_inbound_at=one.created_at, last_message_at=one.created_at,
            ) for one in chats
        ],
        orders=orders,
        payments=[one for one in known.payments if one.order_id in ids],
        uses=[one for one in known.uses if one.order_id in ids],
    )  # fmt: skip


def _stock(base: Base, begun: Sequence[Order]) -> dict[str, int]:
    """What these orders took is there again."""
    there = {id: level.available for id, level in base.levels.items()}
    for order in begun:
        if order.state not in ENDED:
            for line in order.lines:
                if line.variant_id in there:
                    there[line.variant_id] += line.quantity
    return there
