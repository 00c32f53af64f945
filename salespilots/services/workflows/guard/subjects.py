"""What each part of a reply is about: which of the shown products and kinds, so that no figure changes its owner."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from salespilots.services.workflows.guard.facts import Facts, Item, Variant
from salespilots.services.workflows.guard.kinds import OTHER_NAMES, SIZE_WORDS
from salespilots.services.workflows.guard.numbers import bag
from salespilots.services.workflows.guard.stock import about_stock
from salespilots.services.workflows.guard.text import WORD, Token, fold

Named = list[frozenset[Variant]]
"""What a part names, one set for each name; a kind that is named too takes the place of its product."""

_APART = bag(", ; | • · - / & and or but while whereas though however aur ya lekin magar jabki और या लेकिन मगर जबकि व")  # fmt: skip
_IF = bag("if agar अगर यदि")
_CONTRAST = bag("other others another else rest doosra dusra doosri dusri doosre dusre अन्य दूसरी दूसरा दूसरे")  # fmt: skip
_WITHIN = bag("mein me में size wala wali वाला वाली साइज")


@dataclass(slots=True)
class Part:
    """A clause: its tokens, where they begin in the sentence, and what it is about (None: nothing that it says)."""

    start: int
    tokens: list[Token]
    named: Named = field(default_factory=list)
    about: Named | None = None
    contrast: bool = False

    @property
    def variants(self) -> frozenset[Variant] | None:
        """All it is about."""
        return None if self.about is None else frozenset().union(*self.about)


class Names:
    """The words by which the shown products can be told apart."""

    def __init__(self, facts: Facts) -> None:
        self._whole = [frozenset(one.variants.values()) for one in facts.items]
        self._item_of = {variant: item for item in facts.items for variant in item.variants.values()}
        self._labels = [(fold(one.label), one) for one in facts.variants if one.label]
        self._sizes = facts.sizes()
        self._items: dict[str, Item] = {}
        for item in facts.items:
            others = frozenset().union(*(one.words for one in facts.items if one is not item))
            for word in re.findall(rf"{WORD}{{3,}}", fold(item.title)):
                if word not in others:
                    self._items[word] = item

    def named(self, tokens: Sequence[Token]) -> Named:
        """What a run of tokens names."""
        words = {OTHER_NAMES.get(one.text, one.text) for one in tokens if one.kind == "word"}
        raws = {one.raw for one in tokens if one.kind == "word"}
        items = [item for word, item in self._items.items() if word in words]
        items += [one.known for one in tokens if isinstance(one.known, Item)]
        labels: dict[str, set[Variant]] = {}
        for label, variant in self._labels:
            short = len(label) <= 4 and variant.label.isupper()
            if (variant.label in raws) if short else self._says(label, words, tokens):
                labels.setdefault(label, set()).add(variant)
        found = [frozenset(one.variants.values()) for one in items]
        return self.joined(found, [frozenset(one) for one in labels.values()])

    def _says(self, label: str, words: set[str], tokens: Sequence[Token]) -> bool:
        if re.fullmatch(r"\d+(?:\.\d+)?", label):
            beside = zip([None, *tokens], tokens, [*tokens[1:], None], strict=False)
            return any(
                one.kind == "number"
                and one.value == Decimal(label)
                and (
                    one.value % 1 != 0 or (before and before.text in SIZE_WORDS) or (behind and behind.text in _WITHIN)
                )
                for before, one, behind in beside
            )
        return bool(label.strip()) and set(re.findall(rf"{WORD}+|\d+", label)) <= words | {one.text for one in tokens}

    def figures(self, tokens: Sequence[Token]) -> bool:
        """Whether there is a figure that is no kind's name."""
        return any(
            one.kind == "currency" or (one.kind == "number" and not one.soft and one.value not in self._sizes)
            for one in tokens
        )

    def joined(self, before: Named, more: Named) -> Named:
        """Both together, each once; a product gives way to those of its kinds that are named."""
        named = [one for one in dict.fromkeys([*before, *more]) if one]
        products = [one for one in named if one in self._whole]
        kinds = [one for one in named if one not in self._whole]
        scope = frozenset().union(*products)
        kinds = [(one & scope) or one for one in kinds]
        return [one for one in products if not any(one & kind for kind in kinds)] + list(dict.fromkeys(kinds))

    def within(self, named: Named, before: Named | None) -> Named:
        """Kinds named alone belong to the products talked of, where those have such kinds."""
        items = {self._item_of[variant] for one in before or [] for variant in one}
        return [frozenset(one for one in names if self._item_of[one] in items) or names for names in named]


def parts(sentences: Sequence[Sequence[Token]], names: Names) -> list[list[Part]]:
    """The parts of every sentence. A name holds until the next; what stands before the first one shares it."""
    found: list[list[Part]] = []
    last: Named | None = None
    for sentence in sentences:
        cut = _cut(sentence)
        contrast = False
        about: Named | None = None
        closed = False
        for part in cut:
            part.named = names.named(part.tokens)
            contrast = not part.named and (contrast or any(one.text in _CONTRAST for one in part.tokens))
            part.contrast = contrast
            says = names.figures(part.tokens) or about_stock(part.tokens)
            if part.named:
                own = names.within(part.named, last if about is None else about)
                about = own if about is None or closed else names.joined(about, own)
                closed = says
            closed = closed or says
            part.about = None if contrast else about
        first = next((one.about for one in cut if one.about is not None), None)
        for part in cut:
            conditional = any(one.text in _IF for one in part.tokens)
            if part.about is None and not part.contrast and not conditional:
                part.about = first if first is not None else last
        last = about if about is not None else last
        found.append(cut)
    return found


def _cut(sentence: Sequence[Token]) -> list[Part]:
    cut = [Part(0, [])]
    for position, one in enumerate(sentence):
        if one.kind in ("sign", "word") and one.text in _APART:
            cut.append(Part(position + 1, []))
        else:
            cut[-1].tokens.append(one)
    return [one for one in cut if one.tokens]
