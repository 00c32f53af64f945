"""Every figure of a reply has a role by what stands beside it, and each role has its own facts."""

from __future__ import annotations

from decimal import Decimal

from salespilots.services.workflows.guard.facts import Facts
from salespilots.services.workflows.guard.kinds import HAVE, KINDS, ONLY, PIECES, SIZE_WORDS
from salespilots.services.workflows.guard.money import money_problem
from salespilots.services.workflows.guard.numbers import bag
from salespilots.services.workflows.guard.pieces import (
    counts,
    how_many,
    of_pieces,
    pieces_problem,
    stock_figure_problem,
)
from salespilots.services.workflows.guard.reply import Reply
from salespilots.services.workflows.guard.stock import LEFT, THERE, denies
from salespilots.services.workflows.guard.sums import DELIVERY
from salespilots.services.workflows.guard.text import FOREIGN, HUNDREDTHS, UNITS, Token, unit_of

WRONG = "a figure that no tool gave"

_PRICE = bag("price prices priced cost costs costing rate rates kimat keemat qeemat kimmat daam dam bhav mrp rupees pay pays charge "
    "charges charged worth कीमत दाम रेट मूल्य भाव प्राइस चार्ज")  # fmt: skip
_LEAD = ONLY | bag("at for is it's its @ be hai under below upto within")
_TRAIL = ONLY | bag("mein me may main ka ki ke में का की के each per apiece flat today now max hi hai है ही total wala wali वाली वाला")  # fmt: skip
_SKIP_BEFORE = bag(": - ( = is are has only just about exactly abhi still sirf mein me में hai currently now total")
_JOIN = bag(", and or & / - aur ya और या")
_NOT_OVER = bag("and or aur और at for but mein me में ka ki per each का की")
_WITHIN = bag("mein me में has have")
_ONE_BEFORE = bag("only just last exactly have has got about sirf bas keval kewal hi is केवल सिर्फ बस")
_ONE_BEHIND = PIECES | LEFT | bag("hi remaining ही")
_DO_BEHIND = _ONE_BEHIND | bag("chahiye rupaye dino din")
_PERCENT = bag("% percent percentage pratishat फीसदी प्रतिशत")


def figure_problem(reply: Reply) -> str | None:
    """Why a figure of the sentence is not true, or None."""
    for position, one in enumerate(reply.sentence):
        if one.kind == "currency" and not _has_figure(reply, position):
            return "an amount without its figure"
        if one.kind == "word" and one.text in FOREIGN:
            return "another currency"
        if one.kind == "number":
            problem = _problem(reply, position, one)
            if problem:
                return problem
    return None


def is_money(reply: Reply, position: int) -> bool:
    """Whether a figure stands beside a currency, or ends in ``/-``."""
    before, behind = reply.beside(position, -1), reply.beside(position, 1)
    if before is not None and before.kind == "currency":
        return True
    if behind is not None and behind.kind == "currency" and not _owned(reply, position, behind):
        return True
    rest = [one.text for one in reply.sentence[position + 1 : position + 3]]
    return rest == ["/", "-"] or rest == ["/", "="]


def _owned(reply: Reply, position: int, currency: Token) -> bool:
    """Whether a currency behind a figure, but apart from it, stands before another one, which it belongs to."""
    at = next(at for at in range(position + 1, len(reply.sentence)) if reply.sentence[at] is currency)
    apart = at > position + 1 or reply.sentence[position].soft
    return apart and at + 1 < len(reply.sentence) and reply.sentence[at + 1].kind == "number"


def _has_figure(reply: Reply, position: int) -> bool:
    beside = [reply.beside(position, -1), reply.beside(position, 1)]
    if any(one is not None and one.kind == "number" for one in beside):
        return True
    marks = [one.text for one in reply.sentence[max(position - 3, 0) : position]]
    return marks[-2:] == ["/", "-"] and len(marks) == 3 and reply.sentence[position - 3].kind == "number"


def _problem(reply: Reply, position: int, one: Token) -> str | None:
    facts = reply.facts
    part = reply.part_of(position)
    before, behind = reply.near(position, -1, 4), reply.near(position, 1, 5)
    following = reply.beside(position, 1)
    if following is not None and following.text in HUNDREDTHS:
        return WRONG
    rest = reply.sentence[position + 1 : position + 3]
    if rest and rest[0].text == "+" and not (len(rest) > 1 and rest[1].kind in ("number", "currency")):
        return WRONG
    if is_money(reply, position):
        return money_problem(reply, position, part)
    if following is not None and following.text in _PERCENT:
        return None if one.value in facts.percents() else WRONG
    if one.soft and not _means_number(one, before, behind):
        return None
    if before and before[0].text in SIZE_WORDS and denies(part.tokens):
        return None
    if _is_size(reply, position, one) or _choice(reply, position, one):
        return None
    first = behind[0] if behind else None
    if (first is not None and first.text in UNITS and first.raw not in _labels(facts)) or (
        following is not None and following.text in ("x", "×", '"')
    ):
        if _described(reply, position, one):
            return None
        if not (following is not None and following.text in ("x", "×")):
            return WRONG
    if any(word.text in KINDS for word in behind[: 1 if behind and behind[0].text in _JOIN else 2]):
        return None if one.value in how_many(reply) else WRONG
    if _of_stock(before, behind):
        return stock_figure_problem(reply, one, part, before, behind)
    if of_pieces(facts, following, behind):
        return pieces_problem(reply, one, part)
    priced = _priced(one, before, behind)
    if one.value in facts.labels() and not priced:
        return None
    if _quantity(reply, one, before, behind):
        return None
    if priced:
        return money_problem(reply, position, part)
    if one.soft or _described(reply, position, one):
        return None
    if one.value in counts(facts, part) and any(word.text in THERE for word in reply.sentence):
        return None
    said_of = (before and before[0].text in _WITHIN) or (
        first is not None and (first.text in ("of", "in") or first.raw in _labels(facts))
    )
    if part.named and said_of and one.value in counts(facts, part):
        return None
    if behind and behind[0].text in ("hain", "हैं") and one.value in counts(facts, part):
        return None
    return money_problem(reply, position, part)


def _texts(given: list[Token], words: frozenset[str]) -> list[Token]:
    return [one for one in given if one.text in words]


def _means_number(one: Token, before: list[Token], behind: list[Token]) -> bool:
    """Whether an everyday word is a figure here."""
    first, last = (behind[0].text if behind else ""), (before[0].text if before else "")
    if one.text in ("one", "ek", "एक"):
        return first in _ONE_BEHIND or (last in _ONE_BEFORE and _of_stock(before, behind))
    if one.text in ("do", "दो"):
        return first in _DO_BEHIND or last in ONLY or (not behind and _of_stock(before, behind))
    return last not in ("ke", "iske", "uske", "aapke", "के", "इसके")


def _of_stock(before: list[Token], behind: list[Token]) -> bool:
    """Whether words of stock stand so near that the figure counts pieces."""
    for word in behind:
        if word.text in THERE:
            return True
        if word.text in _NOT_OVER:
            break
    for word in before[:3]:
        if word.text in THERE:
            return True
        if word.text not in _SKIP_BEFORE:
            break
    have = [word.text for word in before[:2]]
    return bool(have) and (have[0] in HAVE or (len(have) > 1 and have[1] in HAVE and have[0] in _SKIP_BEFORE))


def _is_size(reply: Reply, position: int, one: Token) -> bool:
    """A kind that is a figure, in a list behind the word size, or one that cannot be a number of pieces."""
    if one.spelled or one.value not in reply.facts.sizes():
        return False
    before = position - 1
    while before >= 0 and (reply.sentence[before].kind == "number" or reply.sentence[before].text in _JOIN):
        before -= 1
    if before >= 0 and reply.sentence[before].text in SIZE_WORDS:
        return True
    following = reply.beside(position, 1)
    if following is not None and following.text in SIZE_WORDS:
        return True
    return one.value % 1 != 0 and not _texts(reply.near(position, -1, 1), _LEAD)


def _choice(reply: Reply, position: int, one: Token) -> bool:
    """ "Would you like 1 or 2?": small figures that are offered as a number of pieces, not said of anything."""
    sentence = reply.sentence
    if sentence[-1].text != "?" or any(word.kind == "currency" for word in sentence):
        return False
    if any(word.text in _PRICE or word.text in ONLY or word.text in THERE for word in sentence):
        return False
    quoted = {Decimal(quote.quantity) for kind in reply.facts.variants for quote in kind.quotes}
    if one.value in quoted and position and sentence[position - 1].text == "with":
        return True
    around = {sentence[at].text for at in (position - 1, position + 1) if 0 <= at < len(sentence)}
    pair = [at for at in (position - 2, position + 2) if 0 <= at < len(sentence) and sentence[at].kind == "number"]
    return one.value <= 5 and bool(pair) and bool(around & {"or", "ya", "या"})


def _priced(one: Token, before: list[Token], behind: list[Token]) -> bool:
    """Whether a figure without a currency is said as a price."""
    first, last = (behind[0].text if behind else ""), (before[0].text if before else "")
    if any(word.text in _PRICE or word.text in DELIVERY for word in before[: 2 if one.soft else 4]):
        return True
    if one.soft:
        return (last in ONLY and first in _TRAIL) or first in ONLY
    return last in _LEAD or first in _TRAIL


def _quantity(reply: Reply, one: Token, before: list[Token], behind: list[Token]) -> bool:
    """A number of pieces that was quoted, in a sentence that gives that quote's sum."""
    first, last = (behind[0].text if behind else ""), (before[0].text if before else "")
    if last in ONLY or first in ONLY | {"mein", "me", "में"}:
        return False
    figures = {word.value for word in reply.whole if word.kind == "number"}
    return any(
        one.value == quote.quantity and figures & {quote.goods, quote.total, *reply.facts.deliveries}
        for kind in reply.facts.variants
        for quote in kind.quotes
    )


def _labels(facts: Facts) -> set[str]:
    return {kind.label for kind in facts.variants if kind.label}


def _described(reply: Reply, position: int, one: Token) -> bool:
    """A figure of the shop's own description, with its unit or with the same word beside it."""
    before, behind = reply.beside(position, -1), reply.beside(position, 1)
    near = [word.text.replace("×", "x") for word in reply.sentence[position + 1 : position + 5]]
    for value, left, right in reply.facts.described():
        if value != one.value:
            continue
        units = {unit_of(word) for word in near if word in UNITS}
        if right in UNITS and right not in ("x", "by"):
            if unit_of(right) in units:
                return True
        elif left in ("x", "to") or right in ("x", "to", "is"):
            if units:
                return True
        elif (before is not None and left and before.text == left) or (
            behind is not None and right and behind.text == right
        ):
            return True
    return False
