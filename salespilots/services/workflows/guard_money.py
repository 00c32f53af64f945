"""Amounts: a figure is true only of the thing it was told of: a price, a sum for so many pieces, delivery, an order."""

from __future__ import annotations

import re
from decimal import Decimal

from salespilots.services.workflows.guard_facts import Facts, Variant
from salespilots.services.workflows.guard_numbers import bag
from salespilots.services.workflows.guard_reply import Reply
from salespilots.services.workflows.guard_stock import THERE
from salespilots.services.workflows.guard_subjects import Part

WRONG = "an amount that no tool gave"
MISPLACED = "an amount of something else"

DELIVERY = bag("delivery shipping courier postage freight डिलीवरी डिलिवरी शिपिंग कूरियर delivary delivry")  # fmt: skip
_WITH = bag(
    "with including includes included incl inclusive incl. samet sahit milakar saath plus + सहित समेत मिलाकर साथ"
)
_INCLUDED = bag("including includes included incl inclusive samet sahit milakar सहित समेत मिलाकर")
_SUM = bag("total all altogether kul sum amount bill come comes came payable grand milakar both dono pay कुल दोनों मिलाकर टोटल") | _INCLUDED  # fmt: skip
_ORDER = _SUM | bag("order orders paid due refund ऑर्डर आर्डर")
_ALL = bag("both dono all pair three दोनों तीनों teeno")
_SUM_OF = bag("for come comes cost costs total together mein me milakar liye में लिए मिलाकर कुल at")
_IN_ALL = bag("total altogether together all kul कुल टोटल")
_EVERY = bag("all every each any sab sabhi saare saari har sare सभी हर सब")
_KINDS = bag("size sizes colour colours color colors variant variants option options kind kinds साइज रंग")
_COMPARES = bag("than compared unlike instead rather besides apart vs versus against cheaper costlier se also")
_WITH_DELIVERY = re.compile(
    r"\b(?:with|including|includes|included|inclusive of|incl) (?:the |home )?(?:delivery|shipping)\b|\bdelivered (?:for|at)\b"
    r"|\b(?:delivery|shipping) (?:is |charges? |also )*(?:included|inclusive)\b|\b(?:delivery|shipping) (?:charges? )?(?:ke )?(?:saath|sath|samet|sahit|milakar|mila kar)\b"
    r"|डिलीवरी (?:के )?(?:सहित|समेत|मिलाकर|साथ)"
)
_EACH = bag("each per apiece at ek एक प्रति piece-wise starting from")
_FILL = bag("charge charges fee fees is are cost costs of ke ka ki hai for extra : = ( - है का के चार्ज शुल्क additional")


def money_problem(reply: Reply, position: int, part: Part) -> str | None:
    """Why the amount at ``position`` is not true, or None."""
    facts, one = reply.facts, reply.sentence[position]
    about = part.variants
    kinds = facts.variants if about is None else list(about)
    delivered = _is_delivery(reply, position)
    fits = False
    known = one.value in facts.deliveries
    if one.value in facts.deliveries and (delivered is not False or _added_up(reply)):
        fits = True
    if delivered:
        return None if fits else MISPLACED
    quantity = _quantity_beside(part, facts)
    together = _together(part)
    included = not facts.free_delivery and _delivery_included(reply)
    times = _times(reply, position)
    shared = _shared(reply, part)
    for kind in facts.variants:
        mine = kind in kinds
        if kind.price == one.value:
            known = True
            fits = fits or (mine and (quantity is None or times) and not together and not included)
        for quote in kind.quotes:
            if one.value in (quote.goods, quote.total):
                known = True
                if times or (included and one.value != quote.total):
                    continue
                fits = fits or (mine and _tells(reply, quote.quantity) and quantity in (None, Decimal(quote.quantity)))
    if shared and fits and not all(any(one.value in _amounts(kind) for kind in named) for named in part.about or []):
        return MISPLACED
    whole = [
        kind for item in facts.items for kind in item.variants.values() if set(kinds) & set(item.variants.values())
    ]
    if _every_kind(part) and not all(kind.price == one.value for kind in whole):
        return MISPLACED
    for order in facts.orders:
        if order.total == one.value:
            known = True
            fits = fits or any(word.text in _ORDER or word.kind == "known" for word in reply.sentence)
    return None if fits else MISPLACED if known else WRONG


def _is_delivery(reply: Reply, position: int) -> bool | None:
    """True: the words say that this amount is the delivery's. None: they may. False: there is no such word near."""
    sentence = reply.sentence
    before = position - 1
    steps = 0
    while before >= 0 and steps < 5 and (sentence[before].text in _FILL or sentence[before].kind == "currency"):
        before, steps = before - 1, steps + 1
    if before >= 0 and sentence[before].text in DELIVERY:
        if before > 0 and sentence[before - 1].kind in ("number", "currency"):
            return False
        return None if before > 0 and sentence[before - 1].text in _WITH | {"after", "and"} else True
    behind = [word.text for word in reply.near(position, 1, 3)]
    passed = position + 1 < len(sentence) and sentence[position + 1].kind == "currency"
    if passed:
        behind = [word.text for word in reply.near(position + 1, 1, 3)]
    for at, word in enumerate(behind):
        if word in DELIVERY:
            return False if any(one in _WITH for one in behind[:at]) else None
    said = [word.text for word in reply.near(position if before < 0 else before + 1, -1, 6)]
    return None if any(word in DELIVERY for word in said) and not any(word in _WITH for word in said) else False


def _amounts(kind: Variant) -> set[Decimal]:
    sums = {amount for quote in kind.quotes for amount in (quote.goods, quote.total)}
    return sums if kind.price is None else sums | {kind.price}


def _delivery_included(reply: Reply) -> bool:
    """Whether the sentence says that its amount holds the delivery, and no amount of it is one that does."""
    text = " ".join(word.text for word in reply.sentence)
    figures = {word.value for word in reply.sentence if word.kind == "number"}
    totals = {quote.total for kind in reply.facts.variants for quote in kind.quotes}
    return bool(_WITH_DELIVERY.search(text)) and not figures & (totals | reply.facts.deliveries)


def _times(reply: Reply, position: int) -> bool:
    """Whether an amount is what one piece costs: ``2 x ₹1,499``."""
    before = [word for word in reply.sentence[max(position - 3, 0) : position] if word.kind != "currency"]
    return len(before) > 1 and before[-1].text in ("x", "×") and before[-2].kind == "number"


def _shared(reply: Reply, part: Part) -> bool:
    """Whether one amount is said of several things at once: "M and XL are …"."""
    if part.about is None or len(part.about) < 2 or any(word.text in _COMPARES for word in reply.sentence):
        return False
    if any(reply.figures(one) for one in reply.parts if one.start < part.start):
        return False
    return sum(reply.figures(one) for one in reply.parts if one.about == part.about) == 1


def _every_kind(part: Part) -> bool:
    words = [word.text for word in part.tokens if word.kind == "word"]
    return any(word in _EVERY and set(words[at + 1 : at + 3]) & _KINDS for at, word in enumerate(words))


def _added_up(reply: Reply) -> bool:
    """Whether the sentence is the whole sum of a quote: goods + delivery = total."""
    figures = {word.value for word in reply.sentence if word.kind == "number"}
    signs = any(word.text in ("+", "plus", "=") for word in reply.sentence)
    return signs and any(
        quote.goods in figures and quote.total in figures for kind in reply.facts.variants for quote in kind.quotes
    )


def _together(part: Part) -> bool:
    """Whether a clause gives a sum for several things: "both come to …"."""
    words = [word.text for word in part.tokens if word.kind == "word"]
    if any(word in _EACH for word in words):
        return False
    return any(word in _ALL and any(one in _SUM_OF for one in words[at + 1 : at + 4]) for at, word in enumerate(words))


def _quantity_beside(part: Part, facts: Facts) -> Decimal | None:
    """The number of pieces, two or more, that the clause gives a sum for; None when it speaks of one piece."""
    words = {word.text for word in part.tokens}
    if words & _EACH and not words & _IN_ALL:
        return None
    quoted = {Decimal(quote.quantity) for kind in facts.variants for quote in kind.quotes if quote.quantity > 1}
    for at, word in enumerate(part.tokens):
        money = any(near.kind == "currency" for near in part.tokens[max(at - 1, 0) : at + 2])
        counted = any(near.text in THERE for near in part.tokens[at + 1 : at + 3])
        if word.kind == "number" and word.value in quoted and not money and not counted:
            return word.value
    return None


def _tells(reply: Reply, quantity: int) -> bool:
    """Whether the reply says that a sum is for so many pieces."""
    if quantity == 1 or _added_up(reply):
        return True
    return any(word.kind == "number" and word.value == quantity for word in reply.whole) or any(
        word.text in _SUM for word in reply.sentence
    )
