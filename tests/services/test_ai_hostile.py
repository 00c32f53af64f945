"""What a model must not get out: false figures, stock, links and claims, in every form they can take."""

from __future__ import annotations

import pytest

from salespilots.services.workflows.guard import problem_with
from tests.services.test_ai_tools import facts_of, sentences


@pytest.mark.parametrize(("scene", "sentence"), sentences("hostile"))
def test_no_false_sentence_goes_out(scene: str, sentence: str) -> None:
    assert problem_with(sentence, facts_of(scene)) is not None


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "  \n",
        "x" * 2000,
        "sau " * 200,
        "sau " * 50 + "five rupees",
        "9" * 800,
        "₹" * 800,
        "1.5" + "0" * 500 + "1 m",
    ],
)
def test_empty_and_endless_ones_neither(sentence: str) -> None:
    assert problem_with(sentence, facts_of("saree")) is not None


def test_no_product_gets_the_price_or_the_stock_of_another() -> None:
    facts = facts_of("saree")
    for item in facts.items:
        for other in facts.items:
            (kind,) = other.variants.values()
            for sentence in (f"{item.title} is ₹{kind.price:,.2f}.", f"{item.title}: {kind.available} in stock."):
                assert (problem_with(sentence, facts) is None) == (item is other), sentence


FORMS = (
    "Blue block-print saree is ₹{:,}.", "Blue saree sirf {} mein", "नीली साड़ी {} रुपये की है", "It costs Rs {}/-", "{} only!",
    "Price: {}", "For you ₹ {:,}.00", "Haan ji, {} ki hai", "Blue saree @ {}", "{} INR for the blue saree", "कीमत {} है",
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_no_other_amount_goes_out(form: str) -> None:
    facts = facts_of("saree")
    for amount in (*range(1, 3600, 29), 149, 14990, 149900, 1499_00_000):
        if amount not in (1499, 3499):
            assert problem_with(form.format(amount), facts) is not None, amount
