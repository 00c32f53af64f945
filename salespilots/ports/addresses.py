"""An address written in one message, taken apart: name, phone, pincode, and what the courier reads.

"Riya Sen, Flat 3, Rose Apartments, Baner, Pune 411045, 98450 12345" in any order, with commas or lines, labelled or
not. Nothing is guessed: a part that is not there is left out, to be asked for.
"""

from __future__ import annotations

import re

import phonenumbers

from salespilots.ports.pincodes import place_of

MAX_LINE = 400

_DIGITS = str.maketrans("०१२३४५६७८९", "0123456789")
_PHONE = re.compile(r"(?<![\d+])(?:\+?91[\s-]?|0)?[6-9](?:[\s-]?\d){9}(?!\d)")
_PINCODE = re.compile(r"(?<!\d)([1-9]\d{2})[\s-]?(\d{3})(?!\d)")
_LABEL = re.compile(
    r"^\s*(?P<label>name|naam|नाम|phone|mobile|mob|contact|number|no|ph|फोन|मोबाइल|pin ?code|pin|पिनकोड|पिन|address|addr|pata|पता)"
    r"\s*(?:no|number)?\s*[:.\-–]+\s*", re.IGNORECASE,
)  # fmt: skip
_NAMES = frozenset({"name", "naam", "नाम"})
_ADDRESSES = frozenset({"address", "addr", "pata", "पता"})
_OF_A_PLACE = re.compile(
    r"\d|\b(?:flat|house|home|plot|door|floor|block|wing|tower|sector|phase|ward|road|rd|street|st|cross|main|lane|gali"
    r"|marg|chowk|nagar|nagari|colony|vihar|enclave|layout|society|soc|apartments?|apts?|residency|heights|bhavan|bhawan"
    r"|building|bldg|complex|villa|near|nr|opp|opposite|behind|beside|next|above|shop|office|village|vill|gaon|post|po"
    r"|dist|district|taluka|tehsil|mandal|city|town|bazaar|bazar|market|station|temple|mandir|masjid|school|hospital"
    r"|park|garden|puram|pur|bagh|ganj|halli|pet|peth)\b|नगर|गली|मकान|रोड|मार्ग|कॉलोनी|फ्लैट|गाँव|गांव|मोहल्ला|के पास",
    re.IGNORECASE,
)  # fmt: skip
_NAME = re.compile(r"^[^\W\d_][^\d@#/<>?!]{1,59}$")


def read_phone(text: str) -> str | None:
    """The first valid Indian or international number of a text, as +919845012345."""
    for candidate in re.finditer(r"\+?\d[\d\s().-]{7,17}\d", text.translate(_DIGITS)):
        try:
            number = phonenumbers.parse(candidate.group(), "IN")
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None


def read_address(text: str) -> dict[str, str]:
    """The parts of it under ``name, phone, pincode, address, city, state``; ``address`` is the line for the courier."""
    found: dict[str, str] = {}
    rest = text.translate(_DIGITS)
    for candidate in _PHONE.finditer(rest):
        phone = read_phone(candidate.group())
        if phone:
            found["phone"] = phone
            rest = rest[: candidate.start()] + "," + rest[candidate.end() :]
            break
    pins = [one for one in _PINCODE.finditer(rest) if place_of(one.group(1) + one.group(2)) or _is_labelled(rest, one)]
    pins = pins or list(_PINCODE.finditer(rest))
    if pins:
        pin = pins[-1]
        found["pincode"] = pin.group(1) + pin.group(2)
        rest = rest[: pin.start()] + "," + rest[pin.end() :]
        place = place_of(found["pincode"])
        if place:
            found["state"] = place.state
            if place.district:
                found["city"] = place.district
    parts: list[str] = []
    for part in re.split(r"[\n,;|]+", rest):
        label = _LABEL.match(part)
        words = " ".join((part[label.end() :] if label else part).split()).strip(" .:-–")
        kind = label.group("label").lower() if label else ""
        if not words:
            continue
        if kind in _NAMES and _NAME.match(words):
            found["name"] = words
        elif kind and kind not in _ADDRESSES and kind not in _NAMES and not re.search(r"\w{3}", words):
            continue
        else:
            parts.append(words)
    if "name" not in found and len(parts) > 1 and _is_name(parts[0], found):
        found["name"] = parts.pop(0)
    known = {found.get(name, "").casefold() for name in ("city", "state")} - {""}
    line = ", ".join(part for part in parts if part.casefold() not in known)[:MAX_LINE]
    if _is_line(line):
        found["address"] = line
    return found


def _is_labelled(text: str, pin: re.Match[str]) -> bool:
    return bool(re.search(r"(?:pin|पिन)\s*(?:code|कोड)?\s*[:.\-–]?\s*$", text[: pin.start()], re.IGNORECASE))


def _is_name(words: str, found: dict[str, str]) -> bool:
    return bool(
        _NAME.match(words)
        and len(words.split()) <= 4
        and not _OF_A_PLACE.search(words)
        and words.casefold() not in {found.get("city", "").casefold(), found.get("state", "").casefold()}
    )


def _is_line(line: str) -> bool:
    return len(line) >= 8 and len(line.split()) >= 3 and bool(_OF_A_PLACE.search(line))
