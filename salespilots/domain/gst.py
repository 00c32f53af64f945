"""Goods and services tax of India: states, GSTIN, what of a price is tax, and how documents are numbered.

Prices include the tax. What an order is charged beside its goods (delivery, cash on delivery fee) is part of a composite
supply and is taxed at the rate of its principal supply: the rate of the goods that are worth most (`principal_rate`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from salespilots.domain.business import Business
from salespilots.domain.money import allocate, tax_inside
from salespilots.domain.order import Order
from salespilots.domain.refunding import discount_of_lines

IST = timezone(timedelta(hours=5, minutes=30))
"""The financial year begins and ends in this time."""

STATES: dict[str, str] = {
    "01": "Jammu and Kashmir", "02": "Himachal Pradesh", "03": "Punjab", "04": "Chandigarh", "05": "Uttarakhand",
    "06": "Haryana", "07": "Delhi", "08": "Rajasthan", "09": "Uttar Pradesh", "10": "Bihar", "11": "Sikkim",
    "12": "Arunachal Pradesh", "13": "Nagaland", "14": "Manipur", "15": "Mizoram", "16": "Tripura", "17": "Meghalaya",
    "18": "Assam", "19": "West Bengal", "20": "Jharkhand", "21": "Odisha", "22": "Chhattisgarh", "23": "Madhya Pradesh",
    "24": "Gujarat", "26": "Dadra and Nagar Haveli and Daman and Diu", "27": "Maharashtra", "29": "Karnataka",
    "30": "Goa", "31": "Lakshadweep", "32": "Kerala", "33": "Tamil Nadu", "34": "Puducherry",
    "35": "Andaman and Nicobar Islands", "36": "Telangana", "37": "Andhra Pradesh", "38": "Ladakh",
}  # fmt: skip
"""States and union territories by their GST code."""

_OLD = {
    "orissa": "21", "pondicherry": "34", "uttaranchal": "05", "nct of delhi": "07", "new delhi": "07",
    "daman and diu": "26", "dadra and nagar haveli": "26", "chattisgarh": "22",
}  # fmt: skip
_OLD_CODES = {"25": "26", "28": "37"}
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_GSTIN = re.compile(r"^[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z]Z[0-9A-Z]$")
_PREFIX = re.compile(r"^[A-Z0-9]{1,3}$")

CREDIT_SERIES, PRACTICE_SERIES, PRACTICE_CREDIT_SERIES = "CN", "PR", "PCN"
"""Series beside the shop's own, so that no number is given twice."""

LONGEST_NUMBER = 16
"""CGST rule 46 (b)."""


def state_code(name: str) -> str | None:
    """``karnataka`` → ``29``; a code stays itself; None for what is no state."""
    text = re.sub(r"[^a-z0-9 ]", " ", name.lower().replace("&", " and "))
    text = " ".join(text.split()).removeprefix("the ")
    if text in STATES:
        return text
    return _OLD.get(text) or next((code for code, one in STATES.items() if one.lower() == text), None)


def check_gstin(value: str) -> str:
    """The GSTIN in capitals without spaces. Its last character is the check digit of the others (modulus 36).

    Raises `ValueError` with a sentence to show.
    """
    text = value.upper().replace(" ", "")
    if not _GSTIN.match(text):
        raise ValueError("A GSTIN has 15 letters and digits, such as 29ABCDE1234F1Z5.")
    total = 0
    for index, character in enumerate(text[:14]):
        product = _DIGITS.index(character) * (2 if index % 2 else 1)
        total += product // 36 + product % 36
    if _DIGITS[(36 - total % 36) % 36] != text[14]:
        raise ValueError("The last character does not fit the others. Check for a typing mistake.")
    if state_of_gstin(text) is None:
        raise ValueError("The first two digits are no state of India.")
    return text


def state_of_gstin(gstin: str) -> str | None:
    """The state's name in a GSTIN's first two digits."""
    return STATES.get(_OLD_CODES.get(gstin[:2], gstin[:2]))


def charges_tax(shop: Business) -> bool:
    """Whether the shop's prices contain tax that it states: it is registered and pays in the ordinary way."""
    return bool(shop.gstin) and not shop.composition


def state_of_shop(shop: Business) -> str:
    """Where it supplies from, or an empty text."""
    return (state_of_gstin(shop.gstin) if shop.gstin else None) or shop.state


def place_of_supply(address: Mapping[str, object], pincode_state: str, shop_state: str) -> str:
    """The state the goods go to: as the address says, else where its pincode is, else the shop's."""
    for name in (str(address.get("state") or ""), pincode_state):
        code = state_code(name)
        if code:
            return STATES[code]
    return shop_state


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxed:
    """A line, or a charge, taken apart. ``gross_paise`` is what is paid for it after its part of the discount."""

    key: str
    basis_points: int
    gross_paise: int
    taxable_paise: int
    cgst_paise: int = 0
    sgst_paise: int = 0
    igst_paise: int = 0

    @property
    def tax_paise(self) -> int:
        """All of it."""
        return self.cgst_paise + self.sgst_paise + self.igst_paise


def split(key: str, gross_paise: int, basis_points: int, *, within: bool) -> Taxed:
    """Tax and what it is on: rounded once, so that both add up to ``gross_paise``. ``within`` the shop's state the tax is
    halved (the odd paisa is CGST), else it is IGST."""
    tax = tax_inside(gross_paise, basis_points)
    cgst, sgst = allocate(tax, [1, 1]) if within else (0, 0)
    return Taxed(
        key=key, basis_points=basis_points, gross_paise=gross_paise, taxable_paise=gross_paise - tax, cgst_paise=cgst,
        sgst_paise=sgst, igst_paise=0 if within else tax,
    )  # fmt: skip


def principal_rate(order: Order) -> int:
    """The rate, in basis points, of the goods that are worth most after the discount; of two worth the same the higher."""
    off, worth = discount_of_lines(order), dict[int, int]()
    for line in order.lines:
        points = line.gst_basis_points
        worth[points] = worth.get(points, 0) + line.total_paise - off[line.id]
    return max(worth, key=lambda points: (worth[points], points)) if worth else 0


def taxed_order(order: Order, *, taxed: bool, within: bool = True) -> list[Taxed]:
    """Every line by its id, then ``shipping`` and ``cod_fee`` where they are charged. Their gross adds up to the order's
    total; the tax does not depend on ``within``."""
    off = discount_of_lines(order)
    parts = [(line.id, line.total_paise - off[line.id], line.gst_basis_points) for line in order.lines]
    charges = (("shipping", order.shipping_paise), ("cod_fee", order.cod_fee_paise))
    parts += [(key, paise, principal_rate(order)) for key, paise in charges if paise]
    return [split(key, paise, points if taxed else 0, within=within) for key, paise, points in parts]


def tax_of_order(order: Order, shop: Business) -> int:
    """The tax inside what is paid for an order, as its document will state it."""
    return sum(one.tax_paise for one in taxed_order(order, taxed=charges_tax(shop)))


def financial_year(at: datetime) -> str:
    """``26-27`` from 1 April 2026 to 31 March 2027, in Indian time."""
    here = at.astimezone(IST)
    first = here.year if here.month >= 4 else here.year - 1
    return f"{first % 100:02d}-{(first + 1) % 100:02d}"


def check_prefix(value: str) -> str:
    """What a shop's document numbers start with, in capitals. Raises `ValueError` with a sentence to show."""
    text = value.strip().upper()
    if not _PREFIX.match(text):
        raise ValueError("One to three letters or digits.")
    if text in (CREDIT_SERIES, PRACTICE_SERIES, PRACTICE_CREDIT_SERIES):
        raise ValueError("This one is taken for credit notes and practice. Choose another.")
    return text


def document_number(series: str, year: str, value: int) -> str:
    """``INV/26-27/00042``. Raises `ValueError` where it would be longer than the law allows."""
    number = f"{series}/{year}/{value:05d}"
    if len(number) > LONGEST_NUMBER:
        raise ValueError("The series of document numbers of this year is used up.")
    return number
