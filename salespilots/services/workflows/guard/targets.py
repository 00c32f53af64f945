"""Where a reply sends a customer: links, mail and UPI addresses, phone numbers, pay-here words."""

from __future__ import annotations

import re

from salespilots.services.workflows.guard.facts import Facts
from salespilots.services.workflows.guard.numbers import bag
from salespilots.services.workflows.guard.text import MARK, WORD, fold, plain

_TLD = bag(
    "com net org io xyz ly info biz gl gd cc us uk dev ai tk gg app pro icu vip web bharat भारत in co me to shop store link top "
    "page live club online site click space website"
)
_WORDS_TOO = bag("in co me to shop store link top page live club online site click space website us web pro")
_SURE_TLD = "|".join(sorted(_TLD - _WORDS_TOO))
_ANY_TLD = "|".join(sorted(_TLD))
_ABBREVIATIONS = re.compile(
    rf"(?<!{WORD})(?:(?:[a-z]\.){{2,}}[a-z]?|(?:rs|no|nos|approx|mr|mrs|ms|dr|st|vs|etc|qty|pcs|inr|re|रु|डॉ|श्री)\.)(?=$|[\s\d,)])",
    re.IGNORECASE,
)
_LINKS = re.compile(
    rf":\s*/\s*/|\bwww\b|[\w\u0900-\u097f]\.{WORD}"
    rf"|[\[({{<]\s*(?:dot|\.)\s*[\])}}>]|(?<!polka )\bdot\s+(?!prints?\b|printed\b|designs?\b|patterns?\b|work\b){WORD}"
    rf"|{WORD}\s*[.,]\s*(?:{_SURE_TLD})(?!{WORD})|\w\s*\.\s*(?:{_ANY_TLD})\s*/|(?<!\w)(?:[a-z][\s.,_-]+){{3,}}[a-z](?!\w)|\bbit\s*\.?\s*ly\b|\btinyurl\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(rf"@\s?(?!rs\b|inr\b){WORD}|[\w.]@|[\[({{<]\s*(?:at|@)\s*[\])}}>]", re.IGNORECASE)
_HANDLES = re.compile(
    r"\b(?:ybl|okaxis|oksbi|okicici|okhdfcbank|ibl|axl|ptsbi|ptaxis|ptyes|pthdfc|waaxis|waicici|wahdfcbank|wasbi|apl|yapl|rapl"
    r"|upi\s*id|vpa|ifsc|accounts?|a/c|khat[ae]|bank (?:account|transfer|details)|neft|imps|qr ?code|scan(?: the)? qr)\b"
    r"|यूपीआई आईडी|खात[ाे]|बैंक खात",
    re.IGNORECASE,
)
_PAY_BY = re.compile(
    r"\b(?:pay|send|transfer|deposit|paying|sending|bhej\w*|bhugtan|payment)\b[^.?!\n]{0,60}\b(?:upi|gpay|google pay|phone ?pe|paytm|bhim"
    r"|number|account)\b|\b(?:upi|gpay|google pay|phone ?pe|paytm|bhim)\b[^.?!\n]{0,60}\b(?:pay|send|transfer|bhej\w*|payment|kar\w*)\b"
    r"|\b(?:pay|send|transfer|bhej\w*)\b[^.?!\n]{0,40}\b(?:here|yahan|yahaan|idhar|this link|below)\b|\bclick (?:here|on)\b"
    r"|(?:यूपीआई|गूगल पे|फोनपे|पेटीएम).{0,40}(?:भेज|भुगतान|पे |कर)|यहां (?:पे|भुगतान|भेज)",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"\b(?:whats ?app|insta(?:gram)?|facebook|youtube|telegram|dm me|call me|call us|text me)\b|व्हाट्सएप|वॉट्सऐप|टेलीग्राम",
    re.IGNORECASE,
)


def masked(reply: str, facts: Facts) -> tuple[str, list[object]]:
    """The plain text with what tools gave word for word behind `MARK` signs, and what those stand for.

    Links, codes (SKU, order and tracking numbers), titles, and lines of orders. Raises `Unreadable`.
    """
    text = plain(reply)
    known: dict[str, object] = {}
    for link in facts.links:
        if link in reply:
            known[link] = "link"
    for order in facts.orders:
        for line in (order.items, *order.items.split(", ")):
            known |= {line: "line", line.replace("×", "x"): "line"}
        known |= {order.number: "code", order.tracking: "code"}
        known |= {line.partition(" × ")[2]: "title" for line in order.items.split(", ")}
    for item in facts.items:
        known |= {one.sku: "code" for one in item.variants.values()}
        known[item.title] = item
    by_form = {fold(name): (plain_name(name), what) for name, what in known.items() if len(name.strip()) > 2}
    forms = sorted(by_form, key=len, reverse=True)
    if not forms:
        return text, []
    names = "|".join(
        rf"(?<![\w@./:-]){re.escape(one)}(?=[.,;:!?)\]}}'\"|>-]*(?:\s|$))"
        if by_form[one][1] == "link"
        else rf"(?<![\w\u0900-\u097f-]){re.escape(one)}(?![\w\u0900-\u097f]|-\w)"
        for one in forms
    )
    found: list[object] = []

    def mark(match: re.Match[str]) -> str:
        name, what = by_form[match.group().lower()]
        if what == "link" and match.group() != name:
            return match.group()
        found.append(what)
        return MARK

    return re.sub(names, mark, text, flags=re.IGNORECASE), found


def plain_name(name: str) -> str:
    """A name of the shop in the form of a plain text, its case kept."""
    folded = fold(name)
    return name if folded == name.lower() else folded


def target_problem(text: str, known: list[object]) -> str | None:
    """Why the masked text leads somewhere that no tool gave, or None."""
    bare = _ABBREVIATIONS.sub(" ", text)
    if _LINKS.search(bare):
        return "a link that no tool gave"
    if _ADDRESS.search(bare) or _HANDLES.search(bare):
        return "an address that no tool gave"
    if _ELSEWHERE.search(bare) or ("link" not in known and _PAY_BY.search(bare)):
        return "a way to pay or to talk that no tool gave"
    return None
