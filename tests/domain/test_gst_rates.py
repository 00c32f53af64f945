"""Rates of GST: read from what people and programs write, exact, and written out again."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salespilots.domain.gst import split
from salespilots.domain.gst_rates import half_text, rate_text, rate_value, read_rate
from salespilots.domain.money import MAX_PAISE, tax_inside


@pytest.mark.parametrize(
    ("written", "points", "text", "half"),
    [
        (0, 0, "0", "0"), ("0.1", 10, "0.1", "0.05"), (0.25, 25, "0.25", "0.125"), (".25", 25, "0.25", "0.125"),
        (" 1.50 % ", 150, "1.5", "0.75"), (3.0, 300, "3", "1.5"), ("18.000", 1800, "18", "9"), (40, 4000, "40", "20"),
        ("100", 10000, "100", "50"),
    ],
)  # fmt: skip
def test_a_rate_is_read_and_written(written: Any, points: int, text: str, half: str) -> None:
    assert read_rate(written) == points
    assert (rate_text(points), half_text(points)) == (text, half)
    assert read_rate(rate_value(points)) == points


@pytest.mark.parametrize(
    "wrong",
    [
        "-1", -0.25, "100.01", 101, 2**62, "0.125", 0.125, 1e-7, float("nan"), float("inf"), "", ".", "%", "five", "1e1",
        "५", True, None, [5], "5 5",
    ],
)  # fmt: skip
def test_nonsense_is_no_rate(wrong: Any) -> None:
    with pytest.raises(ValueError):
        read_rate(wrong)


@given(st.integers(0, MAX_PAISE), st.integers(0, 10000))
def test_tax_is_exact_and_rounded_half_up(gross: int, points: int) -> None:
    tax = tax_inside(gross, points)
    exact = Fraction(gross * points, 10000 + points)
    assert Fraction(-1, 2) <= exact - tax < Fraction(1, 2)
    assert 0 <= split("", gross, points, within=True).cgst_paise - split("", gross, points, within=True).sgst_paise <= 1
