"""Reading a reply as a customer's eye reads it: one form for each character, then tokens with the numbers in them.

Whatever cannot be read for sure makes a reply unreadable, and an unreadable reply does not go out: characters that are
not seen or turn the order of others, fractions, letters that are neither plain Latin nor Devanagari (they look like
others, or belong to a language whose number words are not known here).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from salespilots.services.workflows.guard.numbers import LARGEST, UNKNOWN, bag, combine, multiplier, value_of


class Unreadable(Exception):
    """The text holds something that the guard cannot read. Its one argument says what, without the text."""


_INVISIBLE_BUT_NEEDED = frozenset("\u200c\u200d\ufe0e\ufe0f\u20e3")
"""Joiners of Indic scripts and emoji, variation selectors, the frame of a keycap."""
_SAME = str.maketrans(
    {
        "’": "'", "‘": "'", "ʼ": "'", "′": "'", "“": '"', "”": '"', "‚": ",", "、": ",", "，": ",", "。": ".", "।": "\n",
        "॥": "\n", "−": "-", "\u093c": None, "\u0901": "\u0902", "ऩ": "न", "ऱ": "र", "ऴ": "ळ",
        "*": " ", "`": " ", "~": " ", "\r": " ",
    }
)  # fmt: skip
_REFUSED_SYMBOLS = frozenset("⁄∕÷٫٬\u2028\u2029")
MARK = "\ue000"
"""Stands in the text for what a tool gave word for word; `Token.known` says what it was."""


def plain(text: str) -> str:
    """The text in one form: compatibility forms resolved, digits ASCII, accents and markdown gone. Case stays.

    Raises `Unreadable`.
    """
    out = []
    for one in unicodedata.normalize("NFKC", text):
        kind = unicodedata.category(one)
        if one in _INVISIBLE_BUT_NEEDED:
            continue
        if one in "\n\t" or kind == "Zs":
            out.append("\n" if one == "\n" else " ")
        elif kind == "Nd":
            out.append(str(unicodedata.digit(one)))
        elif kind[0] == "C" or one in _REFUSED_SYMBOLS or kind in ("No", "Nl"):
            raise Unreadable("characters that cannot be read")
        elif kind == "Sc" and one != "₹":
            raise Unreadable("another currency")
        elif kind == "Pd":
            out.append("-")
        elif kind[0] == "L" and not one.isascii():
            out.append(_letter(one))
        else:
            out.append(one)
    text = "".join(out).translate(_SAME)
    if re.search(r"₹\s*-\s*\d", text):
        raise Unreadable("a figure in no known form")
    return text


def _letter(one: str) -> str:
    """A letter of Devanagari as it is, one of Latin without its accent; others may only stand in known words."""
    if "\u0900" <= one <= "\u097f":
        return one
    base = unicodedata.normalize("NFD", one)
    return base[0] if base[0].isascii() else one


def fold(text: str) -> str:
    """`plain` in lower case, for texts of the shop; unreadable characters become spaces."""
    out = []
    for one in text:
        try:
            out.append(plain(one))
        except Unreadable:
            out.append(" ")
    return "".join(out).lower()


_WORD = "a-zA-Z\u0900-\u0963\u0971-\u097f"
WORD = f"[{_WORD}]"
"""A character of a word, for patterns; ``\\b`` does not know vowel signs."""
_TOKEN = re.compile(rf"\d(?:[\d.,'_]*\d)?|[{_WORD}]+(?:'[a-zA-Z]+)?|₹|{MARK}|\n|\S")
_PLAIN_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_GROUPED = re.compile(r"(?:\d{1,2}(?:,\d{2})*|\d{1,3}(?:,\d{3})*),\d{3}(?:\.\d+)?")
_LIST = re.compile(r"\d{1,2}(?:\.\d)?(?:,\d{1,2}(?:\.\d)?)+")
CURRENCY = bag("₹ rs re inr rupee rupees rupaye rupay rupaya rupya rupye rupiya rupiye rupe rupaiya rupia ru rupay rupayon "
    "रुपये रुपए रुपया रूपये रूपए रूपया रुपयों रुपयो रुपै रुपैया रु रू आरएस")  # fmt: skip
HUNDREDTHS = bag("paise paisa paisay पैसे पैसा")
FOREIGN = bag("usd eur gbp aed dollar dollars euro euros pound pounds dirham buck bucks cents paisa")
UNITS = bag("m mt mtr mtrs metre metres meter meters cm cms mm ml ltr litre litres l g gm gms gram grams kg kgs inch inches "
    "ft feet foot yard yards gsm ply x by मीटर सेमी मिमी ग्राम किलो इंच मिली लीटर फुट गज")  # fmt: skip
_UNIT = {
    other: unit
    for unit, others in {
        "m": "mt mtr mtrs metre metres meter meters मीटर",
        "cm": "cms सेमी",
        "mm": "मिमी",
        "ml": "मिली",
        "l": "ltr litre litres लीटर",
        "g": "gm gms gram grams ग्राम",
        "kg": "kgs किलो",
        "inch": "inches इंच",
        "ft": "feet foot फुट",
    }.items()
    for other in others.split()
}
_GLUED = CURRENCY | UNITS | bag("pcs pc piece pieces ka ki ke mein me hai only wala wali")


@dataclass(slots=True)
class Token:
    """One piece of a reply.

    ``kind``: word | number | currency | known | break (a sentence ends) | sign. ``value`` of a number; ``spelled`` when
    it was words, ``soft`` when those are everyday words too. ``known`` of a known one: what it stands for.
    """

    kind: str
    text: str
    raw: str = ""
    value: Decimal = UNKNOWN
    spelled: bool = False
    soft: bool = False
    known: object = None


def tokens(text: str, known: Sequence[object] = ()) -> list[Token]:
    """The tokens of a plain text, its `MARK` signs standing for ``known`` in turn. Raises `Unreadable`."""
    found: list[Token] = []
    marks = iter(known)
    end, before = -1, ""
    for match in _TOKEN.finditer(text):
        raw = match.group()
        glued = match.start() == end
        end = match.end()
        word = raw.lower()
        if raw[0].isdigit():
            if glued and before not in _GLUED and before not in ("x", "no") and _is_word(before):
                raise Unreadable("a figure mixed with letters")
            if found and found[-1].kind == "number" and not found[-1].spelled:
                raise Unreadable("figures set apart")
            found += _figures(raw)
        elif raw == MARK:
            found.append(Token("known", "", known=next(marks)))
        elif word in CURRENCY:
            found.append(Token("currency", word))
        elif _is_word(raw):
            if glued and before[:1].isdigit() and word not in _GLUED:
                raise Unreadable("a figure mixed with letters")
            found.append(Token("word", word, raw))
        elif unicodedata.category(raw)[0] in "LM":
            raise Unreadable("a script that cannot be read")
        elif raw in ".!?\n" and not (raw == "." and glued and found and found[-1].kind == "currency"):
            found.append(Token("break", raw))
        elif raw != ".":
            found.append(Token("sign", raw))
        before = word
    return _spelled(found)


def unit_of(word: str) -> str:
    """One name for a unit."""
    return _UNIT.get(word, word)


def _is_word(text: str) -> bool:
    return bool(re.match(WORD, text))


def _figures(raw: str) -> list[Token]:
    if _PLAIN_FIGURE.fullmatch(raw) or _GROUPED.fullmatch(raw):
        value = Decimal(raw.replace(",", ""))
        if value >= LARGEST:
            raise Unreadable("a figure in no known form")
        return [Token("number", raw, raw, value)]
    if _LIST.fullmatch(raw):
        listed: list[Token] = []
        for one in raw.split(","):
            listed += [Token("sign", ",", ","), Token("number", one, one, Decimal(one))]
        return listed[1:]
    raise Unreadable("a figure in no known form")


def _spelled(given: list[Token]) -> list[Token]:
    """The same with runs of number words as one number each; a multiplier behind a figure multiplies it."""
    out: list[Token] = []
    run: list[Decimal | str] = []
    words: list[str] = []
    hard = False

    def close() -> None:
        nonlocal hard
        if run:
            said = [one.soft for one in out[-2:] if one.spelled]
            if out and out[-1].spelled and (hard or len(said) == 2 or not said[-1]):
                raise Unreadable("figures set apart")
            out.append(
                Token("number", " ".join(words), "", combine(run), spelled=True, soft=not hard and len(run) == 1)
            )
            run.clear()
            words.clear()
        hard = False

    for position, one in enumerate(given):
        following = given[position + 1] if position + 1 < len(given) else None
        many = multiplier(one.text) if one.kind == "word" else None
        value = value_of(one.text) if one.kind == "word" else None
        if one.kind == "word" and one.text == "k" and out and out[-1].kind == "number":
            raise Unreadable("a rounded figure")
        if many is not None:
            if not run and out and out[-1].kind == "number" and not out[-1].spelled:
                run.append(out.pop().value)
            run.append(one.text)
            words.append(one.text)
            hard = True
        elif value is not None:
            if run and isinstance(run[-1], Decimal) and not _joins(run[-1], value[0]):
                close()
            run.append(value[0])
            words.append(one.text)
            hard = hard or not value[1]
        elif run and one.text in ("and", "-", "aur") and following is not None and hard and _number_word(following):
            continue
        else:
            close()
            out.append(one)
    close()
    return out


def _number_word(one: Token) -> bool:
    return one.kind == "word" and (value_of(one.text) is not None or multiplier(one.text) is not None)


def _joins(before: Decimal, after: Decimal) -> bool:
    return before >= 20 and before % 10 == 0 and 0 < after < 10


def sentences(given: Sequence[Token]) -> list[list[Token]]:
    """The tokens between breaks; the break stays at the end of its sentence."""
    found: list[list[Token]] = [[]]
    for one in given:
        found[-1].append(one)
        if one.kind == "break":
            found.append([])
    return [one for one in found if any(token.kind != "break" for token in one)]
