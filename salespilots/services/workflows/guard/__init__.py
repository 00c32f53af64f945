"""The price-truth guard: a model's sentence leaves only if all it says of money, stock and links came from this turn's tools.

Figures are compared by what they are figures of: an amount with prices and sums of the product that is named, a number of
pieces with what is available. A link, an address or a phone number must be one that a tool gave. Claims that only the shop
may make (something is free or cheaper, ordered, paid, sent, comes by a day) are refused whatever the figures. Where the
guard cannot read, it refuses: the workflow's own sentence is always there.
"""

from __future__ import annotations

import re

from salespilots.services.workflows.guard.claims import claim_problem
from salespilots.services.workflows.guard.facts import Facts
from salespilots.services.workflows.guard.figures import figure_problem
from salespilots.services.workflows.guard.kinds import strange_kind
from salespilots.services.workflows.guard.reply import Reply
from salespilots.services.workflows.guard.stock import denies, stock_problem
from salespilots.services.workflows.guard.subjects import Named, Names, Part, parts
from salespilots.services.workflows.guard.targets import masked, target_problem
from salespilots.services.workflows.guard.text import Token, Unreadable, sentences, tokens

__all__ = ["MAX_REPLY", "Facts", "problem_with"]

MAX_REPLY = 900


def problem_with(reply: str, facts: Facts) -> str | None:
    """Why the reply must not leave, in words that hold nothing of it, or None."""
    if not reply.strip() or len(reply) > MAX_REPLY:
        return "empty or too long"
    try:
        text, known = masked(_unnumbered(reply), facts)
        whole = tokens(text, known)
    except Unreadable as error:
        return str(error)
    said = sentences(whole)
    return (
        target_problem(text, known)
        or claim_problem([_words(one) for one in said], facts)
        or _facts_problem(whole, said, facts)
    )


def _unnumbered(reply: str) -> str:
    """The lines of a list without their numbers, where these count from one."""
    pattern = re.compile(r"(?m)^[ \t]*(\d{1,2})[.)][ \t]+")
    numbers = [int(one) for one in pattern.findall(reply)]
    return pattern.sub("", reply) if numbers == list(range(1, len(numbers) + 1)) and len(numbers) > 1 else reply


def _words(sentence: list[Token]) -> str:
    return " ".join(one.text for one in sentence if one.kind not in ("known", "break"))


def _facts_problem(whole: list[Token], said: list[list[Token]], facts: Facts) -> str | None:
    """A figure or a word about stock that is not so."""
    about = parts(said, Names(facts))
    for cut in about:
        if all(part.about is None and not part.contrast for part in cut):
            told = _priced([one for part in cut for one in part.tokens], facts)
            for part in cut:
                part.about = told or None
    replies = [Reply(facts, sentence, cut, whole) for sentence, cut in zip(said, about, strict=True)]
    for reply in replies:
        problem = figure_problem(reply)
        if problem:
            return problem
    priced = _priced(whole, facts)
    for sentence, cut in zip(said, about, strict=True):
        strange = [
            part
            for part in cut
            if strange_kind(part.tokens, facts) and not denies(part.tokens) and part.tokens[0].text != "no"
        ]
        if strange and any(one.kind == "number" and not one.soft for one in sentence):
            return "a kind that no tool gave"
        for part in cut:
            problem = stock_problem(part.tokens, _subject(part, priced, facts), facts, explicit=bool(part.named))
            if problem:
                return problem
    return None


def _priced(given: list[Token], facts: Facts) -> Named:
    """What words are about that name nothing known: the kinds whose amounts they give."""
    amounts = {one.value for one in given if one.kind == "number" and not one.spelled}
    kinds = {
        one
        for one in facts.variants
        if one.price in amounts or any(quote.goods in amounts or quote.total in amounts for quote in one.quotes)
    }
    return [frozenset(kinds)] if kinds else []


def _subject(part: Part, priced: Named, facts: Facts) -> Named:
    if part.about is not None:
        return part.about
    if part.contrast:
        return [frozenset(facts.variants)] if facts.variants else []
    if priced:
        return priced
    return [frozenset(facts.focus.variants.values())] if facts.focus is not None else []
