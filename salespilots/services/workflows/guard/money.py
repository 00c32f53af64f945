"""Amounts: a figure is true only of the thing it was told of: a price, a sum for so many pieces, delivery, an order."""

from __future__ import annotations

from decimal import Decimal

from salespilots.services.workflows.guard.facts import Quote, Variant
from salespilots.services.workflows.guard.numbers import bag
from salespilots.services.workflows.guard.reply import Reply
from salespilots.services.workflows.guard.subjects import Part
from salespilots.services.workflows.guard.sums import (
    DELIVERY,
    SUM,
    WITH,
    added_up,
    all_meant,
    delivery_included,
    for_several,
    pieces_of_sum,
    times,
)

WRONG = "an amount that no tool gave"
MISPLACED = "an amount of something else"

_ORDER = SUM | bag("order orders paid due refund ऑर्डर आर्डर")
_FILL = bag("charge charges fee fees is are cost costs of ke ka ki hai for extra : = ( - है का के चार्ज शुल्क additional")


def money_problem(reply: Reply, position: int, part: Part) -> str | None:
    """Why the amount at ``position`` is not true, or None."""
    value = reply.sentence[position].value
    delivered = _of_delivery(reply, position)
    if delivered:
        return None if value in reply.facts.deliveries else MISPLACED
    if value in reply.facts.deliveries and (delivered is None or added_up(reply)):
        return None
    if _of_an_order(reply, value):
        return None
    meant = [kind for kind in reply.facts.variants if part.variants is None or kind in part.variants]
    fitting = {kind for kind in meant if _of_a_kind(reply, position, part, kind)}
    if any(value in (quote.goods, quote.total) and quote.quantity > 1 for kind in fitting for quote in kind.quotes):
        return None
    if fitting and all(fitting & one for one in all_meant(reply, part)):
        return None
    return MISPLACED if any(value in _amounts(kind) for kind in reply.facts.variants) else WRONG


def _of_a_kind(reply: Reply, position: int, part: Part, kind: Variant) -> bool:
    """Whether an amount is the kind's price, or the sum for as many pieces as the words say."""
    value = reply.sentence[position].value
    included = delivery_included(reply)
    by_piece = times(reply, position)
    pieces = None if by_piece else pieces_of_sum(reply, part)
    if kind.price == value and pieces is None and not for_several(part) and not included:
        return True
    return not by_piece and any(
        value in (quote.goods, quote.total)
        and not (included and value != quote.total)
        and (quote.quantity == 1 or _tells(reply, quote))
        and pieces in (None, Decimal(quote.quantity))
        for quote in kind.quotes
    )


def _amounts(kind: Variant) -> set[Decimal | None]:
    return {kind.price, *(amount for quote in kind.quotes for amount in (quote.goods, quote.total))}


def _of_an_order(reply: Reply, value: Decimal) -> bool:
    told = any(word.text in _ORDER or word.kind == "known" for word in reply.sentence)
    return told and any(order.total == value for order in reply.facts.orders)


def _tells(reply: Reply, quote: Quote) -> bool:
    """Whether the reply says that a sum is for so many pieces, or that it is a sum."""
    figures = {word.value for word in reply.sentence if word.kind == "number"}
    return (
        added_up(reply)
        or (quote.goods in figures and quote.total - quote.goods in figures and quote.total != quote.goods)
        or any(word.kind == "number" and word.value == quote.quantity for word in reply.whole)
        or any(word.text in SUM for word in reply.sentence)
    )


def _of_delivery(reply: Reply, position: int) -> bool | None:
    """True: the words say that this amount is the delivery's. None: they may. False: there is no such word near."""
    sentence = reply.sentence
    at = position - 1
    while at >= position - 5 and at >= 0 and (sentence[at].text in _FILL or sentence[at].kind == "currency"):
        at -= 1
    if at >= 0 and sentence[at].text in DELIVERY:
        before = sentence[at - 1] if at else None
        if before is not None and before.kind in ("number", "currency"):
            return False
        return None if before is not None and before.text in WITH | {"after", "and"} else True
    behind = reply.near(position, 1, 3)
    if position + 1 < len(sentence) and sentence[position + 1].kind == "currency":
        behind = reply.near(position + 1, 1, 3)
    for number, word in enumerate(behind):
        if word.text in DELIVERY:
            return False if any(one.text in WITH for one in behind[:number]) else None
    said: list[str] = []
    while at >= 0 and sentence[at].kind != "currency" and sentence[at].text not in (",", ";") and len(said) < 7:
        said.append(sentence[at].text)
        at -= 1
    return None if DELIVERY & set(said) and not WITH & set(said) else False
