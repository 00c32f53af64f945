"""Which product is meant: fuzzy comparison on words brought to one spelling.

Carrier words ("price of", "hai kya") are taken away first; what is left is compared with title, keywords,
category and variants by rapidfuzz. Three things are never fuzzy: sizes, digits and product codes.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process

from salespilots.plugins.builtin.understanding.product_words import ATTRIBUTES, IMPLIES, SIZES, THINGS
from salespilots.plugins.builtin.understanding.tokens import (
    CARRIERS,
    PRODUCT_WORDS,
    Reading,
    product_words_of,
)
from salespilots.ports.understanding import CatalogueEntry, ProductMatch

ACCEPTED = 80.0
LEAD = 8.0
SHOWN = 60.0
MOST_CANDIDATES = 5
_SPELLING = 82.0
_SET_SHARE = 0.85


@dataclass(frozen=True, slots=True)
class Prepared:
    """The words of one product, ready to compare."""

    title: str
    names: tuple[str, ...]
    words: frozenset[str]
    numbers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Found:
    """The result of a search: candidates best first, and whether the first may be taken without asking."""

    matches: tuple[ProductMatch, ...] = ()
    sure: bool = False


class ProductFinder:
    """A catalogue opened for one message."""

    def __init__(self, catalogue: Sequence[CatalogueEntry]) -> None:
        self._catalogue = catalogue
        self._prepared = [_prepare(entry.title, entry.category, entry.keywords) for entry in catalogue]
        self.words = frozenset[str]().union(*(prepared.words for prepared in self._prepared))
        self._numbers = frozenset[str]().union(*(prepared.numbers for prepared in self._prepared))
        self._codes: dict[str, tuple[int, str]] = {}
        for index, entry in enumerate(catalogue):
            for code in _spellings(entry.code):
                self._codes.setdefault(code, (index, ""))
            for variant in entry.variants:
                if variant.sku:
                    self._codes.setdefault(variant.sku.lower(), (index, variant.variant_id))

    @property
    def codes(self) -> dict[str, tuple[int, str]]:
        """Lower-cased product codes and SKUs, with the product's place and the variant they name."""
        return self._codes

    def model_numbers(self, reading: Reading) -> frozenset[int]:
        """Positions of numbers that belong to a product name or name a size, so they are never a count."""
        found: set[int] = set()
        for index, token in enumerate(reading.tokens):
            if not token.is_number or not index:
                continue
            before = reading.tokens[index - 1].word
            if f"{before} {token.word}" in self._title_pairs() or (
                before in self.words and before not in CARRIERS and token.word in self._variant_words()
            ):
                found.add(index)
        return frozenset(found)

    def _title_pairs(self) -> set[str]:
        pairs: set[str] = set()
        for prepared in self._prepared:
            if prepared.numbers:
                words = prepared.title.split()
                pairs.update(f"{first} {second}" for first, second in itertools.pairwise(words))
        return pairs

    def _variant_words(self) -> set[str]:
        return {
            word for entry in self._catalogue for variant in entry.variants for word in product_words_of(variant.title)
        }

    def find(self, reading: Reading, *, skip: frozenset[int] = frozenset()) -> Found:
        """Find the products ``reading`` may mean. ``skip`` are positions already read as something else."""
        asked, unknown = self._asked(reading, skip)
        if not asked:
            return Found()
        sizes = _sizes(reading, skip)
        query = " ".join(asked)
        wanted = frozenset(asked)
        numbers = frozenset(word for word in asked if word[0].isdigit())
        scored: list[tuple[float, int]] = []
        for index, prepared in enumerate(self._prepared):
            variants = self._variant_tokens(index)
            everything = prepared.words | variants
            if not wanted & everything:
                continue
            score = _score(query, prepared, everything)
            if numbers and not numbers <= prepared.numbers | variants:
                score = min(score, SHOWN - 1 if prepared.numbers else ACCEPTED - 1)
            elif wanted & everything & THINGS.keys():
                score = max(score, SHOWN + 1)
            if score > SHOWN:
                scored.append((score, index))
        scored.sort(key=lambda pair: (-pair[0], pair[1]))
        matches = tuple(
            ProductMatch(
                self._catalogue[index].product_id,
                round(score, 1),
                self._named_variants(index, wanted, sizes),
            )
            for score, index in scored[:MOST_CANDIDATES]
        )
        return Found(matches, self._sure(scored, wanted, unknown))

    def find_code(self, cleaned: str) -> tuple[str, Found] | None:
        """Find a product code or SKU written in cleaned text; it settles which product is meant. Gives what was
        written, too. A code of several words may stand with or without its spaces."""
        parts = [part.strip("?.!:;#()\"'") for part in cleaned.replace(",", " ").split()]
        for length in (3, 2, 1):
            for start in range(len(parts) - length + 1):
                words = parts[start : start + length]
                plain = "".join(filter(str.isalnum, "".join(words)))
                named = self._codes.get(" ".join(words)) or self._codes.get(plain)
                if named and any(one.isdigit() or one == "-" for word in words for one in word):
                    index, variant_id = named
                    ids = (variant_id,) if variant_id else ()
                    match = ProductMatch(self._catalogue[index].product_id, 100.0, ids)
                    return " ".join(words), Found((match,), True)
        return None

    def _asked(self, reading: Reading, skip: frozenset[int]) -> tuple[list[str], int]:
        """The words that may name a product, repaired against the catalogue, and how many stayed unknown."""
        asked: list[str] = []
        unknown = 0
        variant_words: set[str] | None = None
        for index, token in enumerate(reading.tokens):
            word = token.word
            if index in skip or word in CARRIERS or word in SIZES or (len(word) < 2 and not word.isdigit()):
                continue
            if word in self.words:
                asked.append(word)
                continue
            if variant_words is None:
                variant_words = self._variant_words()
            if word in variant_words:
                asked.append(word)
            elif token.is_number:
                if self._numbers and len(word) <= 3:
                    asked.append(word)
            elif word not in ATTRIBUTES and IMPLIES.get(word) in self.words:
                asked.append(IMPLIES[word])
            elif word in PRODUCT_WORDS:
                near = self._near_spelling(word) if word not in ATTRIBUTES else None
                asked.append(near or word)
            else:
                near = self._near_spelling(word)
                if near:
                    asked.append(near)
                elif len(word) > 3:
                    unknown += 1
        return list(dict.fromkeys(asked)), unknown

    def _near_spelling(self, word: str) -> str | None:
        """The catalogue's word for a misspelt one; short words are too easily something else."""
        if len(word) < 4:
            return None
        near = process.extractOne(word, self._plain_words(), scorer=fuzz.ratio, score_cutoff=_SPELLING)
        return near[0] if near else None

    def _plain_words(self) -> list[str]:
        return [word for word in self.words if len(word) > 3 and word not in CARRIERS and not word[0].isdigit()]

    def _variant_tokens(self, index: int) -> frozenset[str]:
        return _words_of(tuple(variant.title for variant in self._catalogue[index].variants))

    def _named_variants(self, index: int, wanted: frozenset[str], sizes: frozenset[str]) -> tuple[str, ...]:
        """Variants that carry every variant word the customer used; none when no such word was used."""
        all_words = self._variant_tokens(index)
        named = (wanted | sizes) & all_words
        if not named or sizes - all_words - {"s", "m", "l"}:
            return ()
        return tuple(
            variant.variant_id
            for variant in self._catalogue[index].variants
            if named <= frozenset(product_words_of(variant.title))
        )

    def _sure(self, scored: list[tuple[float, int]], wanted: frozenset[str], unknown: int) -> bool:
        """The first may be taken: good, clearly ahead, and named by more than a colour or a stray word."""
        if not scored or scored[0][0] < ACCEPTED:
            return False
        if len(scored) > 1 and scored[0][0] - scored[1][0] < LEAD:
            return False
        prepared = self._prepared[scored[0][1]]
        shared = wanted & prepared.words
        naming = shared - ATTRIBUTES
        if not naming and len(wanted & (prepared.words | self._variant_tokens(scored[0][1]))) < 2:
            return False
        return not unknown or len(shared) > 1


def _spellings(code: str) -> list[str]:
    """How a code may be written: as it is, without its spaces and dashes, and both without the "DM" that shops put
    before the code of a post."""
    whole = " ".join(code.lower().split())
    bare = whole.removeprefix("dm").lstrip(" -:")
    kept = [one for one in (whole, bare) if one]
    plain = ("".join(filter(str.isalnum, one)) for one in kept)
    return list(dict.fromkeys([*kept, *(one for one in plain if not one.isdigit())]))


@lru_cache(maxsize=8192)
def _prepare(title: str, category: str, keywords: tuple[str, ...]) -> Prepared:
    title_words = product_words_of(title)
    keyword_names = [" ".join(product_words_of(keyword)) for keyword in keywords]
    words = set(title_words) | set(product_words_of(category))
    for name in keyword_names:
        words.update(name.split())
    words.update(IMPLIES[word] for word in tuple(words) if word in IMPLIES)
    words.difference_update(SIZES)
    title_line = " ".join(title_words)
    numbers = frozenset(word for word in words if word[0].isdigit())
    return Prepared(title_line, (title_line, *filter(None, keyword_names)), frozenset(words), numbers)


@lru_cache(maxsize=8192)
def _words_of(titles: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word for title in titles for word in product_words_of(title))


def _score(query: str, prepared: Prepared, everything: frozenset[str]) -> float:
    """Mostly "are all asked words there", a little "is it the same name"."""
    together = fuzz.token_set_ratio(query, " ".join(sorted(everything)))
    alike = max(fuzz.token_sort_ratio(query, name) for name in prepared.names)
    return _SET_SHARE * together + (1 - _SET_SHARE) * alike


def _sizes(reading: Reading, skip: frozenset[int]) -> frozenset[str]:
    return frozenset(
        token.word for index, token in enumerate(reading.tokens) if index not in skip and token.word in SIZES
    )
