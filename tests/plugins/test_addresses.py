"""Addresses as people write them: one message, any order, any form."""

from __future__ import annotations

import pytest

from salespilots.ports.addresses import read_address
from salespilots.ports.answers import parse_answer
from salespilots.ports.pincodes import place_of

PHONE = "+919845012345"
WHOLE = (
    "Riya Sen, Flat 3, Rose Apartments, Baner, Pune 411045, 98450 12345",
    "Riya Sen\nFlat 3, Rose Apartments\nBaner, Pune - 411045\nPh: +91 98450-12345",
    "Name: Riya Sen\nMobile no: 09845012345\nAddress: Flat 3, Rose Apartments, Baner, Pune\nPincode: 411 045",
    "9845012345, Riya Sen, Flat 3, Rose Apartments, Baner, Pune, pin 411045",
    "नाम: Riya Sen, पता: Flat 3, Rose Apartments, Baner, Pune, पिन: ४११०४५, मोबाइल: ९८४५०१२३४५",
)


@pytest.mark.parametrize("text", WHOLE)
def test_one_message_is_taken_apart(text: str) -> None:
    found = read_address(text)
    assert (found["name"], found["phone"], found["pincode"]) == ("Riya Sen", PHONE, "411045")
    assert found["address"].startswith("Flat 3, Rose Apartments")
    assert "Baner" in found["address"]
    assert not any(digits in found["address"] for digits in ("98450", "411045", "9845012345"))
    assert (found["state"], found["city"]) == ("Maharashtra", "Pune")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Flat 3, Rose Apartments, Baner Pune 411038, 9845012345", {"phone", "pincode", "address"}),
        ("Riya Sen 98450 12345", {"phone"}),
        ("14, 3rd Cross, Indiranagar", {"address"}),
        ("H.No 5-9-22/1, Gandhinagar, opp. SBI, Hyderabad 500001", {"pincode", "address"}),
        ("c/o Sharma General Store, near bus stand, village Rampur, dist Shimla 172001", {"pincode", "address"}),
        ("560038", {"pincode"}),
        ("2 chahiye", set()),
        ("blue saree kitna hai?", set()),
    ],
)
def test_only_what_is_there_is_taken(text: str, parts: set[str]) -> None:
    assert set(read_address(text)) - {"city", "state"} == parts


def test_a_number_cut_short_is_no_phone_and_a_phone_no_pincode() -> None:
    assert "phone" not in read_address("984501234, Flat 3, Baner Road")
    assert "pincode" not in read_address("Riya, 9845012345")
    assert "pincode" not in read_address("plot 012345, Some Nagar")


@pytest.mark.parametrize(
    "phone", ["+91 98450 12345", "0 98450 12345", "98450-12345", "919845012345", "(+91) 9845012345"]
)
def test_a_phone_in_any_usual_form(phone: str) -> None:
    answer = parse_answer({"type": "phone"}, phone, "", None, {})
    assert answer.values["phone"] == PHONE


@pytest.mark.parametrize("phone", ["984501234", "98450123456", "12345", "0000000000", "hello"])
def test_what_is_no_phone(phone: str) -> None:
    assert not parse_answer({"type": "phone"}, phone, "", None, {}).ok


def test_a_pincode_suggests_state_and_city_and_an_unknown_one_is_taken_too() -> None:
    known = parse_answer({"type": "pincode"}, "560038", "", None, {})
    assert known.values == {"pincode": "560038", "state": "Karnataka", "city": "Bengaluru Urban"}
    assert place_of("199999") is None
    assert parse_answer({"type": "pincode"}, "199999", "", None, {}).values == {"pincode": "199999"}
    assert not parse_answer({"type": "pincode"}, "011038", "", None, {}).ok
