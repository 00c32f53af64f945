"""A message, or an owner's keyword, as words that can be compared.

Two words are the same when they share a spelling. A word has several: as it stands, with stretched letters shortened, in
the singular, written in Latin letters, and as the word list of `understanding` spells it, when that is the same word and
not only one of the same meaning. Goods are compared by spelling alone: "golden" and "haldi" may be names of products, so
neither is "gold" or "yellow". Only the few words of `WIDENED` are also compared by what they mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from salespilots.plugins.builtin.understanding.chat_words import EMOJI
from salespilots.plugins.builtin.understanding.script import (
    clean,
    fold,
    is_devanagari,
    join_spelt,
    transliterate,
)
from salespilots.plugins.builtin.understanding.tokens import canonical

WIDENED = {
    "price": "price", "daam": "price", "howmuch": "price", "available": "available", "uplabdh": "available",
    "discount": "discount", "cod": "cod",
}  # fmt: skip
"""Words of the list, and what they are also compared by: an owner who writes "rate" means whoever asks for the price."""

_WORD = re.compile(r"\d+(?:\.\d+)?|[a-z]+(?:'[a-z]+)?|[\u0900-\u0963\u0970-\u097f]+|[^\W\d_a-z\u0900-\u097f]+|[^\w\s]")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d)")
_HELD_TOGETHER = re.compile(r"\b(hi|wi|sci)-(fi)\b|\b(t)-(shirts?)\b|\b(co)-(ords?)\b")
_SET_ASIDE = re.compile(r"\bin order to\b")
_ONE_WORD = re.compile(r"\bcash on deliver[ya]y?\b|\bc o d\b|कैश [ऑआ]न डिलीवरी")
_STRETCHED = re.compile(r"(.)\1{2,}")
_ENDING = re.compile(r"(?:ations?|ing|ed)$")
_VOWEL = re.compile(r"[aeiou]")
_SIBILANT_PLURAL = re.compile(r"(?:s|x|z|ch|sh)es$")
_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_PUNCTUATION = frozenset("!\"#%&'()*+,-./:;<=>?@[\\]^_`{|}~।॥…“”‘’«»¿¡•·–—")


@dataclass(frozen=True, slots=True)
class Word:
    """One word: its spellings, and for a word of `WIDENED` its meaning."""

    spellings: frozenset[str]
    meaning: str = ""

    def starts(self, *, by_meaning: bool = True) -> Iterator[str]:
        """What it is looked up by: its spellings, and its meaning behind a sign no word has."""
        yield from self.spellings
        if by_meaning and self.meaning:
            yield f"={self.meaning}"

    def is_like(self, other: Word) -> bool:
        """Whether it is the same word, however it is written."""
        return not self.spellings.isdisjoint(other.spellings)


@dataclass(frozen=True, slots=True)
class Said:
    """A message read for matching: ``line`` is the cleaned text on one line, which patterns look at.

    ``starts``: what a keyword that stands in it can begin with.
    """

    line: str
    words: tuple[Word, ...]
    starts: frozenset[str]


@lru_cache(maxsize=256)
def read(text: str) -> Said:
    """Read a message or a keyword; what stands behind the first thousand characters is not looked at."""
    cleaned = clean(text)
    line = " ".join(cleaned.split())
    words = join_spelt(_HELD_TOGETHER.sub(_together, _ONE_WORD.sub("cod", _THOUSANDS.sub("", cleaned))))
    words = _SET_ASIDE.sub(" ", words.replace("’", "'").replace("`", "'"))
    found = tuple(word for word in map(_word, _WORD.findall(words)) if word is not None)
    return Said(line, found, frozenset(start for word in found for start in word.starts()))


def _together(match: re.Match[str]) -> str:
    return "".join(part for part in match.groups() if part)


@lru_cache(maxsize=16384)
def _word(written: str) -> Word | None:
    """A word of a cleaned text; None for marks that say nothing."""
    if written in _PUNCTUATION or written in _SKIN_TONES:
        return None
    listed = EMOJI.get(written) or canonical(written)
    spellings = set(_spellings(written))
    if _same_word(written, listed):
        spellings |= _spellings(listed)
    return Word(frozenset(spellings), WIDENED.get(listed, ""))


def _spellings(written: str) -> frozenset[str]:
    """Every spelling a word is compared by."""
    latin = transliterate(written) if is_devanagari(written) else written
    shorter = (
        {latin} if not _STRETCHED.search(latin) else {_STRETCHED.sub(r"\1\1", latin), _STRETCHED.sub(r"\1", latin)}
    )
    told: set[str] = set()
    for one in shorter:
        told.add(fold(one))
        if len(one) > 3 and one.endswith("s") and not one.endswith(("ss", "us", "is", "'s")):
            told.add(fold(one[:-1]))
        if len(one) > 4 and _SIBILANT_PLURAL.search(one):
            told.add(fold(one[:-2]))
    return frozenset(told)


def _same_word(written: str, listed: str) -> bool:
    """Whether the list's word is this one in another spelling, script or form, and not another word for the same thing."""
    if written == listed or is_devanagari(written):
        return written != listed
    short, whole = _STRETCHED.sub(r"\1", written), listed
    if not (short.isascii() and short.isalpha() and len(short) > 2):
        return False
    if short[0] != whole[0]:
        return False
    if not _VOWEL.search(short):
        return _is_shortened(short, whole)
    short, whole = fold(_ENDING.sub("", short)), fold(_ENDING.sub("", whole))
    if short.rstrip("aeiouy") == whole.rstrip("aeiouy"):  # "kitna", "kitney": number and gender stand at the end
        return True
    allowed = 1 if max(len(short), len(whole)) < 7 else 2
    return bool(OSA.distance(short, whole, score_cutoff=allowed) <= allowed)


def _is_shortened(short: str, whole: str) -> bool:
    """Whether the letters of ``short`` stand in ``whole`` in this order, as those of "avl", "prc" and "qty" do."""
    letters = iter(whole)
    return all(letter in letters for letter in short)
