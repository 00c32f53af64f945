"""`RulesUnderstander`: the understander every shop has, without network, model or key."""

from __future__ import annotations

from collections.abc import Sequence

from salespilots.plugins.builtin.understanding.bot_question import asks_whether_bot
from salespilots.plugins.builtin.understanding.details import (
    find_answer,
    find_consent,
    find_order_number,
    find_quantity,
    numbers_set_aside,
)
from salespilots.plugins.builtin.understanding.intents import guess_intent
from salespilots.plugins.builtin.understanding.products import ProductFinder
from salespilots.plugins.builtin.understanding.tokens import PRODUCT_WORDS, read
from salespilots.ports.understanding import CatalogueEntry, Understanding


class RulesUnderstander:
    """Understands customers by word lists, patterns and fuzzy product names.

    Pure: it holds no state, reads no clock and does no I/O; module-level caches only remember how words are
    spelt. Messages that are nothing but yes or no carry `Understanding.answer` and mostly the intent
    "other" ("cancel_order" for a bare "cancel", "order_intent" for "ok order kar do"): what they answer, only
    the conversation knows, so a conversation that asked something looks at the answer first.
    """

    def understand(self, text: str, catalogue: Sequence[CatalogueEntry] = ()) -> Understanding:
        """Read ``text`` against ``catalogue``; see `salespilots.ports.understanding.Understander`."""
        reading = read(text)
        finder = ProductFinder(catalogue)
        order_number = find_order_number(reading.text, finder.codes)
        named = finder.find_code(reading.text)
        counted = reading
        for identifier in (named[0] if named else None, order_number):
            if identifier:
                counted = read(counted.text.replace(identifier.lower(), " "))
        model_numbers = finder.model_numbers(counted)
        quantity = find_quantity(counted, model_numbers, finder.words | PRODUCT_WORDS)
        found = named[1] if named else finder.find(counted, skip=numbers_set_aside(counted, model_numbers, quantity))
        answer = find_answer(reading)
        guess = guess_intent(
            reading,
            names_product=bool(found.matches),
            quantity=quantity,
            has_order_number=order_number is not None,
        )
        intent, confidence, words = guess.intent, guess.confidence, guess.words
        if answer and intent not in ("cancel_order", "thanks_bye", "order_intent"):
            intent, confidence, words = "other", 0.2, ()
        return Understanding(
            intent=intent,
            confidence=confidence,
            products=found.matches,
            sure_of_product=found.sure,
            quantity=quantity,
            answer=answer,
            consent=find_consent(reading),
            asks_bot=asks_whether_bot(reading),
            order_number=order_number,
            language=reading.language,
            matched_words=words,
        )
