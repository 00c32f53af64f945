"""Tax: what of a price it is, whose it is, and how its documents are numbered."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salespilots.domain.business import Business
from salespilots.domain.gst import (
    STATES,
    check_gstin,
    check_prefix,
    document_number,
    financial_year,
    place_of_supply,
    principal_rate,
    split,
    state_code,
    state_of_gstin,
    state_of_shop,
    tax_of_order,
    taxed_order,
)
from salespilots.domain.gst_rates import rate_fields, read_rate
from salespilots.domain.order import Order, OrderLine

NOW = datetime(2026, 11, 20, tzinfo=UTC)
GSTIN = "29AAGCB7383J1Z4"
LINES = st.lists(
    st.tuples(
        st.integers(1, 50), st.integers(0, 10**8), st.sampled_from([0, "0.1", "0.25", "1.5", 3, 5, 12, 18, 28, 40])
    ), min_size=1, max_size=9,
)  # fmt: skip
Lines = list[tuple[int, int, int | str]]
"""Quantity, price in paise, and rate in percent."""


def order_of(lines: Lines, **more: int) -> Order:
    made = [
        OrderLine(
            id=f"lin_{n}", variant_id=f"var_{n}", product_id="prd_1", sku=str(n), title="Saree", quantity=quantity,
            unit_paise=paise, **rate_fields(read_rate(rate)),
        )
        for n, (quantity, paise, rate) in enumerate(lines)
    ]  # fmt: skip
    return Order(id="ord_1", business_id="biz_1", customer_id="cus_1", created_at=NOW, token="t", lines=made, **more)


def shop_of(**more: object) -> Business:
    return Business(id="biz_1", name="Meera", slug="meera", created_at=NOW, **more)  # type: ignore[arg-type]


@given(LINES, st.integers(0, 100), st.integers(0, 50000), st.integers(0, 50000), st.booleans())
def test_parts_add_up_to_what_is_paid(lines: Lines, percent: int, shipping: int, fee: int, within: bool) -> None:
    order = order_of(lines, shipping_paise=shipping, cod_fee_paise=fee)
    order.discount_paise = order.subtotal_paise * percent // 100
    parts = taxed_order(order, taxed=True, within=within)
    assert sum(one.gross_paise for one in parts) == order.total_paise
    for one in parts:
        assert one.taxable_paise + one.tax_paise == one.gross_paise
        assert abs(one.tax_paise - one.gross_paise * one.basis_points / (10000 + one.basis_points)) <= 0.51
        assert 0 <= one.cgst_paise - one.sgst_paise <= 1
        assert (one.igst_paise == 0) if within else (one.cgst_paise == one.sgst_paise == 0)
    other = taxed_order(order, taxed=True, within=not within)
    assert [one.tax_paise for one in parts] == [one.tax_paise for one in other]
    assert tax_of_order(order, shop_of(gstin=GSTIN)) == sum(one.tax_paise for one in parts)
    assert tax_of_order(order, shop_of()) == tax_of_order(order, shop_of(gstin=GSTIN, composition=True)) == 0


def test_charges_follow_the_goods_that_are_worth_most() -> None:
    order = order_of([(1, 10000, 18), (3, 5000, 5)], shipping_paise=10500)
    assert principal_rate(order) == 500
    assert taxed_order(order, taxed=True)[-1] == split("shipping", 10500, 500, within=True)
    assert split("shipping", 10500, 500, within=True).tax_paise == 500
    assert principal_rate(order_of([(1, 10000, 5), (1, 10000, "5.25")])) == 525


def test_a_gstin_says_its_state_and_is_checked() -> None:
    assert check_gstin(" 29aagcb7383j1z4") == GSTIN
    assert state_of_gstin(GSTIN) == state_of_shop(shop_of(gstin=GSTIN, state="Kerala")) == "Karnataka"
    for wrong in ("29AAGCB7383J1Z5", "29AAGCB7383J1Z", "AAAAGCB7383J1Z4", "", "99" + GSTIN[2:]):
        with pytest.raises(ValueError):
            check_gstin(wrong)


@given(st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"), st.integers(0, 14))
def test_one_wrong_character_is_always_seen(character: str, place: int) -> None:
    wrong = GSTIN[:place] + character + GSTIN[place + 1 :]
    if wrong != GSTIN:
        with pytest.raises(ValueError):
            check_gstin(wrong)


def test_the_place_of_supply() -> None:
    assert place_of_supply({"state": "karnataka"}, "Kerala", "Goa") == "Karnataka"
    assert place_of_supply({"state": "Somewhere"}, "Kerala", "Goa") == "Kerala"
    assert place_of_supply({}, "", "Goa") == "Goa"
    assert state_code("The Dadra & Nagar Haveli and Daman & Diu") == "26"
    assert (state_code("Orissa"), state_code("Paris")) == ("21", None)
    assert all(state_code(name) == code for code, name in STATES.items())


@pytest.mark.parametrize(
    ("at", "year"),
    [
        (datetime(2026, 3, 31, 18, 29, tzinfo=UTC), "25-26"),
        (datetime(2026, 3, 31, 18, 30, tzinfo=UTC), "26-27"),  # midnight in India
        (datetime(2099, 12, 1, tzinfo=UTC), "99-00"),
    ],
)
def test_the_financial_year_begins_in_indian_time(at: datetime, year: str) -> None:
    assert financial_year(at) == year


def test_numbers_fit_the_law() -> None:
    assert document_number("INV", "26-27", 42) == "INV/26-27/00042"
    assert len(document_number("INV", "26-27", 999999)) == 16
    with pytest.raises(ValueError):
        document_number("INV", "26-27", 1000000)
    assert check_prefix(" mh1") == "MH1"
    for wrong in ("", "TOOL", "A/", "cn", "PR", "पर"):
        with pytest.raises(ValueError):
            check_prefix(wrong)
