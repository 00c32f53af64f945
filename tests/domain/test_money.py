"""Rupees and paise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salespilots.domain.money import (
    MAX_PAISE,
    allocate,
    check_paise,
    parse_rupees,
    rupees,
    rupees_short,
)

AMOUNTS = st.integers(-MAX_PAISE, MAX_PAISE)


@pytest.mark.parametrize(
    ("paise", "text", "short"),
    [
        (0, "₹0.00", "₹0"),
        (129900, "₹1,299.00", "₹1,299"),
        (12345600, "₹1,23,456.00", "₹1.23 L"),
        (310000000, "₹31,00,000.00", "₹31.00 L"),
        (3100000000, "₹3,10,00,000.00", "₹3.10 Cr"),
        (-50000, "−₹500.00", "−₹500"),
    ],
)
def test_writing(paise: int, text: str, short: str) -> None:
    assert (rupees(paise), rupees_short(paise)) == (text, short)


def test_sums_beyond_one_amount_are_written() -> None:
    assert rupees(MAX_PAISE * 12).endswith(",00,00,000.00")
    assert rupees_short(MAX_PAISE * 12) == "₹120000.00 Cr"
    with pytest.raises(ValueError):
        check_paise(MAX_PAISE + 1)


@given(AMOUNTS)
def test_what_is_written_can_be_read(paise: int) -> None:
    assert parse_rupees(rupees(paise).replace("−₹", "-")) == paise


@pytest.mark.parametrize(("text", "paise"), [("1,23,456.5", 12345650), (" ₹499 ", 49900), ("Rs.20", 2000), ("0", 0)])
def test_reading(text: str, paise: int) -> None:
    assert parse_rupees(text) == paise


@pytest.mark.parametrize("junk", ["", "abc", "1.234", "1e5", "१२", "--1", "9" * 30, "1,2 3"])
def test_junk_is_refused(junk: str) -> None:
    with pytest.raises(ValueError):
        parse_rupees(junk)


@pytest.mark.parametrize("wrong", [1.0, True, "1", None])
def test_only_whole_paise(wrong: object) -> None:
    with pytest.raises(TypeError):
        check_paise(wrong)


@given(st.integers(0, MAX_PAISE), st.lists(st.integers(0, 1000), min_size=1, max_size=20))
def test_allocation_loses_no_paisa(total: int, weights: list[int]) -> None:
    if sum(weights) == 0:
        with pytest.raises(ValueError):
            allocate(total, weights)
        return
    parts = allocate(total, weights)
    assert sum(parts) == total
    assert min(parts) >= 0


def test_what_weighs_nothing_takes_no_odd_paisa() -> None:
    assert allocate(1, [0, 1, 4]) == [0, 1, 0]
