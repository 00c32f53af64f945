"""What else a message says: how many, yes or no, and which order.

Numbers are dangerous in a shop chat: sizes, prices, pincodes, phone numbers and model numbers all look like
counts. A number is a quantity only when the words around it say so.
"""

from __future__ import annotations

import re
from collections.abc import Container

from salespilots.plugins.builtin.understanding.script import word_set
from salespilots.plugins.builtin.understanding.tokens import CARRIERS, Reading, Token, number_of

_UNITS = word_set("piece pair set dozen box quantity")
_NOT_A_COUNT_BEFORE = word_set(
    "under below above upto within rs size number order pincode flat house no around near max budget paisa sp price"
    " gali sector road floor phone call between uk age"
)
_NOT_A_COUNT_AFTER = word_set(
    "inch inches cm mm kg gm gms gram grams ml litre liter din day days week weeks month months hour hours ghante baje"
    " rs paisa year years yr k meter metre mtr yard percent am pm saal mahine hafte size no number rupee min minute"
    " minutes baar star stars ka rating th nd st rd"
)
_ASKING = word_set("chahiye lena order book buy want need dena bhejo take kharidna pack confirm karo please")
_GIVING_BEFORE = word_set("batao karo dena bhejo dikhao rakho laga bhej kar de number")
_ENGLISH_DO_AFTER = word_set("you u i we they it not n't have ye aap")
_ALONE = word_set("bas only please bhai sir ji piece hai ok haan just yes actually make it instead sirf")
_LARGEST = 999
_FEW = 12

_YES_CORE = word_set("haan yes ok confirm theek sahi bilkul pakka sure done ji zaroor acha")
_YES_EXTRA = word_set(
    "hai karo do bhai sir please go ahead ho ka dena order kiya it correct right bhejo all good great"
)
_NO_CORE = word_set("nahi no cancel mat rehne")
_NO_EXTRA = word_set(
    "chahiye karo thanks bhai sir ji please dena ab rehne mat do na bas abhi it ho hai mujhe don't want"
)
_NO_ALONE = frozenset({"na", "n", "not now", "abhi nahi", "rehne do"})
_YES_ALONE = frozenset({"k", "y", "yo", "correct", "right", "go ahead", "done deal", "kar do", "karo"})

_STOP = frozenset(
    [
        "stop",
        "stop it",
        "stop this",
        "stop messages",
        "stop messaging",
        "stop message",
        "stop messaging me",
        "unsubscribe",
        "opt out",
        "optout",
        "no more messages",
        "do not message",
        "do not message me",
        "don't message",
        "don't message me",
        "dont message me",
        "message mat karo",
        "msg mat karo",
        "message mat bhejo",
        "msg mat bhejo",
        "mat bhejo",
        "mat bhejna",
        "mat bhejo message",
        "messages band karo",
        "message band karo",
        "msg band karo",
        "band karo",
        "bandh karo",
        "message mat karna",
        "बंद करो",
        "मैसेज बंद करो",
        "मैसेज मत भेजो",
        "मत भेजो",
        "मैसेज मत करो",
        "स्टॉप",
    ]
)
_START = frozenset(
    [
        "start",
        "unstop",
        "subscribe",
        "start messages",
        "start again",
        "message shuru karo",
        "shuru karo",
        "chalu karo",
        "message chalu karo",
        "शुरू करो",
        "मैसेज शुरू करो",
        "चालू करो",
        "स्टार्ट",
    ]
)
_ASIDE = frozenset(["please", "pls", "plz", "ji", "bhai", "sir", "madam", "mam", "ok", "कृपया", "जी", "now", "abhi"])

_HASH_NUMBER = re.compile(r"#\s?([a-z]{0,5}-?\d{2,10})\b")
_PREFIXED_NUMBER = re.compile(r"(?<![\w-])([a-z]{2,5}-\d{3,8}|(?:sp|ord|od|inv)[ -]?\d{3,8})(?![\w-])")
_NAMED_NUMBER = re.compile(
    r"\b(?:order|ord|ऑर्डर|आर्डर)\s*(?:no|number|num|id|नंबर)?\s*[.:#-]?\s*((?=[a-z-]*\d)[a-z]{0,5}-?\d{3,8})(?!\w)"
)
_NOT_ORDERS = re.compile(r"^(?:rs|inr|pin|size|no|uk|us|eu|under|upto|xl|covid)")


def find_order_number(text: str, product_codes: Container[str]) -> str | None:
    """Return an order number as the customer wrote it, upper-cased; a product code is not one."""
    for pattern in (_HASH_NUMBER, _PREFIXED_NUMBER, _NAMED_NUMBER):
        for match in pattern.finditer(text):
            found = match.group(1)
            if not _NOT_ORDERS.match(found) and found not in product_codes:
                return ("#" + found if pattern is _HASH_NUMBER else found).upper()
    return None


def find_answer(reading: Reading) -> str | None:
    """Return "yes" or "no" when the message says nothing but that."""
    words = [token.word for token in reading.tokens]
    if not words or len(words) > 6:
        return None
    if " ".join(token.written for token in reading.tokens) in _NO_ALONE or reading.line in _NO_ALONE:
        return "no"
    if " ".join(token.written for token in reading.tokens) in _YES_ALONE:
        return "yes"
    spoken = set(words)
    if spoken & _NO_CORE and spoken <= _NO_CORE | _NO_EXTRA:
        return "no"
    if spoken & _YES_CORE and spoken <= _YES_CORE | _YES_EXTRA and "?" not in reading.text:
        return "yes"
    return None


def find_consent(reading: Reading) -> str | None:
    """Return "stop" or "start" when the message asks for no more messages, or for messages again, and says nothing else."""
    line = " ".join(token.written for token in reading.tokens if token.written not in _ASIDE)
    return "stop" if line in _STOP else "start" if line in _START else None


def find_quantity(reading: Reading, model_numbers: Container[int], product_words: Container[str]) -> int | None:
    """Return how many the customer asks for, or None.

    ``model_numbers`` are the positions of numbers that belong to a product name or a size ("iPhone 13",
    "kurta 38"); ``product_words`` are the words the catalogue uses, so "3 sarees" counts sarees.
    """
    tokens = reading.tokens
    asking = any(token.word in _ASKING for token in tokens)
    for index, token in enumerate(tokens):
        value = number_of(token)
        if value is None or not 0 < value <= _LARGEST or index in model_numbers or _part_of_longer(tokens, index):
            continue
        before = tokens[index - 1].word if index else ""
        after = tokens[index + 1].word if index + 1 < len(tokens) else ""
        if token.word == "do" and (after in _ENGLISH_DO_AFTER or before in _GIVING_BEFORE):
            continue
        if after in _UNITS or before in ("quantity", "x") or after == "x":
            return value * 12 if after == "dozen" else value
        if before in _NOT_A_COUNT_BEFORE and not (before == "order" and token.is_number and value < 100):
            continue
        if after in _NOT_A_COUNT_AFTER:
            continue
        counted = after in product_words and after not in CARRIERS
        spoken_word = not token.is_number and token.word in ("ek", "one", "do")
        if counted and (not spoken_word or asking or (index == 0 and token.word == "do")):
            return value
        if index == len(tokens) - 1 and token.is_number and before in product_words and value <= _FEW:
            return value
        if asking and _asks_near(tokens, index):
            return value
        if all(other.word in _ALONE for position, other in enumerate(tokens) if position != index):
            return value
    return None


def numbers_set_aside(reading: Reading, model_numbers: Container[int], quantity: int | None) -> frozenset[int]:
    """Positions of numbers that say nothing about which product: counts, money, times, phone numbers."""
    aside: set[int] = set()
    for index, token in enumerate(reading.tokens):
        value = number_of(token)
        if value is None or index in model_numbers:
            continue
        before = reading.tokens[index - 1].word if index else ""
        after = reading.tokens[index + 1].word if index + 1 < len(reading.tokens) else ""
        money_or_time = (before in _NOT_A_COUNT_BEFORE and before != "size") or after in _NOT_A_COUNT_AFTER - {"size"}
        if value == quantity or money_or_time or len(token.word) > 3:
            aside.add(index)
    return frozenset(aside)


def _asks_near(tokens: tuple[Token, ...], index: int) -> bool:
    """Whether a word of asking stands up to four words after, or directly before, the number."""
    later = [token.word for token in tokens[index + 1 : index + 5]]
    earlier = [token.word for token in tokens[max(0, index - 2) : index]]
    return any(word in _ASKING for word in later) or any(word in _ASKING for word in earlier)


def _part_of_longer(tokens: tuple[Token, ...], index: int) -> bool:
    """Whether a number is a piece of something longer: "98765 43210", "2.4", "411 038"."""
    token = tokens[index]
    if not token.is_number:
        return False
    neighbours = (*tokens[max(0, index - 1) : index], *tokens[index + 1 : index + 2])
    beside = any(other.is_number and len(other.word) + len(token.word) > 5 for other in neighbours)
    return len(token.word) > 3 or "." in token.word or beside
