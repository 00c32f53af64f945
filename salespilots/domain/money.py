"""Rupees as integer paise: the only place where money is parsed, split and written out."""

from __future__ import annotations

import re
from collections.abc import Sequence

MAX_PAISE = 10**13
"""Ten thousand crore rupees: no shop amount is larger, and every store holds it without loss."""

_AMOUNT = re.compile(r"^(?:₹|rs\.?|inr)?\s*(-?)\s*([0-9][0-9,]*)(?:\.([0-9]{1,2}))?\s*$", re.IGNORECASE)


def check_paise(value: object, *, name: str = "amount") -> int:
    """Return ``value`` when it is a whole number of paise within range; floats and bools are refused."""
    whole = _whole_paise(value, name)
    if abs(whole) > MAX_PAISE:
        raise ValueError(f"{name} is out of range")
    return whole


def _whole_paise(value: object, name: str = "amount") -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be whole paise, not {type(value).__name__}")
    return value


def parse_rupees(text: str) -> int:
    """Read what an owner types (``1,23,456.5``, ``₹499``) into paise. Raises `ValueError` with a sentence to show."""
    match = _AMOUNT.match(text.strip())
    if not match:
        raise ValueError("Write an amount like 1,299 or 1,299.50.")
    sign, whole, fraction = match.groups()
    paise = int(whole.replace(",", "")) * 100 + int((fraction or "").ljust(2, "0") or 0)
    if paise > MAX_PAISE:
        raise ValueError("That amount is too large.")
    return -paise if sign else paise


def group_digits(number: int) -> str:
    """Indian grouping of a whole number: 1234567 becomes ``12,34,567``."""
    digits = str(abs(number))
    head, tail = digits[:-3], digits[-3:]
    parts: list[str] = []
    while len(head) > 2:
        head, part = head[:-2], head[-2:]
        parts.insert(0, part)
    if head:
        parts.insert(0, head)
    return ("-" if number < 0 else "") + ",".join([*parts, tail])


def rupees(paise: int) -> str:
    """``129900`` becomes ``₹1,299.00``; negative amounts carry a true minus sign. Sums of any size are written."""
    whole, rest = divmod(abs(_whole_paise(paise)), 100)
    return f"{'−' if paise < 0 else ''}₹{group_digits(whole)}.{rest:02d}"


def rupees_short(paise: int) -> str:
    """For tiles: full to ₹99,999, then lakh (``₹1.24 L``) and crore (``₹3.10 Cr``)."""
    whole = abs(_whole_paise(paise)) // 100
    sign = "−" if paise < 0 else ""
    if whole < 100_000:
        return f"{sign}₹{group_digits(whole)}"
    if whole < 10_000_000:
        return f"{sign}₹{whole / 100_000:.2f} L"
    return f"{sign}₹{whole / 10_000_000:.2f} Cr"


def allocate(total_paise: int, weights: Sequence[int]) -> list[int]:
    """Split ``total_paise`` by ``weights`` so that the parts add up exactly; the first parts that weigh anything take the
    odd paise."""
    check_paise(total_paise)
    whole = sum(weights)
    if not weights or whole <= 0 or min(weights) < 0:
        raise ValueError("weights must be non-negative and not all zero")
    parts = [total_paise * weight // whole for weight in weights]
    heavy = [index for index, weight in enumerate(weights) if weight]
    for index in heavy[: total_paise - sum(parts)]:
        parts[index] += 1
    return parts


def tax_inside(gross_paise: int, basis_points: int) -> int:
    """The GST contained in a price that includes it, rounded half up to the paisa; 500 basis points are 5 %."""
    if basis_points <= 0:
        return 0
    whole = 100 * 100 + basis_points
    return (2 * gross_paise * basis_points + whole) // (2 * whole)
