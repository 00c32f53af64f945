"""What a trigger asks of a message: any, all and none of some words, and why it was answered so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from salespilots.plugins.builtin.matching.keywords import Keywords, ready
from salespilots.plugins.builtin.matching.patterns import read_pattern
from salespilots.plugins.builtin.matching.words import Said, read
from salespilots.ports.understanding import SURE, Understanding

HOW = ("word", "exact", "begins", "pattern")
"""``word``: whole words anywhere; ``exact``: the whole message; ``begins``: its beginning; ``pattern``: regular expressions."""

_ASKS_HOW_MUCH = frozenset({"kitna", "much", "howmuch"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a message fits, and why or why not, in the owner's words."""

    fits: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Words to find. An empty rule fits every message."""

    how: str = "word"
    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()

    def judge(self, text: str, understanding: Understanding | None = None) -> Verdict:
        """Read ``text`` against the rule. Never raises on a message; takes a time in proportion to its words.

        ``understanding``: what the message means, by which "kitne ka?" is known to ask the price.
        """
        if not (self.any or self.all or self.none):
            return Verdict(True, "any message")
        said = read(text)
        unwanted = next(iter(_found(self.none, said, self.how if self.how == "pattern" else "word")), None)
        if unwanted is not None:
            return Verdict(False, f"“{self.none[unwanted]}” is in the message")
        hits = set(_found(self.all, said, self.how))
        missing = [one for place, one in enumerate(self.all) if place not in hits]
        if missing and not (self.how == "word" and _asked_for(missing, understanding) == missing):
            return Verdict(False, f"{_quoted(missing[:3])} is not in the message")
        named = list(self.all)
        if self.any:
            hit = next(iter(_found(self.any, said, self.how)), None)
            asked = _asked_for(self.any, understanding) if hit is None and self.how == "word" else []
            if hit is None and not asked:
                return Verdict(
                    False, f"none of {_quoted(self.any[:3])}{' …' if len(self.any) > 3 else ''} is in the message"
                )
            named.append(asked[0] if hit is None else self.any[hit])
        return Verdict(True, f"{_quoted(named, ' and ')} matched" if named else "no unwanted word")


def _quoted(words: Sequence[str], between: str = ", ") -> str:
    return between.join(f"“{one}”" for one in words)


def _found(wanted: tuple[str, ...], said: Said, how: str) -> Iterator[int]:
    """The places of those that are there."""
    if not wanted:
        return iter(())
    if how == "pattern":
        line = said.line.encode("utf-8", "replace").decode()
        return (place for place, one in enumerate(wanted) if read_pattern(one).search(line) is not None)
    keywords = _ready(wanted, how != "exact")
    if how == "exact":
        return keywords.whole(said)
    return keywords.at_the_start(said) if how == "begins" else keywords.found(said)


@lru_cache(maxsize=4096)
def _ready(wanted: tuple[str, ...], by_meaning: bool) -> Keywords:
    return ready(wanted, by_meaning=by_meaning)


def _asked_for(wanted: Sequence[str], understanding: Understanding | None) -> list[str]:
    """Those that mean the price, when the message asks how much without naming it."""
    if understanding is None or understanding.intent != "price_inquiry" or understanding.confidence < SURE:
        return []
    if _ASKS_HOW_MUCH.isdisjoint(understanding.matched_words):
        return []
    return [one for one in wanted if _means_price(one)]


@lru_cache(maxsize=4096)
def _means_price(keyword: str) -> bool:
    words = read(keyword).words
    return len(words) == 1 and words[0].meaning == "price"


def rule_of(settings: Mapping[str, Any]) -> Rule:
    """The rule a trigger's settings describe; ``keywords`` is another name of ``any``."""
    return Rule(
        how=settings.get("how") or "word",
        any=(*(settings.get("keywords") or ()), *(settings.get("any") or ())),
        all=tuple(settings.get("all") or ()),
        none=tuple(settings.get("none") or ()),
    )


def found_keyword(keywords: Sequence[str], text: str, understanding: Understanding | None = None) -> str | None:
    """The keyword that stands in a text by itself, the earliest in the text, in any spelling; None when none does."""
    said, wanted = read(text), tuple(keywords)
    place = next(iter(_found(wanted, said, "word")), None)
    if place is not None:
        return wanted[place]
    asked = _asked_for(wanted, understanding)
    return asked[0] if asked else None
