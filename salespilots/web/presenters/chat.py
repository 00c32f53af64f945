"""Messages as bubbles: the shop's own view, and what is on a practice customer's phone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from flask_babel import gettext as _

from salespilots.domain.conversation import Author, Direction, Message, MessageState
from salespilots.domain.events import Event
from salespilots.domain.order import Order, OrderState
from salespilots.ports.channel import Image, ProductCard, ProductCards, Text
from salespilots.services.messaging.content import load
from salespilots.web.presenters.orders import day_label

CLOSE = timedelta(minutes=2)
"""Messages of one sender within this time hang together."""

ARRIVED = (MessageState.SENT, MessageState.DELIVERED, MessageState.READ)
REASONS = {
    "reply_window_closed": "the reply window is closed",
    "window_closed": "the reply window is closed",
    "taken_over": "a person took over",
    "started_again": "the chat was started again",
    "opted_out": "the customer wants no messages",
    "needs_decision": "the channel gave no answer",
}


def thread(
    messages: Sequence[Message],
    events: Sequence[Event],
    *,
    orders: Sequence[Order],
    workflows: Mapping[str, str],
    people: Mapping[str, str],
    me: str,
    run_href: Mapping[str, str],
) -> list[SimpleNamespace]:
    """Messages and what happened between them, oldest first, with a line for each day."""
    since = messages[0].created_at if messages else None
    moments: list[tuple[datetime, int, SimpleNamespace]] = []
    for message in messages:
        if message.state is MessageState.CANCELLED and message.author is not Author.AGENT:
            continue
        bubble = _bubble(message, orders)
        bubble.author = _author(message, workflows, people, me)
        bubble.author_href = run_href.get(message.run_id or "", "")
        moments.append((message.created_at, message.seq, bubble))
    paid = {one.ids.get("order_id") for one in events if one.type == "order.paid"}
    for event in events:
        if event.type == "order.confirmed" and event.ids.get("order_id") in paid:
            continue
        pill = _event(event, people, me)
        if pill is not None and (since is None or event.at >= since - CLOSE):
            moments.append((event.at, 1_000_000, pill))
    moments.sort(key=lambda one: (one[0], one[1]))
    bubbles = [one for _at, _seq, one in moments]
    _mark_chosen(messages, bubbles)
    return _with_days(_grouped(bubbles))


def phone(messages: Sequence[Message], *, orders: Sequence[Order]) -> list[SimpleNamespace]:
    """What the practice customer sees: their own words, and what has reached them."""
    bubbles: list[SimpleNamespace] = []
    typing = False
    for message in messages:
        if message.direction is Direction.OUT and message.state not in ARRIVED:
            typing = typing or message.pending
            continue
        bubbles.append(_bubble(message, orders, public=True))
    bubbles = _grouped(bubbles)
    if typing:
        bubbles.append(SimpleNamespace(kind="typing", side="bot", id="", at=None))
    return bubbles


def _bubble(message: Message, orders: Sequence[Order], *, public: bool = False) -> SimpleNamespace:
    bubble = SimpleNamespace(
        id=message.id,
        kind="text",
        side=_side(message),
        text=message.text,
        at=message.created_at,
        state=str(message.state),
        reason=REASONS.get(message.reason or "", ""),
        author="",
        author_href="",
        continued=False,
        continued_next=False,
        icon="",
        replies=[],
        buttons=[],
        products=[],
        payment=None,
        order=None,
        media=None,
        seq=message.seq,
    )
    if message.direction is Direction.IN:
        _incoming(bubble, message)
    elif message.content:
        _outgoing(bubble, message, orders, public)
    elif message.attachments:
        bubble.kind, bubble.media = "image", _media(message.attachments[0])
    return bubble


def _side(message: Message) -> str:
    if message.direction is Direction.IN:
        return "in"
    return "human" if message.author is Author.AGENT else "bot"


def _incoming(bubble: SimpleNamespace, message: Message) -> None:
    if message.reason == "deleted":
        bubble.kind, bubble.text = "deleted", ""
    elif message.kind == "unsupported":
        bubble.kind = "unsupported"
    elif message.kind in ("story_reply", "story_mention"):
        bubble.kind, bubble.media = "story_reply", _media(next(iter(message.attachments), {}))
        if message.kind == "story_mention":
            bubble.media.label = _("Mentioned you in their story")
    elif message.kind == "share":
        bubble.kind, bubble.media = "share", _media(next(iter(message.attachments), {}))
        bubble.media.label = bubble.media.alt or _("Shared a post")
    elif message.kind == "image" and message.attachments:
        bubble.kind, bubble.media = "image", _media(message.attachments[0])
    elif message.kind in ("video", "audio", "file"):
        bubble.kind = "unsupported"
        bubble.text = {
            "video": _("Sent a video. Open it in the Instagram app."),
            "audio": _("Sent a voice message. Open it in the Instagram app."),
        }.get(message.kind, _("Sent a file. Open it in the Instagram app."))


def _media(attachment: Mapping[str, Any]) -> SimpleNamespace:
    """Pictures of other hosts are not loaded into the owner's browser: the words stay."""
    url = str(attachment.get("url") or "")
    return SimpleNamespace(
        picture_url=url if url.startswith("/") else "", alt=str(attachment.get("title") or ""), label="", gone=False
    )


def _outgoing(bubble: SimpleNamespace, message: Message, orders: Sequence[Order], public: bool) -> None:
    content = load(message.content)
    if isinstance(content, Image):
        bubble.kind, bubble.media = "image", SimpleNamespace(picture_url=_own(content.url), alt="")
    elif isinstance(content, ProductCards):
        bubble.kind = "product" if len(content.cards) == 1 else "products"
        bubble.products = [_card(one) for one in content.cards]
    elif isinstance(content, Text):
        bubble.text = content.text
        bubble.replies = [
            SimpleNamespace(label=one.title, payload=one.payload, chosen=False) for one in content.quick_replies
        ]
        order = _order_to_pay(message, orders)
        if order is not None:
            bubble.kind = "payment_link"
            bubble.payment = _payment(order, public)
            bubble.text = without_link(content.text, order.payment_url or "")


def _order_to_pay(message: Message, orders: Sequence[Order]) -> Order | None:
    return next((one for one in orders if one.payment_url and one.payment_url in message.text), None)


def _payment(order: Order, public: bool) -> SimpleNamespace:
    status = str(order.payment_status)
    if status == "unpaid" and order.state in (OrderState.EXPIRED, OrderState.CANCELLED):
        status = "expired"
    return SimpleNamespace(
        amount_paise=order.total_paise,
        order_number=order.number or "",
        status=status,
        url=_own(order.payment_url or "") if public else order.payment_url,
        order_id=order.id,
        order_href="",
    )


def without_link(text: str, url: str) -> str:
    """The sentence in front of a card that carries the link itself."""
    head, found, tail = text.partition(url)
    if not found:
        return text
    kept = re.split(r"(?<=[.!?।])\s+|\n", head.strip())
    if kept and kept[-1].endswith(":"):
        kept.pop()
    return " ".join(part for part in (*kept, tail.strip(" .")) if part)


def _own(url: str) -> str:
    """The path of an address: pages are reached by more than one name."""
    parts = urlsplit(url)
    return (
        parts.path + (f"?{parts.query}" if parts.query else "") if parts.path.startswith(("/media/", "/pay/")) else url
    )


def _card(card: ProductCard) -> SimpleNamespace:
    price, _dot, stock = card.subtitle.partition(" · ")
    tone = "bad" if stock == "sold out" else "warn" if stock.startswith("only") else "ok"
    return SimpleNamespace(
        title=card.title,
        price_label=price,
        price_paise=0,
        mrp_paise=None,
        picture_url=_own(card.image_url) if card.image_url else "",
        alt=card.title,
        note="",
        stock_label=stock[:1].upper() + stock[1:],
        stock_tone=tone,
        buttons=[SimpleNamespace(label=one.title, payload=one.payload, url=one.url) for one in card.buttons],
    )


def _author(message: Message, workflows: Mapping[str, str], people: Mapping[str, str], me: str) -> str:
    if message.author is Author.BOT:
        return workflows.get(message.actor_id or "", "")
    if message.author is Author.AGENT:
        if message.actor_id:
            return _("You") if message.actor_id == me else people.get(message.actor_id, _("Your team"))
        return _("Instagram app") if message.provider == "instagram" else _("Your team")
    return ""


def _event(event: Event, people: Mapping[str, str], me: str) -> SimpleNamespace | None:
    number = str(event.data.get("number") or "")
    you = event.actor == me
    who = people.get(event.actor, "")
    look = {
        "conversation.taken_over": (
            "user",
            _("You took over") if you else _("%(name)s took over", name=who or _("Your team")),
        ),
        "conversation.handed_back": ("bolt", _("Automation answers again")),
        "conversation.waiting": ("hand", _("Waiting for a person")),
        "conversation.closed": ("check", _("Chat closed")),
        "order.placed": ("orders", _("Order %(number)s placed, items held", number=number)),
        "order.confirmed": ("check", _("Order %(number)s confirmed", number=number)),
        "order.paid": ("rupee", _("Order %(number)s paid", number=number)),
        "order.packed": ("box", _("Order %(number)s packed", number=number)),
        "order.shipped": ("truck", _("Order %(number)s shipped", number=number)),
        "order.delivered": ("check", _("Order %(number)s delivered", number=number)),
        "order.cancelled": ("x", _("Order %(number)s cancelled", number=number)),
        "order.expired": ("clock", _("Order %(number)s was not paid in time", number=number)),
    }.get(event.type)
    if look is None:
        return None
    return SimpleNamespace(id=f"e{event.seq}", kind="event", side="", icon=look[0], text=look[1], at=event.at)


def _mark_chosen(messages: Sequence[Message], bubbles: Sequence[SimpleNamespace]) -> None:
    """The quick reply that the customer tapped next is shown filled."""
    taps = {one.seq: one.content.get("payload", "") for one in messages if one.direction is Direction.IN}
    for bubble in bubbles:
        if not getattr(bubble, "replies", None):
            continue
        after = min((seq for seq in taps if seq > bubble.seq), default=None)
        for reply in bubble.replies:
            reply.chosen = after is not None and bool(taps[after]) and taps[after] == reply.payload


def _grouped(bubbles: list[SimpleNamespace]) -> list[SimpleNamespace]:
    for before, after in pairwise(bubbles):
        together = (
            before.kind != "event"
            and after.kind != "event"
            and before.side == after.side
            and getattr(before, "author", "") == getattr(after, "author", "")
            and after.at - before.at <= CLOSE
        )
        before.continued_next, after.continued = together, together
    return bubbles


def _with_days(bubbles: Iterable[SimpleNamespace]) -> list[SimpleNamespace]:
    shown: list[SimpleNamespace] = []
    last = ""
    for bubble in bubbles:
        label = day_label(bubble.at)
        if label != last:
            shown.append(SimpleNamespace(id="", kind="day", side="", text=label, at=bubble.at))
            last = label
        shown.append(bubble)
    return shown
