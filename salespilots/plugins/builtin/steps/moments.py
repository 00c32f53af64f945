"""When a workflow starts at a special message: an answer to a story, a mention, a tapped button, a link that led here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from salespilots.plugins.builtin.matching import found_keyword
from salespilots.ports.settings import SettingsSchema
from salespilots.ports.triggers import TriggerFact, TriggerType

TAPPED = frozenset({"quick_reply", "postback"})


def _words() -> fields.List:
    return fields.List(
        fields.Str(validate=validate.Length(1, 60)), load_default=list, validate=validate.Length(max=100),
        metadata={"label": "Words", "help": "Empty: any. One on each line."},
    )  # fmt: skip


class StorySettings(SettingsSchema):
    """Any answer to a story, or one that holds a word."""

    keywords = _words()


class TapSettings(SettingsSchema):
    """Which button."""

    payloads = fields.List(
        fields.Str(validate=validate.Length(1, 200)), required=True, validate=validate.Length(1, 50),
        metadata={"label": "What the button means", "help": "As written at the button. One on each line."},
    )  # fmt: skip


class ReferralSettings(SettingsSchema):
    """Any link, or links with this mark."""

    refs = fields.List(
        fields.Str(validate=validate.Length(1, 200)), load_default=list, validate=validate.Length(max=50),
        metadata={"label": "Marks of links", "help": "The part after ref= in the link. Empty: every link and advertisement."},
    )  # fmt: skip


def _came_as(kind: str, what: str) -> Any:
    def matches(settings: Mapping[str, Any], fact: TriggerFact) -> str | None:
        if fact.kind != kind:
            return None
        keywords = settings.get("keywords") or []
        if not keywords:
            return what
        found = found_keyword(keywords, fact.text, fact.understanding)
        return f"{what}, with “{found}”" if found else None

    return matches


def _misses_story(settings: Mapping[str, Any], fact: TriggerFact) -> str:
    return (
        "None of its words is in the message." if fact.kind.startswith("story_") else "The message is about no story."
    )


def _tapped(settings: Mapping[str, Any], fact: TriggerFact) -> str | None:
    if not fact.payload:
        return None
    return "the button was tapped" if fact.payload in settings.get("payloads", ()) else None


def _referred(settings: Mapping[str, Any], fact: TriggerFact) -> str | None:
    refs, ref = settings.get("refs") or [], str(fact.data.get("ref") or "")
    if refs and ref not in refs:
        return None
    return f"came by the link “{ref}”" if ref else "came by a link or an advertisement"


def _say_words(what: str, settings: Mapping[str, Any], words: str) -> str:
    found = ", ".join(f"“{one}”" for one in settings.get("keywords") or [])
    return words.replace("{words}", found) if found else what


TRIGGERS = (
    TriggerType(
        key="message.story_reply", label="An answer to a story", settings=StorySettings,
        event_types=("message.received",), matches=_came_as("story_reply", "answered a story"), misses=_misses_story,
        sentence=lambda settings: _say_words(
            "A customer answers a story", settings, "A customer answers a story with {words}"
        ),
        label_hi="स्टोरी का जवाब",
        sentence_hi=lambda settings: _say_words(
            "ग्राहक स्टोरी का जवाब देता है", settings, "ग्राहक स्टोरी के जवाब में {words} लिखता है"
        ),
    ),
    TriggerType(
        key="message.story_mention", label="A mention in a story", settings=StorySettings,
        event_types=("message.received",), matches=_came_as("story_mention", "mentioned the shop in a story"),
        misses=_misses_story, sentence=lambda settings: "A customer mentions the shop in a story",
        label_hi="स्टोरी में ज़िक्र", sentence_hi=lambda settings: "ग्राहक अपनी स्टोरी में दुकान का ज़िक्र करता है",
    ),
    TriggerType(
        key="message.tapped", label="A tapped button", settings=TapSettings, event_types=("message.received",),
        matches=_tapped, misses=lambda settings, fact: "Its button was not tapped.",
        sentence=lambda settings: "A customer taps " + ", ".join(f"“{one}”" for one in settings.get("payloads") or []),
        label_hi="बटन दबाया",
        sentence_hi=lambda settings: "ग्राहक बटन दबाता है: " + ", ".join(settings.get("payloads") or []),
    ),
    TriggerType(
        key="conversation.referred", label="A link or advertisement", settings=ReferralSettings,
        event_types=("conversation.referred",), matches=_referred,
        misses=lambda settings, fact: "They came by another link.", group="customer",
        sentence=lambda settings: "Somebody comes by "
        + (", ".join(f"“{one}”" for one in settings.get("refs") or []) or "any link or advertisement"),
        label_hi="लिंक या विज्ञापन", sentence_hi=lambda settings: "कोई लिंक या विज्ञापन से आता है",
    ),
)  # fmt: skip
