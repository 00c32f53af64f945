"""What a good model writes from the tools' answers must go out: less than 2 % of it may be held back."""

from __future__ import annotations

from salespilots.services.workflows.guard import problem_with
from tests.services.test_ai_tools import facts_of, sentences

ALWAYS = (
    "Blue block-print saree is ₹1,499.00, 9 in stock. How many would you like?",
    "2 pieces come to ₹2,998 plus ₹80 delivery, ₹3,078 in all.",
)


def test_true_sentences_go_out() -> None:
    pairs = sentences("honest")
    reasons = {one: problem_with(one, facts_of(scene)) for scene, one in pairs}
    blocked = {one: reason for one, reason in reasons.items() if reason is not None}
    assert len(pairs) > 300
    assert len(blocked) < 0.02 * len(pairs), blocked


def test_the_plain_reply_is_never_held_back() -> None:
    assert [problem_with(one, facts_of("saree")) for one in ALWAYS] == [None, None]


def test_every_practice_product_can_be_offered() -> None:
    from tests.services.test_ai_tools import StubReader, learnt, run

    for product in StubReader().catalogue(99):
        facts = learnt(run("search_products", query=product.title))
        for kind in product.variants:
            name = f"{product.title}, {kind.title}" if kind.title else product.title
            stock = f"{kind.available} in stock" if kind.available else "sold out"
            assert problem_with(f"{name} is ₹{kind.price_paise / 100:,.2f}, {stock}.", facts) is None, name
