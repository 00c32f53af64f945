"""A workflow starts with a message: any message, or one that holds some words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from salespilots.plugins.builtin.matching import HOW, PatternRefused, Verdict, read_pattern, rule_of
from salespilots.plugins.builtin.matching.patterns import LONGEST
from salespilots.plugins.builtin.matching.words import read
from salespilots.ports.extensions import TriggerFact, TriggerType
from salespilots.ports.settings import SettingsSchema

LONGEST_WORD = 60
MOST_WORDS = 100
MOST_PATTERNS = 20


def _words(label: str, help: str, *, longest: int = LONGEST, advanced: bool = False) -> fields.List:
    return fields.List(
        fields.Str(validate=validate.Length(1, longest)), load_default=list, validate=validate.Length(max=MOST_WORDS),
        metadata={"label": label, "help": f"{help} One on each line.", "advanced": advanced},
    )  # fmt: skip


class MessageSettings(SettingsSchema):
    """Any message, or one that holds some words. All lists empty: every message."""

    keywords = _words(
        "Words", "One of these. Empty: every message. Whole words, in any spelling.", longest=LONGEST_WORD
    )
    how = fields.Str(
        load_default="word",
        validate=validate.OneOf(HOW),
        metadata={
            "label": "Where",
            "help": "Most shops need “Anywhere in the message”.",
            "choices": {
                "word": "Anywhere in the message",
                "exact": "The whole message",
                "begins": "At its beginning",
                "pattern": "Patterns (regular expressions)",
            },
            "advanced": True,
        },
    )
    any = _words("Any of", "One of these is enough, as with Words.", advanced=True)
    all = _words("All of", "Each of these is in the message.", advanced=True)
    none = _words("None of", "None of these is in the message.", advanced=True)

    @validates_schema
    def _fits(self, data: dict[str, Any], **_: Any) -> None:
        problems: dict[str, dict[int, list[str]] | list[str]] = {}
        how = data.get("how", "word")
        for name in ("keywords", "any", "all", "none"):
            if found := _problems(data.get(name) or [], how):
                problems[name] = found
        if how in ("exact", "begins") and data.get("all"):
            problems["all"] = ["With the whole message or its beginning, write the words into Any of."]
        if problems:
            raise ValidationError(problems)


def _problems(written: list[str], how: str) -> dict[int, list[str]] | list[str]:
    """What is wrong with each of a list, by its place."""
    if how == "pattern" and len(written) > MOST_PATTERNS:
        return [f"At most {MOST_PATTERNS} patterns."]
    told: dict[int, list[str]] = {}
    for place, one in enumerate(written):
        if how == "pattern":
            try:
                read_pattern(one)
            except PatternRefused as refused:
                told[place] = [str(refused)]
        elif len(one) > LONGEST_WORD:
            told[place] = [f"At most {LONGEST_WORD} characters."]
        elif not read(one).words:
            told[place] = ["Write a word, a number or an emoji."]
    return told


def judge(settings: Mapping[str, Any], fact: TriggerFact) -> Verdict:
    """Whether these settings fit a message, with the reason for either answer."""
    return rule_of(settings).judge(fact.text, fact.understanding)


def _matches(settings: Mapping[str, Any], fact: TriggerFact) -> str | None:
    verdict = judge(settings, fact)
    return verdict.reason if verdict.fits else None


def _listed(words: tuple[str, ...], between: str = ", ") -> str:
    return between.join(f"“{one}”" for one in words)


def _sentence(settings: Mapping[str, Any]) -> str:
    rule = rule_of(settings)
    verb = {"exact": "writes exactly", "begins": "begins with", "pattern": "writes what fits"}.get(rule.how, "writes")
    parts = [_listed(rule.any)] if rule.any else []
    parts += [_listed(rule.all, " and ")] if rule.all else []
    wanted = " with ".join(parts) or "anything"
    return f"A customer {verb if parts else 'writes'} {wanted}" + (
        f", but not {_listed(rule.none)}" if rule.none else ""
    )


def _sentence_hi(settings: Mapping[str, Any]) -> str:
    rule = rule_of(settings)
    parts = [_listed(rule.any)] if rule.any else []
    parts += [_listed(rule.all, " और ")] if rule.all else []
    how = {"exact": "ठीक यही", "begins": "शुरू में", "pattern": "इस तरह"}.get(rule.how, "")
    written = f"ग्राहक {how + ' ' if how else ''}लिखता है {' के साथ '.join(parts)}" if parts else "ग्राहक कुछ भी लिखता है"
    return written + (f", पर {_listed(rule.none)} नहीं" if rule.none else "")


TRIGGERS = (
    TriggerType(
        key="message.received", label="A message", settings=MessageSettings, event_types=("message.received",),
        matches=_matches, sentence=_sentence, misses=lambda settings, fact: judge(settings, fact).reason,
        label_hi="संदेश", sentence_hi=_sentence_hi,
        general=lambda settings: not any(settings.get(name) for name in ("keywords", "any", "all", "none")),
    ),
)  # fmt: skip
