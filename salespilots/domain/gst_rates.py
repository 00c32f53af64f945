"""Rates of GST, exactly: in hundredths of a percent (basis points), so that 0.25 % is 25.

Rows keep the whole percent and the hundredths beside it, so that the release before reads whole rates as ever.
"""

from __future__ import annotations

import re

HIGHEST = 100 * 100
_RATE = re.compile(r"^(?=\.?[0-9])([0-9]{0,3})(?:\.([0-9]{1,2})0*|\.)?\s*%?$", re.ASCII)


def read_rate(value: object) -> int:
    """Basis points of a rate in percent: ``3``, ``0.25``, ``"0.25"``, ``"0.25 %"``. Raises `ValueError` with a sentence
    to show."""
    known = isinstance(value, (int, float, str)) and not isinstance(value, bool)
    match = _RATE.match(str(value).strip()) if known else None
    if not match:
        raise ValueError("Write a rate like 5 or 0.25, with at most two decimals.")
    points = int(match.group(1) or 0) * 100 + int((match.group(2) or "").ljust(2, "0"))
    if points > HIGHEST:
        raise ValueError("A rate is not above 100.")
    return points


def rate_text(points: int) -> str:
    """Percent without needless zeros: 25 is ``0.25``, 150 is ``1.5``, 500 is ``5``."""
    whole, rest = divmod(points, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".")


def half_text(points: int) -> str:
    """Half of a rate, which is what CGST and SGST have each: 25 is ``0.125``."""
    whole, rest = divmod(points * 5, 1000)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".")


def rate_value(points: int) -> int | str:
    """The same as it is kept in a document: a whole number where it is one, else its text."""
    return rate_text(points) if points % 100 else points // 100


def rate_fields(points: int) -> dict[str, int]:
    """The two fields of a product, or of a line."""
    return {"gst_rate": points // 100, "gst_hundredths": points % 100}
