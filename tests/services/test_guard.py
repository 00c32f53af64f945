"""The price-truth guard: what a model may say."""

from __future__ import annotations

import json

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


def shown(title: str, about: str, *kinds: tuple[str, str, int]) -> Facts:
    """Facts of one product: (kind, price, pieces)."""
    variants = [
        {"sku": f"X{number}", "variant": kind, "price": price, "available": available}
        for number, (kind, price, available) in enumerate(kinds)
    ]
    known = Facts()
    known.learn(json.dumps({"matched": True, "products": [{"title": title, "about": about, "variants": variants}]}))
    return known


SERUM = shown("Vitamin C serum", "100% vegan, gluten-free.", ("30 ml", "₹599.00", 12), ("50 ml", "₹899.00", 0))
SOCKS = shown("Buy 1 Get 1 Free socks", "Pack of 2", ("", "₹199.00", 50))
TAMIL = shown("மதுரை saree", "Cotton", ("", "₹1,250.00", 4))
TEE = shown("Oversized tee", "240 GSM", ("S", "₹499.00", 3), ("M", "₹499.00", 0), ("L", "₹549.00", 10))


@pytest.mark.parametrize(
    ("known", "reply"),
    [
        (SERUM, "The 30 ml is ₹599.00, 12 in stock; the 50 ml (₹899.00) is sold out."),
        (SERUM, "It is 100% vegan and gluten-free."),
        (SOCKS, "Buy 1 Get 1 Free socks are ₹199.00, 50 in stock."),
        (TAMIL, "மதுரை saree is ₹1,250.00, 4 in stock."),
        (TEE, "Oversized tee is ₹499.00 in S and ₹549.00 in L; M is sold out."),
    ],
)
def test_the_shops_own_words_may_be_said(known: Facts, reply: str) -> None:
    assert problem_with(reply, known) is None


@pytest.mark.parametrize(
    ("known", "reply"),
    [
        (SERUM, "The 50 ml is ₹599.00"),
        (SERUM, "50 ml is in stock"),
        (SERUM, "It is 50% vegan"),
        (SERUM, "The serum is ₹30"),
        (SOCKS, "Socks are free"),
        (SOCKS, "Socks are ₹1"),
        (TAMIL, "மதுரை ₹1,250.00"),
        (TEE, "M is available"),
        (TEE, "The tee is ₹240"),
    ],
)
def test_but_nothing_made_of_them(known: Facts, reply: str) -> None:
    assert problem_with(reply, known) is not None


def test_a_link_is_one_a_tool_gave_to_the_letter() -> None:
    for link in (
        "https://shop.example/o/abcd",
        "https://shop.example/o/ABC",
        "http://shop.example/o/abc",
        "shop.example/o/abc",
    ):
        assert problem_with(f"Follow it here: {link}", facts()) is not None


def test_no_stock_claim_without_looking() -> None:
    assert problem_with("It is in stock.", Facts()) is not None
    assert problem_with("Hello, how can I help?", Facts()) is None
