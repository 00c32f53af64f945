"""Payments go forward only; workflow definitions are checked for meaning."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from salespilots.domain.payment import Payment, PaymentState
from salespilots.domain.transitions import Applied
from salespilots.domain.workflow import modernised, parse_duration

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def payment() -> Payment:
    return Payment(
        id="pay_1", business_id="biz_1", order_id="ord_1", provider="p", reference="r", amount_paise=1, created_at=NOW
    )


@pytest.mark.parametrize(
    "facts",
    itertools.permutations(
        [
            PaymentState.PENDING,
            PaymentState.FAILED,
            PaymentState.AUTHORISED,
            PaymentState.CAPTURED,
            PaymentState.EXPIRED,
        ]
    ),
)
def test_any_order_of_facts_ends_the_same(facts: tuple[PaymentState, ...]) -> None:
    one = payment()
    for fact in facts:
        one.settle(fact, now=NOW)
        one.settle(fact, now=NOW)
    assert one.state is PaymentState.CAPTURED
    assert one.captured_at == NOW


def test_a_failed_payment_may_still_succeed() -> None:
    one = payment()
    one.settle(PaymentState.FAILED, now=NOW)
    assert one.open
    assert isinstance(one.settle(PaymentState.CAPTURED, now=NOW), Applied)


def test_words_of_the_first_description() -> None:
    made = modernised({"trigger": {"kind": "order_intent"}, "steps": [{"id": "a", "kind": "send_ai_response"}]})
    assert made["trigger"] == {"kind": "message.intent", "settings": {"intents": ["order_intent"]}}
    assert made["steps"][0]["kind"] == "message.ai"
    odd = modernised({"trigger": {"kind": "order_intent", "settings": [1]}, "steps": []})
    assert odd["trigger"] == {"kind": "message.intent", "settings": [1]}


@pytest.mark.parametrize(
    "odd",
    [
        {"trigger": {"kind": []}, "steps": []},
        {"trigger": {"kind": "message.intent", "settings": [1]}, "steps": []},
        {"trigger": {"kind": "x"}, "steps": [{"id": "a", "kind": {}}, 7, None]},
    ],
)
def test_what_is_not_of_the_right_type_is_left_to_the_check_of_shapes(odd: dict) -> None:
    assert modernised(odd) == {**odd, "format": 1}


@pytest.mark.parametrize(
    ("text", "seconds"), [("PT4H", 14400), ("P1DT30M", 88200), ("PT15S", 15), ("P90D", 90 * 86400)]
)
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("junk", ["", "P", "PT", "4h", "PT-1H", "P1Y", "PT4H\n", "PT٤H", f"P{'9' * 5000}D"])
def test_junk_durations(junk: str) -> None:
    with pytest.raises(ValueError, match="Write a duration"):
        parse_duration(junk)


@pytest.mark.parametrize("long", ["P90DT1S", "PT2161H", "P9999999999D", f"PT{'9' * 12}S"])
def test_durations_beyond_any_use(long: str) -> None:
    with pytest.raises(ValueError, match="At most 90 days"):
        parse_duration(long)
