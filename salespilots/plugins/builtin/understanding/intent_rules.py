"""The intent rules as data: a pattern over canonical words, and how much it says when it matches.

A pattern is a regular expression over the words joined by spaces; ``~`` stands for up to three words between,
and a name in angle brackets for one of `NAMED`. Weights order the intents by how specific the wording is:
"<thing>~kahan" (0.94) beats the bare word "buy". 0.5 and more is enough to act on; 0.3 to 0.5 is a hint that
deserves a question back.
"""

from __future__ import annotations

from salespilots.plugins.builtin.understanding.rules_after_sale import AFTER_SALE
from salespilots.plugins.builtin.understanding.rules_before_sale import BEFORE_SALE

NAMED: dict[str, str] = {
    "<thing>": "(?:order|ordered|parcel|saman|thing)",
    "<size>": "(?:xs|s|m|l|xl|xxl|xxxl|freesize)",
    "<number>": r"(?:\d+|ek|do|teen|char|chaar|one|two|three|four|five|panch|paanch)",
    "<when>": r"(?:aaj|kal|parso|today|tomorrow|tonight|(?:\d+|ek|do|teen|char) (?:din|days?|hafta|weeks?)|monday|tuesday|wednesday"
    "|thursday|friday|saturday|sunday|weekend|shaadi|shadi|wedding|diwali|rakhi|holi|eid|christmas|birthday|function|festival)",
    "<ended>": r"(?:(?: (?:hai|kya|ya|ka|nahi|na|ab|sir|bhai|please))*$)",
    "<waiting>": "(?:din|time|samay|ghante|baje|der|week|month|year|hour|day)",
}
"""Groups of words many patterns share."""

_ORDER = (
    "price_inquiry",
    "availability",
    "order_intent",
    "order_status",
    "payment_issue",
    "cancel_order",
    "refund_return",
    "delivery_info",
    "complaint",
    "human_agent",
    "product_inquiry",
    "thanks_bye",
    "greeting",
    "other",
)
"""Of two equally strong intents the one that comes first here wins."""

RULES = {intent: (BEFORE_SALE | AFTER_SALE)[intent] for intent in _ORDER}
"""The rules of each intent. "other" lists topics a shop chat cannot answer by itself."""

MARKETS = frozenset({"petrol", "diesel", "dollar", "euro", "bitcoin", "crypto", "sensex", "nifty", "lpg"})
"""Things with a price that no shop here sells."""
METALS = frozenset({"gold", "silver"})
"""Goods in a product's name ("silver jhumka"), and a market price when asked for alone."""
