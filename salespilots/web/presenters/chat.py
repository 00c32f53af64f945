"""Messages as bubbles, and what is on a practice customer's phone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from urllib.parse import urlsplit

from flask_babel import gettext as _

from salespilots.domain.conversation import Author, Direction, Message, MessageState
from salespilots.domain.order import Order
from salespilots.domain.order_states import OrderState
from salespilots.ports.channel import Buttons, Content, Image, Images, ProductCard, ProductCards, PublicReply, Text
from salespilots.services.messaging.content import dump, kind_of, load, plain
from salespilots.services.messaging.reactions import shown as shown_reactions
from salespilots.web.presenters import attached

CLOSE = timedelta(minutes=2)
"""Messages of one sender within this time hang together."""

ARRIVED = (MessageState.SENT, MessageState.DELIVERED, MessageState.READ)
LINES = ("event", "stopped", "updates")
"""What is no bubble."""


def phone(messages: Sequence[Message], *, orders: Sequence[Order]) -> list[SimpleNamespace]:
    """What the practice customer sees: their own words, and what has reached them."""
    bubbles: list[SimpleNamespace] = []
    typing = False
    for message in messages:
        if message.direction is Direction.OUT and message.state not in ARRIVED:
            typing = typing or message.pending
            continue
        bubbles.append(bubble_of(message, orders, public=True))
    bubbles = grouped(bubbles)
    if typing:
        bubbles.append(SimpleNamespace(kind="typing", side="bot", id="", at=None))
    return bubbles


def unsent(contents: Sequence[Content], at: datetime) -> list[SimpleNamespace]:
    """What was not said, as the customer would see it."""
    said = [
        Message(
            id=f"unsent-{place}", business_id="", conversation_id="", customer_id="", lane="", seq=place,
            direction=Direction.OUT, author=Author.BOT, kind=kind_of(one), created_at=at, state=MessageState.SENT,
            text=plain(one), content=dump(one),
        )
        for place, one in enumerate(contents)
    ]  # fmt: skip
    return phone(said, orders=())


def bubble_of(message: Message, orders: Sequence[Order], *, public: bool = False) -> SimpleNamespace:
    """One message, without who wrote it. ``public``: as the customer sees it."""
    bubble = SimpleNamespace(
        id=message.id,
        kind="text",
        side=_side(message),
        text=message.text,
        at=message.created_at,
        state=str(message.state),
        why="",
        retry=False,
        decide="",
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
        parts=[],
        quote=None,
        advert=None,
        place="",
        react=[],
        reactions=[one["emoji"] for one in shown_reactions(message)],
        edited=[],
        seq=message.seq,
    )
    if message.reason == "deleted":
        bubble.kind, bubble.text = "deleted", ""
        if message.direction is Direction.OUT:
            bubble.text = _("Taken back in the Instagram app")
    elif message.direction is Direction.IN:
        _incoming(bubble, message)
    elif "type" in message.content:
        _outgoing(bubble, message, orders, public)
    else:
        bubble.parts = attached.parts(message)
    if message.comment_ref and not bubble.place:
        bubble.place = _("In private, about their comment")
    if message.edited_at is not None:
        bubble.edited = [str(one) for one in message.content.get("earlier", ())]
    return bubble


def _side(message: Message) -> str:
    if message.direction is Direction.IN:
        return "in"
    return "human" if message.author is Author.AGENT else "bot"


def _incoming(bubble: SimpleNamespace, message: Message) -> None:
    bubble.parts, bubble.advert = attached.parts(message), attached.shared_subject(message)
    if message.kind == "unsupported" and not bubble.parts:
        bubble.kind = "unsupported"
    elif message.kind in ("story_reply", "story_mention"):
        bubble.kind, bubble.media = "story_reply", attached.story(message)


def _outgoing(bubble: SimpleNamespace, message: Message, orders: Sequence[Order], public: bool) -> None:
    content = load(message.content)
    if isinstance(content, Image):
        bubble.kind, bubble.media = "image", SimpleNamespace(picture_url=_own(content.url), alt="")
    elif isinstance(content, ProductCards):
        bubble.kind = "product" if len(content.cards) == 1 else "products"
        bubble.products = [card_of(one) for one in content.cards]
    elif isinstance(content, Images):
        bubble.parts = [attached.sent_picture(_own(one)) for one in content.urls]
    elif isinstance(content, Buttons):
        bubble.text = content.text
        bubble.buttons = [SimpleNamespace(label=one.title, payload=one.payload, url=one.url) for one in content.buttons]
    elif isinstance(content, PublicReply):
        bubble.text, bubble.place = content.text, _("Below their comment, for everybody")
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
        again_href="",
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


def card_of(card: ProductCard) -> SimpleNamespace:
    """A product as it was sent."""
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


def grouped(bubbles: list[SimpleNamespace]) -> list[SimpleNamespace]:
    """Marks which hang together with the one before or after."""
    for before, after in pairwise(bubbles):
        together = (
            before.kind not in LINES
            and after.kind not in LINES
            and before.side == after.side
            and getattr(before, "author", "") == getattr(after, "author", "")
            and after.at - before.at <= CLOSE
        )
        before.continued_next, after.continued = together, together
    return bubbles
