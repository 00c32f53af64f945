"""Steps that say something: text, a picture, and a reply the shop's model may write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from salespilots.plugins.builtin.steps.wording import fill
from salespilots.ports.channel import Image, QuickReply, Text
from salespilots.ports.extensions import ActionContext, ActionType, Advance, SendMessage
from salespilots.ports.settings import SettingsSchema

MAX_TEXT = 2000


class QuickReplyField(SettingsSchema):
    """One tappable answer."""

    title = fields.Str(required=True, validate=validate.Length(1, 20), metadata={"label": "Title"})
    payload = fields.Str(required=True, validate=validate.Length(1, 200), metadata={"label": "What it means"})


class TextSettings(SettingsSchema):
    """What to say."""

    text = fields.Str(required=True, validate=validate.Length(1, MAX_TEXT), metadata={"label": "Message"})
    quick_replies = fields.List(
        fields.Nested(QuickReplyField), load_default=list, validate=validate.Length(max=13),
        metadata={"label": "Quick replies"},
    )  # fmt: skip


class ImageSettings(SettingsSchema):
    """A picture by public address."""

    url = fields.Url(required=True, schemes={"https", "http"}, metadata={"label": "Picture address"})


class AiSettings(SettingsSchema):
    """What the reply is for, and what is said when there is no model or it cannot be trusted."""

    goal = fields.Str(
        load_default="Answer the customer's question.", validate=validate.Length(1, 500), metadata={"label": "Goal"}
    )
    fallback = fields.Str(
        load_default="One moment, let me check.", validate=validate.Length(1, MAX_TEXT),
        metadata={"label": "Without a model, say"},
    )  # fmt: skip


def _text(context: ActionContext) -> Advance:
    replies = tuple(QuickReply(**one) for one in context.settings["quick_replies"])
    content = Text(text=fill(context.settings["text"], context), quick_replies=replies)
    return Advance(effects=(SendMessage(content=content),), reason="Sent a message")


def _image(context: ActionContext) -> Advance:
    return Advance(effects=(SendMessage(content=Image(url=context.settings["url"])),), reason="Sent a picture")


def _ai(context: ActionContext) -> Advance:
    fallback = fill(context.settings["fallback"], context)
    text, tokens, note = context.ports.ai_reply(goal=context.settings["goal"], fallback=fallback)
    return Advance(effects=(SendMessage(content=Text(text=text)),), reason=note, cost_tokens=tokens)


def _say_text(settings: Mapping[str, Any]) -> str:
    return f"Say “{settings.get('text', '')}”"


ACTIONS = (
    ActionType(key="message.text", label="Send a message", settings=TextSettings, run=_text, sentence=_say_text),
    ActionType(
        key="message.image", label="Send a picture", settings=ImageSettings, run=_image,
        sentence=lambda settings: "Send a picture",
    ),
    ActionType(
        key="message.ai", label="Reply by AI", settings=AiSettings, run=_ai, calls_ports=True, only_ai=True,
        sentence=lambda settings: f"Let the AI reply: {settings.get('goal', '')}",
    ),
)  # fmt: skip
