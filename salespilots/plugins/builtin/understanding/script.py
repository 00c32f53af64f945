"""Letters: cleaning what a phone sends, and bringing Devanagari and Latin spellings to one form.

Customers write the same word as "नीली", "neeli" or "nili". Two steps make these comparable: `transliterate`
turns Devanagari into plain Latin letters by rule, and `fold` drops the differences in spelling that carry no
meaning in Hinglish (long vowels, doubled consonants, ``w`` and ``v``).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

READ_LIMIT = 1000
"""How many characters of a message are read. A question stands at the start; pasted pages are not questions."""

_DROPPED = {"Cf", "Cs", "Co", "Cn", "Mn", "Me"}
"""Unicode categories that never help: zero-width and direction marks, surrogates, private use, accents."""

_DEVANAGARI_MARKS = frozenset("ऀँंःऺऻािीुूृॄॅॆेैॉॊोौ्ॎॏॕॖॗॢॣ")
_NUKTA = "़"

_CONSONANTS = {
    "क": "k", "ख": "kh", "ग": "g", "घ": "gh", "ङ": "n", "च": "ch", "छ": "chh", "ज": "j", "झ": "jh", "ञ": "n",
    "ट": "t", "ठ": "th", "ड": "d", "ढ": "dh", "ण": "n", "त": "t", "थ": "th", "द": "d", "ध": "dh", "न": "n",
    "प": "p", "फ": "f", "ब": "b", "भ": "bh", "म": "m", "य": "y", "र": "r", "ल": "l", "ळ": "l", "व": "v",
    "श": "sh", "ष": "sh", "स": "s", "ह": "h",
}  # fmt: skip
_VOWELS = {
    "अ": "a", "आ": "a", "इ": "i", "ई": "i", "उ": "u", "ऊ": "u", "ऋ": "ri", "ए": "e", "ऐ": "ai", "ओ": "o",
    "औ": "au", "ऑ": "o", "ऍ": "e",
}  # fmt: skip
_SIGNS = {
    "ा": "a", "ि": "i", "ी": "i", "ु": "u", "ू": "u", "ृ": "ri", "े": "e", "ै": "ai", "ो": "o", "ौ": "au",
    "ॉ": "o", "ॅ": "e", "ॆ": "e", "ॊ": "o",
}  # fmt: skip
_VIRAMA = "्"
_NASALS = "ंँ"

_VOWEL_RUNS = ((re.compile("aa+"), "a"), (re.compile("ee+|ii+"), "i"), (re.compile("oo+|uu+"), "u"))
_DOUBLED = re.compile(r"([b-df-hj-np-tv-z])\1+")
_FINAL_H = re.compile(r"(?<=[aeiou])h$")


def word_set(text: str) -> frozenset[str]:
    """The words of ``text`` as a set: how the word lists of this package are written down."""
    return frozenset(text.split())


def clean(text: str) -> str:
    """Return ``text`` cut to `READ_LIMIT`, compatibility-composed, lower-cased and free of invisible marks.

    Devanagari vowel signs stay; the nukta goes, because phones write "साड़ी" with and without it.
    """
    composed = unicodedata.normalize("NFKC", text[:READ_LIMIT])[: 2 * READ_LIMIT]
    kept: list[str] = []
    for character in unicodedata.normalize("NFD", composed.lower()):
        if character == _NUKTA:
            continue
        if character in _DEVANAGARI_MARKS:
            kept.append(character)
            continue
        category = unicodedata.category(character)
        if category == "Cc":
            kept.append(" ")
        elif category == "Nd":
            kept.append(str(unicodedata.digit(character)))
        elif category not in _DROPPED:
            kept.append(character)
    return "".join(kept)


_DOTTED = re.compile(r"[a-z](?:[.\-_*][a-z]){2,}[?!.,]*")
_SIZE_LETTERS = frozenset("smlx")
_FEWEST_SPELT = 4


def join_spelt(cleaned: str) -> str:
    """Join a word whose letters stand apart ("p r i c e", "c.o.d"); sizes in a row ("s m l xl") stay apart."""
    told: list[str] = []
    spelt: list[str] = []
    for piece in (*cleaned.split(), ""):
        letter = piece.rstrip("?!.,")
        if len(letter) == 1 and "a" <= letter <= "z":
            spelt.append(piece)
            if letter == piece:
                continue
            piece = ""
        joins = len(spelt) >= _FEWEST_SPELT and not _SIZE_LETTERS.issuperset("".join(spelt).rstrip("?!.,"))
        told += ["".join(spelt)] if joins else spelt
        spelt = []
        if piece:
            told.append("".join(filter(str.isalpha, piece)) if _DOTTED.fullmatch(piece) else piece)
    return " ".join(told)


def is_devanagari(word: str) -> bool:
    """Say whether ``word`` holds a Devanagari letter."""
    return any("ऀ" <= character <= "ॿ" for character in word)


@lru_cache(maxsize=4096)
def transliterate(word: str) -> str:
    """Write a Devanagari word in Latin letters the way it is said, so "कितने" becomes "kitne".

    The unwritten "a" is left out at the end of a word and between two syllables that carry their own vowel,
    which is how Hindi is spoken and how people spell it on a phone.
    """
    sounds: list[tuple[str, str]] = []  # (consonant or "", vowel or "" or "*" for the unwritten a)
    for character in word:
        if character in _CONSONANTS:
            sounds.append((_CONSONANTS[character], "*"))
        elif character in _SIGNS and sounds:
            sounds[-1] = (sounds[-1][0], _SIGNS[character])
        elif character == _VIRAMA and sounds:
            sounds[-1] = (sounds[-1][0], "")
        elif character in _VOWELS:
            sounds.append(("", _VOWELS[character]))
        elif character in _NASALS:
            sounds.append(("n", ""))
        elif character.isascii() and character.isalnum():
            sounds.append((character, ""))
    written: list[str] = []
    for index, (consonant, vowel) in enumerate(sounds):
        if vowel == "*":
            vowel = "" if _unspoken(sounds, index) else "a"
            sounds[index] = (consonant, vowel)
        written.append(consonant + vowel)
    return "".join(written)


def _unspoken(sounds: list[tuple[str, str]], index: int) -> bool:
    """Tell whether the unwritten "a" after ``index`` is silent."""
    if index == len(sounds) - 1:
        return index > 0
    before = sounds[index - 1][1] if index else ""
    following = sounds[index + 1]
    return bool(before) and bool(following[0]) and following[1] not in ("", "*")


@lru_cache(maxsize=8192)
def fold(word: str) -> str:
    """Reduce a Latin spelling to the sounds that matter: "kitnaa", "kitna" and "kittna" fold alike."""
    if len(word) < 3:
        return word
    for pattern, plain in _VOWEL_RUNS:
        word = pattern.sub(plain, word)
    word = word.replace("ph", "f").replace("w", "v").replace("ck", "k").replace("q", "k")
    word = word.replace("chh", "ch").replace("z", "j")
    word = _DOUBLED.sub(r"\1", word)
    word = _FINAL_H.sub("", word)
    if len(word) > 2 and word.endswith("y"):
        word = word[:-1] + "i"
    return word
