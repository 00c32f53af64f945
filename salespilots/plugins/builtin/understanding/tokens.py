"""From a message to words in one script and one spelling, ready for rules and for product matching."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from salespilots.plugins.builtin.understanding import chat_words, product_words
from salespilots.plugins.builtin.understanding.script import (
    clean,
    fold,
    is_devanagari,
    join_spelt,
    transliterate,
    word_set,
)

_TOKEN = re.compile(
    r"\d+(?:\.\d+)?|[a-z]+(?:'[a-z]+)?|[\u0900-\u0963\u0970-\u097f]+|[^\W\d_a-z\u0900-\u097f]+|"
    + "|".join(map(re.escape, chat_words.EMOJI))
)
_HELD_TOGETHER = re.compile(r"\b(hi|wi|sci)-(fi)\b|\b(t)-(shirts?)\b|\b(co)-(ords?)\b")
_LONG_RUN = re.compile(r"(.)\1{2,}")
_PHRASES = tuple((f" {phrase} ", f" {word} " if word else " ") for phrase, word in chat_words.PHRASES)
_GIVING = word_set("order paisa payment money karo dena bhejo batao rakho laga liye cancel rok")
_GIVEN = word_set("tha hu gaya")
_GAVE = word_set("diya di diye dia दिया दी दिए")
_CORRECTABLE_LENGTH = 6


def _index(*tables: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Turn spelling tables into two look-ups: exact spelling, and folded spelling as the second chance."""
    exact: dict[str, str] = {}
    folded: dict[str, str] = {}
    for table in tables:
        for canonical, spellings in table.items():
            for spelling in (canonical, *spellings.split()):
                spelling = "".join(clean(spelling).split())
                exact.setdefault(spelling, canonical)
                latin = transliterate(spelling) if is_devanagari(spelling) else spelling
                if len(latin) > 2:
                    folded.setdefault(fold(latin), canonical)
    return exact, folded


_PRODUCT_EXACT, _PRODUCT_FOLDED = _index(
    product_words.COLOURS, product_words.THINGS, product_words.MATERIALS, product_words.SIZES
)
_CHAT_EXACT, _CHAT_FOLDED = _index(chat_words.ENGLISH, chat_words.HINDI)
_NUMBERS = {"".join(clean(word).split()): value for word, value in chat_words.NUMBER_WORDS.items()}
_HINDI_WORDS = frozenset(chat_words.HINDI)
_CHAT_CANONICAL = frozenset(chat_words.HINDI) | frozenset(chat_words.ENGLISH)
_LONG_CHAT_WORDS = {
    word: canonical
    for word, canonical in _CHAT_EXACT.items()
    if len(word) >= _CORRECTABLE_LENGTH and canonical not in ("fraud", "bad", "transaction", "mahina")
}

CARRIERS = _CHAT_CANONICAL | chat_words.FUNCTION_WORDS | {"hifi", "wifi", "freesize", "soldout"}
"""Words that carry a question and never name a product."""
PRODUCT_WORDS = frozenset(product_words.COLOURS) | frozenset(product_words.THINGS) | frozenset(product_words.MATERIALS)
"""Canonical words that are known to name or describe goods."""
MATERIAL_WORDS = frozenset(product_words.MATERIALS)
"""Those that say what goods are made of."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word: as the customer wrote it (cleaned), and in the form everything is compared in."""

    written: str
    word: str

    @property
    def is_number(self) -> bool:
        """Whether the token is a number in digits."""
        return self.word[:1].isdigit()


@dataclass(frozen=True, slots=True)
class Reading:
    """A message after reading: the cleaned text, its words, the words joined by spaces, and its language."""

    text: str
    tokens: tuple[Token, ...]
    line: str
    language: str


def number_of(token: Token) -> int | None:
    """The whole number a token stands for, written in digits or as a word, or None."""
    if token.word.isdecimal():
        return int(token.word[:9])
    return _NUMBERS.get(token.written) or _NUMBERS.get(token.word)


@lru_cache(maxsize=16384)
def canonical(written: str) -> str:
    """Bring one cleaned word to the form it is compared in; a word nobody knows keeps its (Latin) spelling."""
    if written.isdecimal():
        return written
    for spelling in _spellings(written):
        found = _PRODUCT_EXACT.get(spelling) or _CHAT_EXACT.get(spelling)
        if found:
            return found
        if spelling in chat_words.FUNCTION_WORDS or spelling in _NUMBERS:
            return transliterate(spelling) if is_devanagari(spelling) else spelling
    latin = transliterate(written) if is_devanagari(written) else written
    latin = _LONG_RUN.sub(r"\1", latin)
    if len(latin) > 2:
        key = fold(latin)
        found = _PRODUCT_FOLDED.get(key) or _CHAT_FOLDED.get(key)
        if found:
            return found
    if len(latin) >= _CORRECTABLE_LENGTH and latin.isascii():
        found = _corrected(latin)
        if found:
            return found
    return _singular(latin) or written


def _spellings(written: str) -> tuple[str, ...]:
    """The word itself, then with stretched letters ("sareee", "priceee") shortened to two and to one."""
    if not _LONG_RUN.search(written):
        return (written,)
    return written, _LONG_RUN.sub(r"\1\1", written), _LONG_RUN.sub(r"\1", written)


def _corrected(latin: str) -> str | None:
    """Repair one typing slip in a long chat word, so that "avialble" is still "available"."""
    allowed = 1 if len(latin) < 10 else 2
    best, best_distance = None, allowed + 1
    for word, found in _LONG_CHAT_WORDS.items():
        if word[0] == latin[0] and abs(len(word) - len(latin)) <= allowed:
            distance = OSA.distance(latin, word, score_cutoff=allowed)
            if distance < best_distance:
                best, best_distance = found, distance
    return best


def _singular(word: str) -> str:
    """Drop a plain English plural ("boxes" stays readable as "boxe": only comparison matters)."""
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is", "os", "as", "'s")):
        return word[:-1]
    return word


@lru_cache(maxsize=8192)
def product_words_of(text: str) -> tuple[str, ...]:
    """The comparable words of a title, keyword or variant name, in order, carriers included."""
    return tuple(token.word for token in _tokenise(clean(text)))


def read(text: str) -> Reading:
    """Read a customer's message."""
    cleaned = clean(text)
    tokens = _tokenise(cleaned)
    return Reading(cleaned, tokens, " ".join(token.word for token in tokens), _language(cleaned, tokens))


def _tokenise(cleaned: str) -> tuple[Token, ...]:
    cleaned = _HELD_TOGETHER.sub(lambda match: "".join(part for part in match.groups() if part), cleaned)
    cleaned = join_spelt(cleaned.replace("’", "'").replace("`", "'"))
    written = f" {' '.join(_TOKEN.findall(cleaned))} "
    for phrase, word in _PHRASES:
        if phrase in written:
            written = written.replace(phrase, word)
    tokens = [Token(word, chat_words.EMOJI.get(word) or canonical(word)) for word in written.split()]
    return tuple(_settle_giving(tokens))


def _settle_giving(tokens: list[Token]) -> Iterable[Token]:
    """Tell "order diya tha" (gave) from "mitti ka diya" (lamp): beside a verb it is never the lamp.

    What was given is done, so it reads as "kiya": "bhej diya" (sent) is another thing than "bhej dena" (do send).
    """
    for index, token in enumerate(tokens):
        if token.word == "diya" or token.written in _GAVE:
            before = tokens[index - 1].word if index else ""
            after = tokens[index + 1].word if index + 1 < len(tokens) else ""
            lamp = token.word == "diya" and before in PRODUCT_WORDS
            if before in _GIVING or (after in _GIVEN and not lamp):
                yield Token(token.written, "kiya")
                continue
        yield token


def _language(cleaned: str, tokens: tuple[Token, ...]) -> str:
    """ "hi" when mostly Devanagari, "hinglish" when Hindi words are mixed in, otherwise "en"."""
    letters = sum(character.isalpha() for character in cleaned)
    devanagari = sum("ऄ" <= character <= "ह" for character in cleaned)
    if devanagari and devanagari * 5 >= letters * 2:
        return "hi"
    if devanagari or any(_sounds_hindi(token) for token in tokens):
        return "hinglish"
    return "en"


_ALSO_ENGLISH = word_set("he or bad dam par main hum bat ram pr ha mat ap bare k tak me to")


def _sounds_hindi(token: Token) -> bool:
    if token.written in _ALSO_ENGLISH or token.written in chat_words.EMOJI:
        return False
    if token.word in _HINDI_WORDS:
        return True
    return token.written in {
        "ek",
        "teen",
        "chaar",
        "paanch",
        "neela",
        "neeli",
        "lal",
        "laal",
        "hara",
        "kala",
        "kaala",
    }
