"""Steps that say something: text, a picture, and a reply the shop's model may write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from salespilots.plugins.builtin.steps.wording import fill
from salespilots.ports.channel import Image, QuickReply, Text
from salespilots.ports.extensions import ActionContext, ActionType, Advance, SendMessage
from salespilots.ports.settings import SettingsSchema, Words

MAX_TEXT = 2000


class QuickReplyField(SettingsSchema):
    """One tappable answer."""

    title = fields.Str(required=True, validate=validate.Length(1, 20), metadata={"label": "Title"})
    payload = fields.Str(required=True, validate=validate.Length(1, 200), metadata={"label": "What it means"})


class TextSettings(SettingsSchema):
    """What to say."""

    text = Words(
        required=True, validate=validate.Length(1, MAX_TEXT), metadata={"label": "Message", "widget": "message"}
    )  # fmt: skip
    quick_replies = fields.List(
        fields.Nested(QuickReplyField), load_default=list, validate=validate.Length(max=13),
        metadata={"label": "Quick replies"},
    )  # fmt: skip


class TemplateSettings(SettingsSchema):
    """Which template; it is said in the customer's language where it has that."""

    name = fields.Str(
        required=True, validate=validate.Length(1, 40), metadata={"label": "Template", "widget": "template"}
    )


class ImageSettings(SettingsSchema):
    """A picture by public address."""

    url = fields.Url(
        required=True, schemes={"https", "http"}, validate=validate.Length(max=2000),
        metadata={"label": "Picture address", "help": "A public address that begins with https."},
    )  # fmt: skip


class AiSettings(SettingsSchema):
    """What the reply is for, and what is said when there is no model or it cannot be trusted."""

    goal = fields.Str(
        load_default="Answer the customer's question.", validate=validate.Length(1, 500), metadata={"label": "Goal"}
    )
    fallback = Words(
        load_default="One moment, let me check.", validate=validate.Length(1, MAX_TEXT),
        metadata={"label": "Without a model, say", "widget": "message"},
    )  # fmt: skip


def _text(context: ActionContext) -> Advance:
    replies = tuple(QuickReply(**one) for one in context.settings["quick_replies"])
    content = Text(text=fill(context.settings["text"], context), quick_replies=replies)
    return Advance(effects=(SendMessage(content=content),), reason="Sent a message")


def _template(context: ActionContext) -> Advance:
    found = context.reader.template(context.settings["name"], context.language)
    if found is None or not found.text:
        return Advance(branch="on_error", reason="There is no such template any more")
    replies = tuple(QuickReply(title=title[:20], payload=payload) for title, payload in found.quick_replies)
    content = Text(text=fill(found.text, context), quick_replies=replies)
    return Advance(effects=(SendMessage(content=content),), reason=f"Sent the template {found.name} ({found.language})")


def _image(context: ActionContext) -> Advance:
    return Advance(effects=(SendMessage(content=Image(url=context.settings["url"])),), reason="Sent a picture")


def _ai(context: ActionContext) -> Advance:
    fallback = fill(context.settings["fallback"], context)
    text, tokens, note = context.ports.ai_reply(goal=context.settings["goal"], fallback=fallback)
    return Advance(effects=(SendMessage(content=Text(text=text)),), reason=note, cost_tokens=tokens)


def _say_text(settings: Mapping[str, Any]) -> str:
    return f"Say “{settings.get('text', '')}”"


ACTIONS = (
    ActionType(
        key="message.text", label="Send a message", settings=TextSettings, run=_text, sentence=_say_text, sends=True,
        label_hi="संदेश भेजना", sentence_hi=lambda settings: f"लिखें “{settings.get('text', '')}”",
    ),
    ActionType(
        key="message.template", label="Send a template", settings=TemplateSettings, run=_template, sends=True,
        sentence=lambda settings: f"Send the template “{settings.get('name', '')}”", exits=("on_error",),
        label_hi="टेम्पलेट भेजना", sentence_hi=lambda settings: f"टेम्पलेट “{settings.get('name', '')}” भेजें",
    ),
    ActionType(
        key="message.image", label="Send a picture", settings=ImageSettings, run=_image, sends=True,
        sentence=lambda settings: "Send a picture", label_hi="तस्वीर भेजना",
        sentence_hi=lambda settings: "तस्वीर भेजें",
    ),
    ActionType(
        key="message.ai", label="Reply by AI", settings=AiSettings, run=_ai, calls_ports=True, only_ai=True, sends=True,
        sentence=lambda settings: f"Let the AI reply: {settings.get('goal', '')}", label_hi="AI का जवाब",
        sentence_hi=lambda settings: f"AI से जवाब दिलवाएँ: {settings.get('goal', '')}",
        failing="The workflow's own words are sent where the model gives none that can be trusted.",
    ),
)  # fmt: skip
