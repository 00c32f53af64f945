"""One sentence of a reply with all that its figures are judged by."""

from __future__ import annotations

from collections.abc import Sequence

from salespilots.services.workflows.guard.facts import Facts
from salespilots.services.workflows.guard.numbers import bag
from salespilots.services.workflows.guard.subjects import Part
from salespilots.services.workflows.guard.text import Token

_LIGHT = bag(": . - ( ) [ ] + = _ < > \" '")


class Reply:
    """A sentence, its parts, the facts of the turn, and ``whole``: all tokens of the reply."""

    def __init__(self, facts: Facts, sentence: Sequence[Token], parts: Sequence[Part], whole: Sequence[Token]) -> None:
        self.facts, self.sentence, self.parts, self.whole = facts, list(sentence), list(parts), whole

    def part_of(self, position: int) -> Part:
        """The part in which a token stands."""
        return next(one for one in reversed(self.parts) if one.start <= position)

    def near(self, position: int, step: int, reach: int) -> list[Token]:
        """Up to ``reach`` words before (-1) or behind (1), nearest first, up to a figure, an amount or a comma."""
        found: list[Token] = []
        position += step
        while 0 <= position < len(self.sentence) and len(found) < reach:
            one = self.sentence[position]
            if (
                one.kind in ("currency", "break")
                or (one.kind == "number" and not one.soft)
                or one.text in (",", ";", "|")
            ):
                break
            if one.kind in ("word", "known", "number"):
                found.append(one)
            position += step
        return found

    def figures(self, part: Part) -> int:
        """How many amounts a part holds."""
        return sum(one.kind == "number" and self.amount(one) for one in part.tokens)

    def amount(self, one: Token) -> bool:
        """Whether a figure is one of the amounts that were told."""
        return any(
            one.value == kind.price or any(one.value in (quote.goods, quote.total) for quote in kind.quotes)
            for kind in self.facts.variants
        )

    def beside(self, position: int, step: int) -> Token | None:
        """The next token that is more than a dot, a colon or a bracket."""
        position += step
        while 0 <= position < len(self.sentence):
            one = self.sentence[position]
            if one.kind != "sign" or one.text not in _LIGHT:
                return one
            position += step
        return None
