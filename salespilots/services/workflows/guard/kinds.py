"""Colours and sizes: in the customer's language, and those that no shown product has."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from salespilots.services.workflows.guard.facts import Facts
from salespilots.services.workflows.guard.numbers import bag
from salespilots.services.workflows.guard.text import Token

_SAME = {
    "blue": "neeli neela nili nila neele नीली नीला नीले",
    "red": "laal lal लाल",
    "maroon": "मरून",
    "green": "hari hara hare हरी हरा हरे",
    "white": "safed सफेद",
    "black": "kaali kaala kali kala काली काला काले",
    "yellow": "peeli peela pili pila पीली पीला पीले",
    "pink": "gulabi गुलाबी",
    "purple": "baingani jamuni बैंगनी जामुनी",
    "orange": "narangi santri नारंगी संतरी",
    "brown": "bhoori bhura भूरी भूरा",
    "gold": "golden sunehri सुनहरी सुनहरा",
    "silver": "chandi चांदी",
    "silk": "reshmi resham सिल्क रेशमी",
    "teal": "टील",
    "pearl": "moti pearls मोती",
    "necklace": "haar नेकलेस",
    "kurta": "kurti कुर्ता कुर्ती कुर्ते",
    "dupatta": "chunni दुपट्टा चुन्नी",
    "saree": "sari sarees साडी साडियां साडियों",
}
"""Words of the shops' wares, and what customers and models call them instead."""
OTHER_NAMES = {other: word for word, others in _SAME.items() for other in others.split()}
_COLOURS = bag(
    "blue red maroon green white black yellow pink purple orange brown gold silver teal violet grey gray beige peach mustard navy "
    "lavender turquoise magenta crimson olive"
)
SIZE_WORDS = bag("size sizes साइज number no")
PIECES = bag(
    "piece pieces pc pcs pic unit units nos item items set sets pair pairs qty quantity saree sarees sari saris kurta kurtas "
    "kurti dupatta dupattas jhumka jhumkas suit suits dress dresses पीस नग अदद सेट जोडी साडी साडियां साडियों कुर्ता कुर्ते दुपट्टा दुपट्टे"
)
"""What pieces are counted in."""
HAVE = bag("have has got having are paas पास stock stocks")
ONLY = bag("only just sirf sirph bas keval kewal केवल सिर्फ बस मात्र mere merely")
KINDS = bag("sizes colour colours color colors option options kind kinds variant variants design designs type types product "
    "products style styles choices रंग विकल्प")  # fmt: skip
COMPARES = bag("than compared unlike instead rather besides apart vs versus against cheaper costlier se")
_LETTERS = bag("XS S M L XL XXL XXXL")


def strange_kind(tokens: Sequence[Token], facts: Facts) -> bool:
    """Whether words name a colour or a size that none of the shown products has."""
    if not facts.items or any(one.text in COMPARES for one in tokens):
        return False
    own = frozenset().union(*(item.words for item in facts.items))
    colours = {OTHER_NAMES.get(one.text, one.text) for one in tokens if one.kind == "word"} & _COLOURS
    labels = {kind.label for kind in facts.variants}
    letters = {one.raw for one in tokens if one.kind == "word"} & _LETTERS if labels & _LETTERS else set()
    sizes = {
        one.value
        for before, one in pairwise(tokens)
        if before.text in SIZE_WORDS and one.kind == "number" and not one.soft and facts.sizes()
    }
    return bool(colours - own or letters - labels or sizes - facts.sizes())
