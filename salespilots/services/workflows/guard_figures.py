"""Every figure of a reply has a role by what stands beside it, and each role has its own facts."""

from __future__ import annotations

from decimal import Decimal

from salespilots.services.workflows.guard_facts import Facts, Item, Variant
from salespilots.services.workflows.guard_kinds import SIZE_WORDS
from salespilots.services.workflows.guard_money import DELIVERY, money_problem
from salespilots.services.workflows.guard_numbers import bag
from salespilots.services.workflows.guard_reply import Reply
from salespilots.services.workflows.guard_stock import LEFT, THERE, denies
from salespilots.services.workflows.guard_subjects import Part
from salespilots.services.workflows.guard_text import FOREIGN, HUNDREDTHS, UNITS, Token

WRONG = "a figure that no tool gave"

_PRICE = bag("price prices priced cost costs costing rate rates kimat keemat qeemat kimmat daam dam bhav mrp rupees pay pays charge "
    "charges charged worth कीमत दाम रेट मूल्य भाव प्राइस चार्ज")  # fmt: skip
_ONLY = bag("only just sirf sirph bas keval kewal केवल सिर्फ बस मात्र mere merely")
_LEAD = _ONLY | bag("at for is it's its @ be hai under below upto within")
_TRAIL = _ONLY | bag("mein me may main ka ki ke में का की के each per apiece flat today now max hi hai है ही total wala wali वाली वाला")  # fmt: skip
_PIECES = bag("piece pieces pc pcs pic unit units nos item items set sets pair pairs qty quantity saree sarees sari saris kurta kurtas "
    "kurti dupatta dupattas jhumka jhumkas suit suits dress dresses पीस नग अदद सेट जोडी साडी साडियां साडियों कुर्ता कुर्ते दुपट्टा दुपट्टे")  # fmt: skip
_KINDS = bag("sizes colour colours color colors option options kind kinds variant variants design designs type types product "
    "products style styles choices रंग विकल्प")  # fmt: skip
_HAVE = bag("have has got having are paas पास stock stocks")
_SKIP_BEFORE = bag(": - ( = is are has only just about exactly abhi still sirf mein me में hai currently now total")
_JOIN = bag(", and or & / - aur ya और या")
_NOT_OVER = bag("and or aur और at for but mein me में ka ki per each का की")
_WITHIN = bag("mein me में has have")
_ONE_BEFORE = bag("only just last exactly have has got about sirf bas keval kewal hi is केवल सिर्फ बस")
_ONE_BEHIND = _PIECES | LEFT | bag("hi remaining ही")
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
    if (first is not None and first.text in UNITS) or (following is not None and following.text in ("x", "×", '"')):
        if _described(reply, position, one):
            return None
        if not (following is not None and following.text in ("x", "×")):
            return WRONG
    if any(word.text in _KINDS for word in behind[: 1 if behind and behind[0].text in _JOIN else 2]):
        return None if one.value in _how_many(reply) else WRONG
    if _of_stock(before, behind):
        told = _counts(facts, part) | _listed(reply, behind) | _enough(facts, part, before, behind)
        return None if one.value in told else "a stock figure that is not so"
    if _pieces(facts, following, behind):
        return _pieces_problem(reply, one, part)
    priced = _priced(one, before, behind)
    if one.value in facts.labels() and not priced:
        return None
    if _quantity(reply, one, before, behind):
        return None
    if priced:
        return money_problem(reply, position, part)
    if one.soft or _described(reply, position, one):
        return None
    if one.value in _counts(facts, part) and any(word.text in THERE for word in reply.sentence):
        return None
    said_of = (before and before[0].text in _WITHIN) or (first is not None and first.text == "of")
    if part.named and said_of and one.value in _counts(facts, part):
        return None
    if behind and behind[0].text in ("hain", "हैं") and one.value in _counts(facts, part):
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
        return first in _DO_BEHIND or last in _ONLY
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
    return bool(have) and (have[0] in _HAVE or (len(have) > 1 and have[1] in _HAVE and have[0] in _SKIP_BEFORE))


def _counts(facts: Facts, part: Part) -> set[Decimal]:
    """Pieces that may be told: of each kind in question, and of each product as a whole."""
    about = part.about
    if about is None:
        known = facts.items if part.contrast or facts.focus is None else [facts.focus]
        about = [frozenset(item.variants.values()) for item in known]
    kinds = {one for named in about for one in named}
    sums = {sum(one.available or 0 for one in named) for named in about}
    whole = {
        item.available for item in facts.items if kinds & set(item.variants.values()) == set(item.variants.values())
    }
    return {Decimal(one) for one in sums | whole | {one.available for one in kinds if one.available is not None}}


def _listed(reply: Reply, behind: list[Token]) -> set[Decimal]:
    """How many products the reply names: "we have two sarees" is about them, unless it says left or in stock."""
    if any(word.text in THERE for word in behind):
        return set()
    return _how_many(reply)


def _enough(facts: Facts, part: Part, before: list[Token], behind: list[Token]) -> set[Decimal]:
    """Quoted numbers of pieces, where the words say that so many can be had: "yes, 2 are available"."""
    if any(one.text in LEFT or one.text == "stock" for one in behind) or any(
        one.text in _ONLY | _HAVE for one in before
    ):
        return set()
    return {Decimal(quote.quantity) for kind in _variants(facts, part) for quote in kind.quotes}


def _how_many(reply: Reply) -> set[Decimal]:
    named = {one.known for one in reply.whole if isinstance(one.known, Item)}
    kinds = [len(item.variants) for item in reply.facts.items if len(item.variants) > 1]
    return {Decimal(one) for one in (len(reply.facts.items), len(named), *kinds) if one > 1}


def _pieces(facts: Facts, following: Token | None, behind: list[Token]) -> bool:
    if following is not None and following.text in ("x", "×"):
        return True
    own = {word for item in facts.items for word in item.words}
    for word in behind[:3]:
        if word.text in _PIECES or isinstance(word.known, Item | str):
            return True
        if word.text not in own:
            return False
    return False


def _pieces_problem(reply: Reply, one: Token, part: Part) -> str | None:
    facts = reply.facts
    ordered = {Decimal(n) for order in facts.orders for n in _leading_numbers(order.items)}
    told = {value for value, _, _ in facts.described()}
    kinds = _variants(facts, part)
    quoted = {Decimal(quote.quantity) for kind in kinds for quote in kind.quotes}
    known = quoted | ordered | told | _how_many(reply) | _counts(facts, part) | {Decimal(1)}
    return None if one.value in known else WRONG


def _variants(facts: Facts, part: Part) -> set[Variant]:
    return set(facts.variants if part.variants is None else part.variants)


def _leading_numbers(items: str) -> list[str]:
    return [one.split(" ")[0] for one in items.split(", ") if one.split(" ")[0].isdigit()]


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
    if sentence[-1].text != "?" or one.value > 5 or any(word.kind == "currency" for word in sentence):
        return False
    if any(word.text in _PRICE or word.text in _ONLY or word.text in THERE for word in sentence):
        return False
    around = {sentence[at].text for at in (position - 1, position + 1) if 0 <= at < len(sentence)}
    pair = [at for at in (position - 2, position + 2) if 0 <= at < len(sentence) and sentence[at].kind == "number"]
    return bool(pair) and bool(around & {"or", "ya", "या"})


def _priced(one: Token, before: list[Token], behind: list[Token]) -> bool:
    """Whether a figure without a currency is said as a price."""
    first, last = (behind[0].text if behind else ""), (before[0].text if before else "")
    if any(word.text in _PRICE or word.text in DELIVERY for word in before[: 2 if one.soft else 4]):
        return True
    if one.soft:
        return (last in _ONLY and first in _TRAIL) or first in _ONLY
    return last in _LEAD or first in _TRAIL


def _quantity(reply: Reply, one: Token, before: list[Token], behind: list[Token]) -> bool:
    """A number of pieces that was quoted, in a sentence that gives that quote's sum."""
    first, last = (behind[0].text if behind else ""), (before[0].text if before else "")
    if last in _ONLY or first in _ONLY | {"mein", "me", "में"}:
        return False
    figures = {word.value for word in reply.whole if word.kind == "number"}
    return any(
        one.value == quote.quantity and (quote.goods in figures or quote.total in figures)
        for kind in reply.facts.variants
        for quote in kind.quotes
    )


def _described(reply: Reply, position: int, one: Token) -> bool:
    """A figure of the shop's own description, with its unit or with the same word beside it."""
    before, behind = reply.beside(position, -1), reply.beside(position, 1)
    near = [word.text.replace("×", "x") for word in reply.sentence[position + 1 : position + 5]]
    for value, left, right in reply.facts.described():
        if value != one.value:
            continue
        if right in UNITS or left in ("x", "to") or right in ("x", "to", "is"):
            if any(word in UNITS for word in near):
                return True
        elif (before is not None and left and before.text == left) or (
            behind is not None and right and behind.text == right
        ):
            return True
    return False
