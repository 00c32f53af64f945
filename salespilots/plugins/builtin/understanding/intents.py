"""Choosing the intent: every rule is tried, the most specific wording wins.

The confidence is the weight of the winning rule, a little lower when another intent comes close: two good
guesses are one uncertain guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from salespilots.plugins.builtin.understanding.intent_rules import MARKETS, METALS, NAMED, RULES
from salespilots.plugins.builtin.understanding.script import word_set
from salespilots.plugins.builtin.understanding.tokens import MATERIAL_WORDS, PRODUCT_WORDS, Reading

_GAP = r"(?: \S+){0,3} "
_GREETING_WORDS = word_set(
    "hi hello hey namaste salaam ram morning evening afternoon good sir bhai ji ma mam there all team how are you"
    " kaise ho aap hai sab and a very yo hola howdy gm saab everyone dear jai shri shree krishna radhe bhole hind as sat sri akal"
    " vanakkam prabhat suprabhat jinendra wa rahmatullah khamma ghani adaab waheguru subah jay"
)
_GREETING_CORE = word_set(
    "hi hello hey namaste salaam ram morning evening afternoon yo hola howdy gm radhe jai jay akal vanakkam"
    " prabhat suprabhat khamma adaab waheguru"
)
_HOW_ARE_YOU = re.compile(
    r"(?:(?:hi|hello|hey|namaste|bhai|sab|sir|ji) )*(?:aap )?kaise (?:ho|hai aap)(?: (?:bhai|aap|sab|ji|sir))*|aap kaise(?: hai)?"
)
_THANKS_WORDS = word_set(
    "thanks shukriya bye alvida good night sir bhai ji you so much very ok for the help your a lot mam bahut aap ka"
    " have nice day take care yes later and theek acha phir me to soon hai gn welcome great service ho gaya mila"
    " quick reply response fast namaste"
)
_THANKS_CORE = word_set("thanks shukriya bye alvida gn")
_REFUSED = re.compile(r"\bnahi (?:chahiye|lena|karna|kharidna)\b|\b(?:don't|dont|not) want\b")
_CLOSE_CALL = 0.04
_LOWERED = 0.12


@dataclass(frozen=True, slots=True)
class Guess:
    """An intent with its confidence and the words that spoke for it."""

    intent: str
    confidence: float
    words: tuple[str, ...] = ()


def _compile(pattern: str) -> re.Pattern[str]:
    for name, words in NAMED.items():
        pattern = pattern.replace(name, words)
    return re.compile(rf"(?<!\S)(?:{pattern.replace('~', _GAP)})(?!\S)")


_COMPILED = tuple((intent, weight, _compile(pattern)) for intent, rules in RULES.items() for weight, pattern in rules)


def guess_intent(reading: Reading, *, names_product: bool, quantity: int | None, has_order_number: bool) -> Guess:
    """Return the most likely intent of a message.

    ``names_product`` says that a product of the catalogue was recognised, ``quantity`` that a count was asked
    for; both decide messages that hold no intent word at all ("blue saree", "2").
    """
    words = [token.word for token in reading.tokens]
    if not words:
        return Guess("other", 0.1)
    whole = _whole_message(words)
    if whole:
        return whole
    best: dict[str, Guess] = {}
    for intent, weight, pattern in _COMPILED:
        known = best.get(intent)
        if known and known.confidence >= weight:
            continue
        match = pattern.search(reading.line)
        if match:
            best[intent] = Guess(intent, weight, tuple(match.group().split()))
    _weigh(best, words, names_product=names_product, quantity=quantity, has_order_number=has_order_number)
    if not best:
        return Guess("other", 0.2)
    ranked = sorted(best.values(), key=lambda guess: -guess.confidence)
    first = ranked[0]
    if len(ranked) > 1 and first.confidence - ranked[1].confidence < _CLOSE_CALL:
        return Guess(first.intent, round(first.confidence - _LOWERED, 3), first.words)
    return first


def _whole_message(words: list[str]) -> Guess | None:
    """Greetings and thanks count fully only when nothing else is said."""
    if len(words) > 12:
        return None
    spoken = set(words)
    if spoken <= _THANKS_WORDS and (spoken & _THANKS_CORE or {"good", "night"} <= spoken or {"take", "care"} <= spoken):
        return Guess("thanks_bye", 0.95, tuple(sorted(spoken & _THANKS_CORE)))
    if words == ["hai"]:
        return Guess("greeting", 0.6, ("hai",))
    if _HOW_ARE_YOU.fullmatch(" ".join(words)):
        return Guess("greeting", 0.9, ("kaise",))
    if spoken <= _GREETING_WORDS and spoken & _GREETING_CORE:
        return Guess("greeting", 0.95, tuple(sorted(spoken & _GREETING_CORE)))
    return None


def _asks_a_market(words: list[str], *, names_product: bool) -> bool:
    """Whether a price is asked that is nobody's in this chat: of petrol, or of gold where no product is of gold."""
    if not MARKETS.isdisjoint(words):
        return True
    goods = {word for word in words if word in PRODUCT_WORDS}
    return bool(goods) and goods <= METALS and (not names_product or "aaj" in words or "today" in words)


def _naming(best: dict[str, Guess], names_product: bool) -> float:
    """How much a named thing says: more when the words already sound like a question about goods."""
    if "product_inquiry" in best:
        return 0.62
    return 0.56 if names_product else 0.45


def _weigh(
    best: dict[str, Guess],
    words: list[str],
    *,
    names_product: bool,
    quantity: int | None,
    has_order_number: bool,
) -> None:
    """Add what follows from products, counts and order numbers rather than from intent words."""

    def add(intent: str, weight: float, *reasons: str) -> None:
        known = best.get(intent)
        if known is None or known.confidence < weight:
            best[intent] = Guess(intent, weight, reasons)

    line = " ".join(words)
    if "order_intent" in best and _REFUSED.search(line):
        del best["order_intent"]
    if "price_inquiry" in best and _asks_a_market(words, names_product=names_product):
        best.clear()
        add("other", 0.9, *(word for word in words if word in MARKETS | METALS))
        return
    known_thing = names_product or any(word in PRODUCT_WORDS for word in words)
    if known_thing:
        asks = words[-1] in ("hai", "kya") or "hai kya" in line or "hai na" in line or line.startswith("kya aap")
        goods = [word for word in words if word in PRODUCT_WORDS]
        made_of = bool(goods) and all(word in MATERIAL_WORDS for word in goods)
        if asks and "kitna" not in words:
            add("product_inquiry" if made_of else "availability", 0.66, "hai")
        add("product_inquiry", _naming(best, names_product))
        if "order_intent" in best:
            add("order_intent", 0.66 if names_product else 0.58, *best["order_intent"].words)
    if quantity is not None:
        alone = len(words) == 1 and words[0].isdecimal()
        add("order_intent", 0.85 if "chahiye" in words else 0.78 if known_thing else 0.45 if alone else 0.55)
    if has_order_number:
        add("order_status", 0.68)
