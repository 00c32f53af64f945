"""What an amount is said to be for: one piece or several, with or without delivery, this thing or all of them."""

from __future__ import annotations

import re
from decimal import Decimal

from salespilots.services.workflows.guard.facts import Item, Variant
from salespilots.services.workflows.guard.kinds import COMPARES, PIECES
from salespilots.services.workflows.guard.numbers import bag
from salespilots.services.workflows.guard.reply import Reply
from salespilots.services.workflows.guard.stock import THERE
from salespilots.services.workflows.guard.subjects import Named, Part

DELIVERY = bag("delivery shipping courier postage freight डिलीवरी डिलिवरी शिपिंग कूरियर delivary delivry")
_INCLUDED = bag("including includes included incl inclusive samet sahit milakar सहित समेत मिलाकर")
WITH = _INCLUDED | bag("with saath plus + साथ")
SUM = _INCLUDED | bag(
    "total subtotal making makes adds all altogether together kul sum amount bill come comes came payable grand both dono pay goods कुल दोनों टोटल"
)
_SEVERAL = bag("both dono all pair three दोनों तीनों teeno")
_FOR = bag("for come comes cost costs total together mein me milakar liye में लिए मिलाकर कुल at")
_IN_ALL = bag("total altogether together all kul कुल टोटल")
_EACH = bag("each per apiece at ek एक प्रति starting from")
_EVERY = bag("all every each any sab sabhi saare saari har sare सभी हर सब")
BOTH = bag("both dono dono दोनों")
_KINDS = bag("size sizes colour colours color colors variant variants option options kind kinds साइज रंग")
_WITH_DELIVERY = re.compile(
    r"\b(?:with|including|includes|included|inclusive of|incl) (?:the |home )?(?:delivery|shipping)\b|\bdelivered (?:for|at)\b|\ball[ -]in\w*|\binclusive\b"
    r"|\b(?:delivery|shipping) (?:is |charges? |also )*(?:included|inclusive)\b"
    r"|\b(?:delivery|shipping) (?:charges? )?(?:ke )?(?:saath|sath|samet|sahit|milakar|mila kar)\b|डिलीवरी (?:के )?(?:सहित|समेत|मिलाकर|साथ)"
)


def added_up(reply: Reply) -> bool:
    """Whether the sentence is the whole sum of a quote: goods + delivery = total."""
    figures = {word.value for word in reply.sentence if word.kind == "number"}
    signs = any(word.text in ("+", "plus", "=") for word in reply.sentence)
    return signs and any(
        quote.goods in figures and quote.total in figures for kind in reply.facts.variants for quote in kind.quotes
    )


def delivery_included(reply: Reply) -> bool:
    """Whether the sentence says that its amount holds the delivery, and none of its amounts is one that does."""
    if reply.facts.free_delivery or not _WITH_DELIVERY.search(" ".join(word.text for word in reply.sentence)):
        return False
    figures = {word.value for word in reply.sentence if word.kind == "number"}
    totals = {quote.total for kind in reply.facts.variants for quote in kind.quotes}
    return not figures & (totals | reply.facts.deliveries)


def times(reply: Reply, position: int) -> bool:
    """Whether an amount is what one piece costs: ``2 x ₹1,499``."""
    before = [word for word in reply.sentence[max(position - 2, 0) : position] if word.kind != "currency"]
    return bool(before) and before[-1].text in ("x", "×")


def for_several(part: Part) -> bool:
    """Whether a clause gives a sum for several things: "both come to …"."""
    words = [word.text for word in part.tokens if word.kind in ("word", "number")]
    if any(word in _EACH for word in words):
        return False
    return any(word in _SEVERAL and any(one in _FOR for one in words[at + 1 : at + 4]) for at, word in enumerate(words))


def pieces_of_sum(reply: Reply, part: Part) -> Decimal | None:
    """The number of pieces, two or more, that the clause gives a sum for; None when it speaks of one piece."""
    words = {word.text for word in part.tokens}
    if words & _EACH and not words & _IN_ALL:
        return None
    quoted = {Decimal(quote.quantity) for kind in reply.facts.variants for quote in kind.quotes}
    told = {value for value, _, _ in reply.facts.described()}
    prices = {one.price for one in reply.facts.variants} & {one.value for one in reply.sentence if one.kind == "number"}
    for at, word in enumerate(part.tokens):
        if word.value == len(prices) == len(reply.facts.items):
            continue  # "the two sarees are ₹… and ₹…": one price for each
        if word.kind != "number" or word.value <= 1 or word.value % 1 or word.value in told:
            continue
        beside = [*part.tokens[max(at - 1, 0) : at], *part.tokens[at + 1 : at + 2]]
        if any(one.kind == "currency" for one in beside) or any(
            one.text in THERE for one in part.tokens[at + 1 : at + 3]
        ):
            continue
        if at and part.tokens[at - 1].text in ("have", "has", "only"):
            continue
        behind = [one for one in part.tokens[at + 1 : at + 3] if one.kind in ("word", "known")]
        counted = any(one.text in PIECES or isinstance(one.known, Item) for one in behind)
        if word.value in quoted or counted or (behind and behind[0].text == "for"):
            return word.value
    return None


def all_meant(reply: Reply, part: Part) -> Named:
    """What an amount must fit all of, where it is said of several at once: "M and XL are …", "both are …"."""
    named = part.about or []
    words = [word.text for word in part.tokens if word.kind == "word"]
    if any(word.text in COMPARES for word in reply.sentence):
        return []
    if any(word in _EVERY and set(words[at + 1 : at + 3]) & _KINDS for at, word in enumerate(words)):
        return _singly([item for item in reply.facts.items if part.variants is None or part.variants & _kinds(item)])
    if len(named) < 2 and not part.named and set(words) & BOTH:
        items = [item for item in reply.facts.items if part.variants is None or part.variants & _kinds(item)]
        if len(items) == 1 and len(items[0].variants) == 2:
            return _singly(items)
        return [_kinds(item) for item in reply.facts.items] if len(reply.facts.items) > 1 else []
    if len(named) < 2 or any(reply.figures(one) for one in reply.parts if one.start < part.start):
        return []
    return named if sum(reply.figures(one) for one in reply.parts if one.about == part.about) == 1 else []


def _kinds(item: Item) -> frozenset[Variant]:
    return frozenset(item.variants.values())


def _singly(items: list[Item]) -> Named:
    return [frozenset([kind]) for item in items for kind in item.variants.values()]
