"""Reading a customer's answer to a question: quantity, name, phone, pincode, address, yes or no, a choice."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import phonenumbers

from salespilots.ports.texts import say
from salespilots.ports.understanding import Understanding

ANSWER_TYPES = ("text", "quantity", "variant", "name", "phone", "pincode", "address", "yes_no", "choice")
DETAILS = frozenset({"name", "phone", "pincode", "address"})
"""What a parcel needs to know of its customer."""

ORDERING = DETAILS | {"quantity", "variant"}
"""What is asked on the way to an order: "no" to any of these means no order."""

MAX_PIECES = 99

_DEVANAGARI_DIGITS = str.maketrans("०१२३४५६७८९", "0123456789")


@dataclass(frozen=True, slots=True)
class Answer:
    """``values`` to remember, or the ``problem`` to tell the customer; ``declined``: they want none of it."""

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
    match kind:
        case "quantity":
            return _quantity(name, plain, payload, understood)
        case "variant":
            return _variant(name, payload, understood, data, plain)
        case "name":
            return _name(name, plain, understood)
        case "phone":
            return _phone(name, plain)
        case "pincode":
            return _pincode(name, plain)
        case "address":
            return _address(name, plain, understood)
        case "yes_no":
            return _yes_no(name, payload, understood)
        case "choice":
            return _choice(name, plain, payload, settings)
    return Answer(True, {name: plain}) if plain else _no(say("Write a short answer."))


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
        return _no(say("What name should be on the parcel?"))
    return Answer(True, {name: spoken})


def _phone(name: str, text: str) -> Answer:
    problem = say("Write a 10 digit mobile number, for example 98450 12345.")
    candidate = re.search(r"\+?\d[\d\s().-]{7,17}\d", text)
    if not candidate:
        return _no(problem)
    try:
        number = phonenumbers.parse(candidate.group(), "IN")
    except phonenumbers.NumberParseException:
        return _no(problem)
    if not phonenumbers.is_valid_number(number):
        return _no(problem)
    return Answer(True, {name: phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)})


def _pincode(name: str, text: str) -> Answer:
    found = re.search(r"(?<!\d)([1-9]\d{2})\s?(\d{3})(?!\d)", text)
    if not found:
        return _no(say("Write the 6 digit pincode of the delivery address."))
    return Answer(True, {name: found.group(1) + found.group(2)})


def _address(name: str, text: str, understood: Understanding | None) -> Answer:
    asks = understood is not None and understood.confidence >= 0.75 and understood.intent != "other"
    asks = asks and not re.search(r"\d", text)
    if len(text) < 8 or len(text.split()) < 2 or text.endswith("?") or asks:
        return _no(say("Write the house or flat, street and area, so that the courier finds it."))
    return Answer(True, {name: text[:400]})


def _yes_no(name: str, payload: str, understood: Understanding | None) -> Answer:
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
