"""The order's state machine and its money."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salespilots.domain.errors import InvalidTransition
from salespilots.domain.order import Order, OrderLine
from salespilots.domain.order_states import HOLDS_STOCK, TRANSITIONS, OrderState, PaymentStatus
from salespilots.domain.transitions import Applied, Ignored

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def order(state: OrderState = OrderState.DRAFT, **more: object) -> Order:
    line = OrderLine(
        id="lin_1", variant_id="var_1", product_id="prd_1", sku="S", title="Saree", quantity=2, unit_paise=149900
    )
    values = {"lines": [line], "shipping_paise": 8000, **more}
    return Order(id="ord_1", business_id="biz_1", customer_id="cus_1", created_at=NOW, token="t", state=state, **values)


def test_every_state_has_a_row() -> None:
    assert set(TRANSITIONS) == set(OrderState)
    assert all(TRANSITIONS[state] for state in HOLDS_STOCK)


STEPS = {
    "place": lambda one: one.place(now=NOW, number="SP-1", number_value=1, hold=timedelta(minutes=30)),
    "confirm": lambda one: one.confirm(now=NOW),
    "pack": lambda one: one.pack(now=NOW),
    "ship": lambda one: one.ship(now=NOW, courier="C", tracking_number="1"),
    "deliver": lambda one: one.deliver(now=NOW),
    "cancel": lambda one: one.cancel(now=NOW),
    "expect_back": lambda one: one.expect_back(now=NOW, return_id="rtn_1"),
}
APPLIES = {
    "place": {"draft"},
    "confirm": {"placed", "expired"},
    "pack": {"confirmed"},
    "ship": {"confirmed", "packed"},
    "deliver": {"shipped"},
    "cancel": {"draft", "placed", "confirmed", "packed"},
    "expect_back": {"shipped", "delivered"},
}
REPEATS = {
    "place": {"placed", "confirmed", "packed", "shipped", "delivered"},
    "confirm": {"confirmed", "packed", "shipped", "delivered"},
    "pack": {"packed", "shipped", "delivered"},
    "ship": {"shipped", "delivered"},
    "deliver": {"delivered"},
    "cancel": {"cancelled"},
    "expect_back": {"returned"},
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("state", list(OrderState))
def test_each_step_from_each_state(step: str, state: OrderState) -> None:
    one = order(state)
    if state in APPLIES[step]:
        outcome = STEPS[step](one)
        assert isinstance(outcome, Applied)
        assert outcome.events
        assert isinstance(STEPS[step](one), Ignored)
    elif state in REPEATS[step]:
        assert isinstance(STEPS[step](one), Ignored)
        assert one.state is state
    else:
        with pytest.raises(InvalidTransition):
            STEPS[step](one)
        assert one.state is state


def test_expiry_needs_its_time() -> None:
    one = order(OrderState.PLACED, expires_at=NOW)
    assert isinstance(one.expire(now=NOW - timedelta(seconds=1)), Ignored)
    assert isinstance(one.expire(now=NOW), Applied)
    assert isinstance(one.expire(now=NOW), Ignored)


def test_empty_order_is_not_placed() -> None:
    with pytest.raises(InvalidTransition):
        STEPS["place"](order(lines=[]))


def test_cancelling_a_paid_order_asks_for_a_refund() -> None:
    one = order(OrderState.CONFIRMED, paid_paise=307800)
    one.cancel(now=NOW)
    assert one.needs_attention
    assert "refund" in (one.attention_reason or "")


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**6), st.integers(0, 10**6))
def test_totals_and_payment_status_follow_the_money(paid: int, refunded: int, shipping: int, discount: int) -> None:
    refunded = min(refunded, paid)
    one = order(OrderState.PLACED, paid_paise=paid, refunded_paise=refunded, shipping_paise=shipping)
    one.discount_paise = min(discount, one.subtotal_paise)
    assert one.total_paise == one.subtotal_paise - one.discount_paise + shipping >= 0
    assert one.due_paise == max(0, one.total_paise - paid)
    if refunded:
        kept = PaymentStatus.PAID if paid - refunded >= one.total_paise else PaymentStatus.PART_REFUNDED
        expected = PaymentStatus.REFUNDED if refunded >= paid else kept
    elif paid >= one.total_paise and paid:
        expected = PaymentStatus.PAID
    else:
        expected = PaymentStatus.PART_PAID if paid else PaymentStatus.UNPAID
    assert one.payment_status is expected
    assert paid == one.applied_paise + one.refund_due_paise + refunded
    assert one.applied_paise >= 0 <= one.refund_due_paise
