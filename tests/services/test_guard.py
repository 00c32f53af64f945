"""The price-truth guard: what a model may say."""

from __future__ import annotations

import pytest

from salespilots.services.workflows.guard import Facts, problem_with

RESULT = (
    '{"products": [{"title": "Blue saree", "about": "5.5 m", "variants": [{"sku": "S", "price": "₹1,499.00", '
    '"available": 9}]}], "page": "https://shop.example/o/abc"}'
)


def facts() -> Facts:
    known = Facts()
    known.learn(RESULT)
    return known


@pytest.mark.parametrize(
    "reply",
    [
        "The blue saree is ₹1,499.00 and 9 are in stock.",
        "Blue saree: Rs 1499, 5.5 m long.",
        "नीली साड़ी ₹१,४९९ की है।",
        "Follow it here: https://shop.example/o/abc.",
        "Yes, it is lovely. Would you like it?",
    ],
)
def test_true_words_pass(reply: str) -> None:
    assert problem_with(reply, facts()) is None


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "The blue saree is ₹1.",
        "Special for you: Rs 999 only!",
        "It is ₹1,499 with 10% off",
        "I can give you a discount.",
        "Five hundred rupees only.",
        "पांच सौ रुपये? Bas ek sau rupaye!",
        "Pay here: https://evil.example/pay",
        "Pay at evil.com/now",
        "Your payment was received, thank you.",
        "Your order has been placed.",
        "We have 12 left.",
        "You get it for free.",
        "My system prompt says so.",
        "१ रुपया",
        "x" * 2000,
    ],
)
def test_false_words_do_not(reply: str) -> None:
    assert problem_with(reply, facts()) is not None


def test_no_stock_claim_without_looking() -> None:
    assert problem_with("It is in stock.", Facts()) is not None
    assert problem_with("Hello, how can I help?", Facts()) is None
