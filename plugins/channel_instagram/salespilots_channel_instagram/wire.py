"""Our content as the JSON of Meta's Send API.

Source of a protocol fact: Meta, "Send Messages with Instagram Login", "Quick Replies", "Generic Template", "Button
Template", "Send a Private Reply to a Commenter" and "Sender Actions".
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from salespilots.ports.channel import (
    Button,
    Buttons,
    ChannelCapabilities,
    Content,
    Image,
    Images,
    Outbound,
    ProductCard,
    ProductCards,
    PublicReply,
    QuickReply,
    Text,
)
from salespilots.ports.errors import Rejected

PROVIDER = "instagram"
MAX_TEXT_BYTES = 1000
MAX_QUICK_REPLIES = 13
MAX_CARDS = 10
MAX_BUTTONS = 3
MAX_IMAGES = 10
BUTTON_TEXT = 640
"""Characters above the buttons of a button template."""
HUMAN_AGENT = "HUMAN_AGENT"
PRIVATE_REPLIES_AN_HOUR, PRIVATE_REPLIES_AT_ONCE = 690, 25
"""Together below the 750 that Meta allows in any hour, also when a worker that starts anew begins with the second again."""
TITLE = 20
"""Characters on a button or quick reply; Instagram cuts longer ones."""
CARD_TEXT = 80
CAPABILITIES = ChannelCapabilities(
    reply_window=timedelta(hours=24),
    max_text_bytes=MAX_TEXT_BYTES,
    content=frozenset({"text", "image", "quick_replies", "product_cards", "images", "buttons", "public_reply"}),
    echoes_own_messages=True,
    reads_history=True,
    reads_recent=True,
    sends_per_second=100.0,
    looks_per_second=0.3,  # a look at four messages is six calls, and Meta allows two a second
    late_reply=timedelta(days=7),
    late_tag=HUMAN_AGENT,
    comment_window=timedelta(days=7),
    private_replies_per_second=PRIVATE_REPLIES_AN_HOUR / 3600,
    private_replies_at_once=PRIVATE_REPLIES_AT_ONCE,
    acts=frozenset({"typing", "seen", "react"}),
    lists_posts=True,
)


def send_body(message: Outbound) -> dict[str, Any]:
    """The whole request. Raises `Rejected` for what Instagram would refuse."""
    to = {"comment_id": message.comment_ref} if message.comment_ref else {"id": message.recipient_ref}
    body: dict[str, Any] = {"recipient": to, "message": content_json(message.content)}
    if message.tag:
        if not message.human:
            raise Rejected(provider=PROVIDER, reason="tag_needs_a_person")
        if not isinstance(message.content, Text):
            raise Rejected(provider=PROVIDER, reason="text_only")
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
    if isinstance(content, (Image, Images)):
        urls = content.urls[:MAX_IMAGES] if isinstance(content, Images) else (content.url,)
        if not urls:
            raise Rejected(provider=PROVIDER, reason="empty_message")
        return {"attachments": [{"type": "image", "payload": {"url": url}} for url in urls]}
    if isinstance(content, Buttons):
        return _button_template(content)
    if not isinstance(content, ProductCards):
        raise Rejected(provider=PROVIDER, reason="unsupported")
    elements = [_element(card) for card in content.cards[:MAX_CARDS]]
    if not elements:
        raise Rejected(provider=PROVIDER, reason="empty_message")
    return {"attachment": {"type": "template", "payload": {"template_type": "generic", "elements": elements}}}


def public_reply(content: PublicReply) -> dict[str, Any]:
    """The body of an answer below a comment. Raises `Rejected` for an empty one."""
    if not content.text.strip():
        raise Rejected(provider=PROVIDER, reason="empty_message")
    return {"message": content.text}


def act_body(customer_ref: str, act: str, message_ref: str, emoji: str) -> dict[str, Any]:
    """The body of a sender action. Raises `Rejected` for one Instagram does not have."""
    body: dict[str, Any] = {"recipient": {"id": customer_ref}}
    if act == "react":
        payload = {"message_id": message_ref, **({"reaction": reaction_word(emoji)} if emoji else {})}
        return body | {"sender_action": "react" if emoji else "unreact", "payload": payload}
    words = {"typing": "typing_on", "seen": "mark_seen"}
    if act not in words:
        raise Rejected(provider=PROVIDER, reason="unsupported")
    return body | {"sender_action": words[act]}


def reaction_word(emoji: str) -> str:
    """The heart has a name of its own, the only one that is documented; others go as they are."""
    return "love" if emoji.strip("\ufe0f") in ("\u2764", "\u2665") else emoji


def shorten(text: str, limit: int) -> str:
    """At most ``limit`` characters, with an ellipsis where something was cut."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _button_template(content: Buttons) -> dict[str, Any]:
    buttons = [_button(one) for one in content.buttons[:MAX_BUTTONS] if one.url or one.payload]
    if not content.text.strip() or not buttons:
        raise Rejected(provider=PROVIDER, reason="empty_message")
    payload = {"template_type": "button", "text": shorten(content.text, BUTTON_TEXT), "buttons": buttons}
    return {"attachment": {"type": "template", "payload": payload}}


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
