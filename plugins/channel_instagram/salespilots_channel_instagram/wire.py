"""Our content as the JSON of Meta's Send API.

Source of a protocol fact: Meta, "Send Messages with Instagram Login", "Quick Replies" and "Generic Template".
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from salespilots.ports.channel import (
    Button,
    ChannelCapabilities,
    Content,
    Image,
    Outbound,
    ProductCard,
    QuickReply,
    Text,
)
from salespilots.ports.errors import Rejected

PROVIDER = "instagram"
MAX_TEXT_BYTES = 1000
MAX_QUICK_REPLIES = 13
MAX_CARDS = 10
MAX_BUTTONS = 3
TITLE = 20
"""Characters on a button or quick reply; Instagram cuts longer ones."""
CARD_TEXT = 80
CAPABILITIES = ChannelCapabilities(
    reply_window=timedelta(hours=24),
    max_text_bytes=MAX_TEXT_BYTES,
    content=frozenset({"text", "image", "quick_replies", "product_cards"}),
    echoes_own_messages=True,
    reads_history=True,
    reads_recent=True,
    sends_per_second=100.0,
    looks_per_second=0.3,  # a look at four messages is six calls, and Meta allows two a second
)


def send_body(message: Outbound) -> dict[str, Any]:
    """The whole request. Raises `Rejected` for what Instagram would refuse."""
    body: dict[str, Any] = {"recipient": {"id": message.recipient_ref}, "message": content_json(message.content)}
    if message.tag:
        if not message.human:
            raise Rejected(provider=PROVIDER, reason="tag_needs_a_person")
        body |= {"messaging_type": "MESSAGE_TAG", "tag": message.tag}
    return body


def content_json(content: Content) -> dict[str, Any]:
    """The ``message`` object."""
    if isinstance(content, Text):
        if not content.text.strip():
            raise Rejected(provider=PROVIDER, reason="empty_message")
        if len(content.text.encode()) > MAX_TEXT_BYTES:
            raise Rejected(provider=PROVIDER, reason="message_too_long")
        message: dict[str, Any] = {"text": content.text}
        if content.quick_replies:
            message["quick_replies"] = [_quick_reply(one) for one in content.quick_replies[:MAX_QUICK_REPLIES]]
        return message
    if isinstance(content, Image):
        return {"attachments": [{"type": "image", "payload": {"url": content.url}}]}
    elements = [_element(card) for card in content.cards[:MAX_CARDS]]
    if not elements:
        raise Rejected(provider=PROVIDER, reason="empty_message")
    return {"attachment": {"type": "template", "payload": {"template_type": "generic", "elements": elements}}}


def shorten(text: str, limit: int) -> str:
    """At most ``limit`` characters, with an ellipsis where something was cut."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _quick_reply(reply: QuickReply) -> dict[str, Any]:
    return {"content_type": "text", "title": shorten(reply.title, TITLE), "payload": reply.payload[:1000]}


def _element(card: ProductCard) -> dict[str, Any]:
    element: dict[str, Any] = {"title": shorten(card.title, CARD_TEXT)}
    if card.subtitle:
        element["subtitle"] = shorten(card.subtitle, CARD_TEXT)
    if card.image_url.startswith(("http://", "https://")):
        element["image_url"] = card.image_url
    buttons = [_button(one) for one in card.buttons[:MAX_BUTTONS] if one.url or one.payload]
    if buttons:
        element["buttons"] = buttons
    if len(element) == 1:  # a title alone is refused
        element["subtitle"] = element["title"]
    return element


def _button(button: Button) -> dict[str, Any]:
    title = shorten(button.title, TITLE)
    if button.url:
        return {"type": "web_url", "title": title, "url": button.url}
    return {"type": "postback", "title": title, "payload": button.payload[:1000]}
