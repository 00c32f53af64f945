"""Claims about stock: that something is there, is sold out, or is nearly gone must agree with what was looked up."""

from __future__ import annotations

import re
from collections.abc import Sequence

from salespilots.services.workflows.guard.facts import Facts, Variant
from salespilots.services.workflows.guard.kinds import strange_kind
from salespilots.services.workflows.guard.numbers import bag
from salespilots.services.workflows.guard.text import WORD, Token

LITTLE = 3
"""Pieces up to which "only a few left" is true."""

LEFT = bag("left remaining bacha bachi bache bachein bacche bachaa baaki baki बचा बची बचे बाकी शेष")  # fmt: skip
THERE = LEFT | bag("stock available availability avail उपलब्ध स्टॉक स्टाक")
_GONE = bag("sold unavailable khatam khatm khtm finished खत्म समाप्त खतम")

_OUT = re.compile(
    r"out of stock|out-of-stock|\boos\b|\bstock ?out\b|sold[ -]?out|unavailable|\bkhatam\b|\bkh?a?tm\b|\bfinish(?:ed)?\b|\b(?:is|are|stock|got|now) over\b|\bover ho\b|\bkhali\b|खाली"
    r"|\bbik (?:gaya|gayi|gaye|chuk\w+)|\b(?:all|has been|have been|already|been) sold\b|\b(?:ran|run|running) out of\b|\ball gone\b|\bit's gone\b|\bis gone\b"
    r"|खत्म|खतम|समाप्त|बिक (?:गया|गई|गयी|गए|चुक)"
)
_IN = re.compile(
    r"\b(?:in stock|stock|available|availability|remaining|left(?! (?:the|our)))\b|\bbac?c?h(?:a|i|e|aa|ein)\b|\bbaa?ki\b"
    r"|\bmil (?:jaye?gi|jaye?ga|jayenge|sakt\w+)\b|\bmileg[ai]\b|उपलब्ध|स्टॉक|स्टाक|बच[ाीे]|बाकी|शेष|मिल (?:जाए|सकत)|मिलेग"
)
_NOT = re.compile(
    r"\bnot\b(?! (?:only|just)\b)|n't\b|\bcannot\b|\bnah(?:i|in|ee|ii|een)\b|\bnhi\b|\bnai\b|नही|\bnever\b|\bnone\b|\bnothing\b"
    r"|\bno (?:longer|more|stock|pieces?|units?|items?)\b|\bno\b(?: +\w*){1,4} *(?:left|remaining|available|in stock)\b|\bwithout\b|\bzero\b|(?:^| )0(?: |$)|\bनह"
)
_ABSENT = re.compile(
    r"\b(?:don't|do not|doesn't|does not) (?:\w+ )?(?:have|stock|keep|sell)\b(?! (?:\w+ )?(?:information|info|details?|idea|answers?|data|access|time|questions?)\b)|\bhaven't got\b"
    r"|\bpaas\b.*\bnah\w+|\bnah\w+\b.*\bpaas\b|पास.*नही|नही.*पास"
)
_MAYBE = re.compile(
    r"\b(?:if|when|once|whether|as soon as|jab|agar)\s+(?:[\w']+\s+){0,4}(?:back\s+)?(?:in stock|available)\b"
    r"|(?:जब|अगर|यदि)\s.{0,20}(?:उपलब्ध|स्टॉक)"
)
_SCARCE = re.compile(
    r"\blast (?:few|pieces?|ones?|units?|chance)\b|\b(?:a|only|very|just) few\b|\bfew (?:left|pieces|remaining|units)\b"
    r"|\bcouple (?:of |left|pieces|remaining)|\blimited (?:stock|pieces|quantity|edition)\b|\b(?:almost|nearly) (?:sold|gone|over|finished|out)\b"
    r"|\brunning (?:out|low)\b|\bselling (?:out|fast)\b|\b(?:low|very little) stock\b|\bdown to\b|\blast (?:\w+ ){0,3}(?:pieces?|ones?|units?|left|sarees?)\b|\bhurry\b|\bgoing fast\b"
    r"|\b(?:stock|piece|pieces) (?:bahut |bohot )?kam\b|\b(?:bahut |bohot )?kam (?:piece|pieces|stock|bach\w+)\b"
    r"|\bthod[aei] (?:hi |se )?(?:piece|pieces|bach\w+|stock)\b|\ba+khi?ri (?:piece|hi|ek|stock)?|\bantim\b|\bkhatam hone\b"
    r"|आखिरी|अंतिम|थोड[ाीे]|कुछ ही|सीमित|खत्म होने|जल्दी खत्म|(?:स्टॉक|पीस) (?:बहुत )?कम"
)
_MONEY_LEFT = re.compile(
    r"\b(?:payment|amount|balance|bhugtan|paise)\b.*\b(?:ba+ki|remaining|left)\b|(?:भुगतान|पेमेंट|पैसे|राशि).*(?:बाकी|शेष)"
)
_EVERYDAY = bag("you have has the any are available stock for this that please can get want need hai kya mein chahiye nahi koi aap "
    "mujhe aur kab mil with what which how much many your there not our one yes hello tell show left price cost kitna "
    "kitne kitni sorry abhi now right ke ki ka ko se par bhi है क्या में मुझे चाहिए नहीं कोई आप और के की का को उपलब्ध स्टॉक")  # fmt: skip


def denies(tokens: Sequence[Token]) -> bool:
    """Whether a clause denies something."""
    return bool(_NOT.search(" ".join(one.text for one in tokens)))


def about_stock(tokens: Sequence[Token]) -> bool:
    """Whether a clause speaks of stock at all."""
    return any(one.text in THERE or one.text in _GONE for one in tokens if one.kind == "word")


def stock_problem(
    tokens: Sequence[Token], about: Sequence[frozenset[Variant]], facts: Facts, *, explicit: bool
) -> str | None:
    """What is wrong with a clause's words about stock, given the kinds it is about (none: nothing was looked up).

    ``explicit``: the clause names them itself, so that a product is sold out only with all its kinds.
    """
    text = _MONEY_LEFT.sub(" ", " ".join(one.text for one in tokens))
    counts = [[one.available for one in named if one.available is not None] for named in about]
    if _SCARCE.search(text) and not any(0 < one <= LITTLE for named in counts for one in named):
        return "scarcity that is not there"
    claim = _claim(text)
    strange = strange_kind(tokens, facts)
    if strange and (claim == "in" or (claim is None and any(one.kind == "number" for one in tokens))):
        return "a kind that no tool gave"
    if strange:
        return None
    if claim is None:
        return None
    if claim == "out" and not explicit and _other_thing(tokens, facts):
        return None
    if not counts or not all(counts):
        return None if claim == "out" and not facts.items and facts.tools_used else "a stock claim without looking"
    if claim == "in":
        true = all(any(one > 0 for one in named) for named in counts)
    elif explicit:
        true = all(not any(named) for named in counts)
    else:
        true = any(one == 0 for named in counts for one in named)
    return None if true else "a stock claim that is not so"


def _claim(text: str) -> str | None:
    """``in``, ``out`` or None: a negation turns the claim round."""
    bare = _OUT.sub(" ", text)
    if bare != text:
        return "in" if _NOT.search(bare) else "out"
    if _ABSENT.search(text):
        return "out"
    if not _IN.search(text) or _MAYBE.search(text):
        return None
    return "out" if _NOT.search(text) else "in"


def _other_thing(tokens: Sequence[Token], facts: Facts) -> bool:
    """Whether a clause speaks of something that the customer asked for and that no shown product is called."""
    if facts.focus is None and facts.items:
        return True
    asked = set(re.findall(rf"{WORD}{{3,}}", facts.asked)) - _EVERYDAY - THERE - _GONE
    shown = frozenset().union(*(item.words for item in facts.items))
    return any(one.text in asked - shown for one in tokens if one.kind == "word")
