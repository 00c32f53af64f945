"""The price-truth guard: a model's sentence leaves only if every figure and link in it came from this turn's tools.

Amounts, stock figures, percentages and addresses are compared with what the tools returned; claims that only the
shop may make (money received, discounts, free goods) are refused whatever the figures.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s\"'<>{}\[\])]+|\b[a-z0-9-]+\.(?:com|in|net|org|io|me|shop|link|co)\b[^\s\"'<>{}\[\])]*",
    re.IGNORECASE,
)
_SPELLED = re.compile(
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|"
    r"hundred|thousand|lakh|ek|do|teen|char|paanch|sau|hazaar|hazar|सौ|हज़ार|हजार|लाख)\b[\s\w]{0,30}?"
    r"(?:rupees?|rupaye|rupye|rs\b|inr\b|₹|रुपये|रुपए|percent|%|प्रतिशत)",
    re.IGNORECASE,
)
_CLAIMS = re.compile(
    r"\b(?:discount|coupon|promo|cashback|% off|percent off|for free|free of (?:cost|charge)|free gift|muft|"
    r"payment (?:is |was |has been )?(?:received|confirmed|successful)|you have paid|refund(?:ed)? (?:is|was|has)|"
    r"guarantee[ds]?|order (?:is |has been |was )?(?:placed|confirmed|booked))\b|मुफ़्त|मुफ्त|छूट|डिस्काउंट",
    re.IGNORECASE,
)
_STOCK = re.compile(
    r"\b(?:in stock|out of stock|sold out|available|left|remaining|khatam|milega|bacha|bache)\b|स्टॉक|उपलब्ध",
    re.IGNORECASE,
)
_SYSTEM = re.compile(r"\b(?:system prompt|my instructions|api key|as an ai|language model)\b", re.IGNORECASE)
MAX_REPLY = 900


@dataclass(slots=True)
class Facts:
    """What the tools of one turn returned. ``numbers`` in plain form (``1499``, ``1499.00`` is ``1499``)."""

    numbers: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    tools_used: int = 0

    def learn(self, result: str) -> None:
        """Add a tool's result."""
        self.tools_used += 1
        text = _plain(result)
        for link in _LINK.findall(text):
            self.links.add(link.rstrip(".,;)\"'"))
        self.numbers.update(_figure(one) for one in _NUMBER.findall(_LINK.sub(" ", text)))


def _plain(text: str) -> str:
    """Compatibility forms and any script's digits become plain ones; invisible characters go."""
    normal = unicodedata.normalize("NFKC", text)
    return "".join(
        str(unicodedata.digit(one)) if one.isdigit() and not one.isascii() else one
        for one in normal
        if unicodedata.category(one) != "Cf"
    )


def _figure(text: str) -> str:
    """One spelling per number."""
    whole, _, fraction = text.replace(",", "").partition(".")
    fraction = fraction.rstrip("0")
    whole = whole.lstrip("0") or "0"
    return f"{whole}.{fraction}" if fraction else whole


def problem_with(reply: str, facts: Facts) -> str | None:
    """Why the reply must not leave, or None."""
    text = _plain(reply).strip()
    if not text or len(text) > MAX_REPLY:
        return "empty or too long"
    for link in _LINK.findall(text):
        if link.rstrip(".,;)\"'") not in facts.links:
            return "a link that no tool gave"
    bare = _LINK.sub(" ", text)
    for number in _NUMBER.findall(bare):
        if _figure(number) not in facts.numbers:
            return "a figure that no tool gave"
    if _SPELLED.search(bare):
        return "an amount in words"
    if _CLAIMS.search(bare):
        return "a claim only the shop may make"
    if _SYSTEM.search(bare):
        return "talk about itself"
    if _STOCK.search(bare) and not facts.tools_used:
        return "a stock claim without looking"
    return None
