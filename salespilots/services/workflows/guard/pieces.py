"""Figures that count pieces: what is available, what was quoted or ordered, how many things are shown."""

from __future__ import annotations

from decimal import Decimal

from salespilots.services.workflows.guard.facts import Facts, Item, Variant
from salespilots.services.workflows.guard.kinds import HAVE, KINDS, ONLY, PIECES
from salespilots.services.workflows.guard.reply import Reply
from salespilots.services.workflows.guard.stock import LEFT, THERE
from salespilots.services.workflows.guard.subjects import Named, Part
from salespilots.services.workflows.guard.sums import BOTH, all_meant
from salespilots.services.workflows.guard.text import Token


def stock_figure_problem(reply: Reply, one: Token, part: Part, before: list[Token], behind: list[Token]) -> str | None:
    """Why a figure beside words of stock is not true, or None; ``before`` and ``behind`` are the words beside it."""
    facts = reply.facts
    told = counts(facts, part) | _listed(reply, before, behind) | _enough(facts, part, before, behind)
    each = all(one.value in _each(kinds) for kinds in _said_of_both(reply, part))
    return None if one.value in told and each else "a stock figure that is not so"


def counts(facts: Facts, part: Part) -> set[Decimal]:
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


def _said_of_both(reply: Reply, part: Part) -> Named:
    """What a number of pieces must fit all of: "both have …"."""
    return all_meant(reply, part) if any(word.text in BOTH for word in part.tokens) else []


def _each(kinds: frozenset[Variant]) -> set[Decimal]:
    return {Decimal(one.available) for one in kinds if one.available is not None}


def _listed(reply: Reply, before: list[Token], behind: list[Token]) -> set[Decimal]:
    """How many products the reply names: "we have two sarees" is about them, unless it says left or in stock."""
    things = any(word.text in PIECES | KINDS for word in behind[:4])
    if not things or any(word.text in THERE for word in [*before[:3], *behind]):
        return set()
    return how_many(reply)


def _enough(facts: Facts, part: Part, before: list[Token], behind: list[Token]) -> set[Decimal]:
    """Quoted numbers of pieces, where the words say that so many can be had: "yes, 2 are available"."""
    if any(one.text in LEFT or one.text == "stock" for one in behind) or any(one.text in ONLY | HAVE for one in before):
        return set()
    return {Decimal(quote.quantity) for kind in _variants(facts, part) for quote in kind.quotes}


def how_many(reply: Reply) -> set[Decimal]:
    """How many products or kinds the tools showed, or the reply names."""
    named = {one.known for one in reply.whole if isinstance(one.known, Item)}
    kinds = [len(item.variants) for item in reply.facts.items if len(item.variants) > 1]
    return {Decimal(one) for one in (len(reply.facts.items), len(named), *kinds) if one > 1}


def of_pieces(facts: Facts, following: Token | None, behind: list[Token]) -> bool:
    """Whether a figure counts pieces of something, by what follows it."""
    if following is not None and following.text in ("x", "×"):
        return True
    own = {word for item in facts.items for word in item.words}
    for word in behind[:3]:
        if word.text in PIECES or isinstance(word.known, Item | str):
            return True
        if word.text not in own:
            return False
    return False


def pieces_problem(reply: Reply, one: Token, part: Part) -> str | None:
    """Why a number of pieces is not one that was quoted, ordered, described or is there, or None."""
    facts = reply.facts
    ordered = {Decimal(n) for order in facts.orders for n in _leading_numbers(order.items)}
    told = {value for value, _, _ in facts.described()}
    kinds = _variants(facts, part)
    quoted = {Decimal(quote.quantity) for kind in kinds for quote in kind.quotes}
    known = quoted | ordered | told | how_many(reply) | counts(facts, part) | {Decimal(1)}
    return None if one.value in known else "a figure that no tool gave"


def _variants(facts: Facts, part: Part) -> set[Variant]:
    return set(facts.variants if part.variants is None else part.variants)


def _leading_numbers(items: str) -> list[str]:
    return [one.split(" ")[0] for one in items.split(", ") if one.split(" ")[0].isdigit()]
