"""Reading a customer's answer to a question: quantity, name, phone, pincode, address, yes or no, a choice."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from salespilots.ports.addresses import read_address, read_phone
from salespilots.ports.pincodes import place_of
from salespilots.ports.texts import say
from salespilots.ports.understanding import Understanding

ANSWER_TYPES = (
    "text", "quantity", "variant", "name", "phone", "pincode", "address", "yes_no", "choice", "number", "email", "date",
    "rating",
)  # fmt: skip
DETAILS = frozenset({"name", "phone", "pincode", "address"})
"""What a parcel needs to know of its customer."""

ORDERING = DETAILS | {"quantity", "variant"}
"""What is asked on the way to an order: "no" to any of these means no order."""

MAX_PIECES = 99
MAX_WORDS = 500
"""Characters of an answer in free words that are kept."""

CHANGE_ADDRESS = "address:change"
"""What tapping "Change address" says."""

_DEVANAGARI_DIGITS = str.maketrans("०१२३४५६७८९", "0123456789")


@dataclass(frozen=True, slots=True)
class Answer:
    """``values`` to remember, and the ``problem`` to tell the customer where what was asked is not among them;
    ``declined``: they want none of it."""

    ok: bool
    values: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    declined: bool = False


def _no(problem: str) -> Answer:
    return Answer(False, problem=problem)


def _declines(understood: Understanding | None) -> bool:
    if understood is None:
        return False
    return understood.answer == "no" or (understood.intent == "cancel_order" and understood.confidence >= 0.5)


def parse_answer(
    settings: Mapping[str, Any], text: str, payload: str, understood: Understanding | None, data: Mapping[str, Any]
) -> Answer:
    """Read ``text`` (or a tapped ``payload``) as the type the question asks for."""
    kind = settings.get("type", "text")
    name = settings.get("save_as") or kind
    plain = " ".join(text.translate(_DEVANAGARI_DIGITS).split())
    if kind in ORDERING and _declines(understood):
        return Answer(True, declined=True)
    if kind in DETAILS:
        return _detail(kind, name, text, plain, understood)
    match kind:
        case "quantity":
            return _quantity(name, plain, payload, understood)
        case "variant":
            return _variant(name, payload, understood, data, plain)
        case "yes_no":
            return _yes_no(name, payload, understood)
        case "choice":
            return _choice(name, plain, payload, settings)
        case "number" | "email" | "date" | "rating":
            return _typed(kind, name, plain, payload)
    return Answer(True, {name: plain[:MAX_WORDS]}) if plain else _no(say("Write a short answer."))


def _typed(kind: str, name: str, text: str, payload: str) -> Answer:
    """An answer of one form."""
    if kind == "email":
        found = re.search(r"(?<!\S)[^\s@]{1,64}@[^\s@.]{1,63}(?:\.[^\s@.]{1,63}){1,4}(?!\S)", text)
        return (
            Answer(True, {name: found[0]})
            if found
            else _no(say("Write an e-mail address, for example riya@example.in."))
        )
    if kind == "date":
        day = _day(text)
        return Answer(True, {name: day}) if day else _no(say("Write a date, for example 24-10-1995."))
    if kind == "rating":
        stars = re.search(r"(?<!\d)[1-5](?!\d)", payload.removeprefix("choice:") or text)
        count = int(stars[0]) if stars else text.count("⭐") if 1 <= text.count("⭐") <= 5 else 0
        return Answer(True, {name: count}) if count else _no(say("Write a number from 1 to 5."))
    number = re.search(r"(?<![\d.])\d{1,9}(?:\.\d{1,2})?(?![\d.])", text.replace(",", ""))
    if number is None:
        return _no(say("Write a number."))
    return Answer(True, {name: float(number[0]) if "." in number[0] else int(number[0])})


def _day(text: str) -> str | None:
    """``24-10-1995`` and the like, day first as India writes it, as ``1995-10-24``."""
    found = re.search(r"(?<!\d)(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})(?!\d)", text)
    if found is None:
        return None
    year = int(found[3]) if len(found[3]) == 4 else 2000 + int(found[3])
    try:
        return date(year, int(found[2]), int(found[1])).isoformat()
    except ValueError:
        return None


def _detail(kind: str, name: str, text: str, plain: str, understood: Understanding | None) -> Answer:
    """One part of an address as asked; or several in one message, of which only what is missing is asked then."""
    parts = read_address(text)
    told = [one for one in DETAILS if parts.get(one)]
    if len(told) > 1:
        values: dict[str, Any] = {one: parts[one] for one in (*told, "city", "state") if parts.get(one)}
        if kind in values:
            return Answer(True, {**values, name: values[kind]})
        return Answer(False, values, problem=PROBLEMS[kind]())
    if kind == "name":
        return _name(name, plain, understood)
    if kind == "phone":
        return _phone(name, plain)
    return _pincode(name, plain) if kind == "pincode" else _address(name, plain, understood)


PROBLEMS: dict[str, Callable[[], str]] = {
    "name": lambda: say("What name should be on the parcel?"),
    "phone": lambda: say("Write a 10 digit mobile number, for example 98450 12345."),
    "pincode": lambda: say("Write the 6 digit pincode of the delivery address."),
    "address": lambda: say("Write the house or flat, street and area, so that the courier finds it."),
}
"""What is said when a part is missing."""


def _quantity(name: str, text: str, payload: str, understood: Understanding | None) -> Answer:
    if re.fullmatch(r"qty:[0-9]{1,4}", payload):
        pieces = int(payload[4:])
    elif understood is not None and understood.quantity:
        pieces = understood.quantity
    elif re.fullmatch(r"\d{1,3}", text):
        pieces = int(text)
    elif understood is not None and (understood.answer == "yes" or understood.intent == "order_intent"):
        pieces = 1
    else:
        return _no(say("How many pieces would you like? Write a number, for example 2."))
    if not 1 <= pieces <= MAX_PIECES:
        return _no(say("We can take between 1 and {most} pieces here.", most=MAX_PIECES))
    return Answer(True, {name: pieces})


def _variant(name: str, payload: str, understood: Understanding | None, data: Mapping[str, Any], text: str) -> Answer:
    options: list[dict[str, str]] = list(data.get("variants") or [])
    by_id = {one["variant_id"]: one for one in options}
    if payload.startswith("variant:") and payload[8:] in by_id:
        return Answer(True, {name: payload[8:]})
    for match in understood.products if understood else ():
        named = [one for one in match.variant_ids if one in by_id]
        if len(named) == 1:
            return Answer(True, {name: named[0]})
    words = text.casefold()
    exact = [one for one in options if one["title"].casefold() == words]
    spoken = [
        one
        for one in options
        if re.search(rf"(?<!\w){re.escape(one['title'].casefold())}(?!\w)", words) and one["title"]
    ]
    found = exact or spoken
    if len(found) == 1:
        return Answer(True, {name: found[0]["variant_id"]})
    titles = ", ".join(one["title"] for one in options)
    return _no(say("Which one would you like: {options}?", options=titles))


def _name(name: str, text: str, understood: Understanding | None) -> Answer:
    spoken = re.sub(r"^(my name is|i am|i'm|mera naam|mera name|naam|name)[\s:]+", "", text, flags=re.IGNORECASE)
    spoken = re.sub(r"\s+(hai|h|hoon|hu)$", "", spoken, flags=re.IGNORECASE).strip(" .,")
    asks = (
        understood is not None
        and understood.confidence >= 0.7
        and understood.intent not in ("other", "product_inquiry")
    )
    if len(spoken) < 2 or len(spoken) > 80 or re.search(r"[\d?@#/<>]", spoken) or len(spoken.split()) > 6 or asks:
        return _no(PROBLEMS["name"]())
    return Answer(True, {name: spoken})


def _phone(name: str, text: str) -> Answer:
    number = read_phone(text)
    return Answer(True, {name: number}) if number else _no(PROBLEMS["phone"]())


def _pincode(name: str, text: str) -> Answer:
    found = re.search(r"(?<!\d)([1-9]\d{2})\s?(\d{3})(?!\d)", text)
    if not found:
        return _no(PROBLEMS["pincode"]())
    pincode = found.group(1) + found.group(2)
    place = place_of(pincode)
    where = {"state": place.state, "city": place.district} if place else {}
    return Answer(True, {**{part: value for part, value in where.items() if value}, name: pincode})


def _address(name: str, text: str, understood: Understanding | None) -> Answer:
    asks = understood is not None and understood.confidence >= 0.75 and understood.intent != "other"
    asks = asks and not re.search(r"\d", text)
    if len(text) < 8 or len(text.split()) < 2 or text.endswith("?") or asks:
        return _no(PROBLEMS["address"]())
    return Answer(True, {name: text[:400]})


def _yes_no(name: str, payload: str, understood: Understanding | None) -> Answer:
    if payload == CHANGE_ADDRESS:
        return Answer(True, {"change_address": True})
    said = payload if payload in ("yes", "no") else (understood.answer if understood else None)
    if said is None and understood is not None and understood.intent == "cancel_order" and understood.confidence >= 0.5:
        said = "no"
    if said is None:
        return _no(say("Tap Confirm to place the order, or Cancel to stop."))
    return Answer(True, {name: said})


def _choice(name: str, text: str, payload: str, settings: Mapping[str, Any]) -> Answer:
    options = [one for one in settings.get("options") or [] if isinstance(one, str)]
    for option in options:
        if payload == f"choice:{option}" or option.casefold() == text.casefold():
            return Answer(True, {name: option})
    return _no(say("Choose one of: {options}.", options=", ".join(options)))
