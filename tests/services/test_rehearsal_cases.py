"""Cases kept with a workflow: they hold a draft back that breaks them."""

from __future__ import annotations

from typing import Any

import pytest

from salespilots.domain.errors import Conflict, InvalidInput, NotFound
from salespilots.domain.workflow_case import MAX_CASES
from salespilots.services.rehearsal.cases import CasesFail
from salespilots.services.rehearsal.expectation import Expectation, gist, read_expectation, write_expectation
from salespilots.services.rehearsal.script import say
from tests.services.test_rehearsal import make, starter, text, words
from tests.support.shop import TO_CONFIRM, Shop


def change(shop: Shop, workflow_id: str, *steps: dict[str, Any], keyword: str = "timing") -> None:
    definition = {"trigger": words(keyword), "steps": list(steps)}
    shop.world.services.workflows.save_draft(shop.id, workflow_id, definition=definition)


@pytest.fixture
def hours(shop: Shop) -> str:
    made = make(shop, words("timing"), text("We are open from 10 to 7"))
    shop.world.services.workflows.publish(shop.id, made)
    return made


def test_a_draft_that_breaks_a_case_is_not_published(shop: Shop, hours: str) -> None:
    cases = shop.world.services.cases
    kept = cases.keep(shop.id, hours, "Hours", say("Shop timing?", known=True))
    assert kept.expected == {"answers": True, "says": ["We are open from 10 to 7"]}
    change(shop, hours, text("We are open from 9 to 8"))
    assert cases.publish(shop.id, hours).version_number == 2  # figures may move
    change(shop, hours, text("Come in"))
    with pytest.raises(CasesFail) as refused:
        cases.publish(shop.id, hours)
    [failing] = refused.value.details["failing"]
    assert failing["case_id"] == kept.id
    assert "It does not say “We are open from 10 to 7”" in failing["reasons"][0]
    assert shop.world.services.workflows.get(shop.id, hours).version_number == 2
    assert cases.publish(shop.id, hours, force=True).version_number == 3


def test_what_is_expected_can_be_said(shop: Shop, hours: str) -> None:
    cases = shop.world.services.cases
    buy = starter(shop, "price_and_buy")
    script = say(*TO_CONFIRM, "yes")
    good = Expectation(
        answers=True, says=("saree", "How many"), effects=("order.placed",), never_does=("order.expired",)
    )
    cases.keep(shop.id, buy, "Purchase", script, good)
    assert [one.passed for one in cases.check(shop.id, buy)] == [True]
    wrong = Expectation(
        answers=False, says=("How many", "blue saree is"), never_says=("SAREE",), effects=("order.expired",),
        never_does=("order.placed",),
    )  # fmt: skip
    cases.keep(shop.id, buy, "Purchase", script, wrong)
    [result] = cases.check(shop.id, buy)
    assert len(result.reasons) == 5
    assert result.told is not None


def test_a_product_of_the_shop_takes_the_place_of_its_name(shop: Shop) -> None:
    cases, buy = shop.world.services.cases, starter(shop, "price_and_buy")
    cases.keep(shop.id, buy, "Any", say("price of {product}?"), Expectation(answers=True, says=("₹",)))
    [result] = cases.check(shop.id, buy)
    assert result.passed
    assert result.told is not None
    assert "{product}" not in result.told.messages[0].text


def test_what_is_gone_fails_a_case_and_breaks_nothing(shop: Shop, hours: str) -> None:
    cases, services = shop.world.services.cases, shop.world.services
    made = services.catalog.create(
        shop.id, {"title": "Lamp", "variants": [{"sku": "L", "price_paise": 100, "on_hand": 1}]}
    )
    script = say("timing", known=True, stock={made.variants[0].id: 0})
    cases.keep(shop.id, hours, "Lamp", script, Expectation(answers=True))
    assert cases.check(shop.id, hours)[0].passed
    services.catalog.archive(shop.id, made.product.id)
    [result] = cases.check(shop.id, hours)
    assert result.reasons == ("There is no such variant on sale.",)
    change(shop, hours, text("Other"))
    with pytest.raises(CasesFail):
        cases.publish(shop.id, hours)


def test_a_draft_that_changed_while_it_was_tried_is_not_published(shop: Shop, hours: str) -> None:
    workflows = shop.world.services.workflows
    change(shop, hours, text("Second"))
    tried = workflows.get(shop.id, hours).draft
    change(shop, hours, text("Third"))
    with pytest.raises(Conflict, match="changed meanwhile"):
        workflows.publish(shop.id, hours, tried=tried)


def test_cases_have_names_and_limits(shop: Shop, hours: str) -> None:
    cases = shop.world.services.cases
    for number in range(MAX_CASES):
        cases.keep(shop.id, hours, f"Case {number}", say("timing"), Expectation())
    cases.keep(shop.id, hours, "Case 0", say("timing", "again"), Expectation())
    with pytest.raises(Conflict):
        cases.keep(shop.id, hours, "One more", say("timing"), Expectation())
    with pytest.raises(InvalidInput):
        cases.keep(shop.id, hours, " ", say("timing"), Expectation())
    first = next(one for one in cases.of(shop.id, hours) if one.name == "Case 0")
    assert len(first.script["inputs"]) == 2
    with pytest.raises(NotFound):
        cases.remove(shop.id, starter(shop, "price_and_buy"), first.id)
    cases.remove(shop.id, hours, first.id)
    assert len(cases.of(shop.id, hours)) == MAX_CASES - 1
    with pytest.raises(NotFound):
        cases.of(shop.id, "wfl_nothing000")


def test_a_gist_forgets_case_figures_and_addresses() -> None:
    assert gist("Only ₹1,499.00  at https://x.in/o/abc NOW") == gist("only ₹999 at http://y.in/z now")
    assert gist("Open 10 to 7") != gist("Closed 10 to 7")
    one = Expectation(answers=False, says=("a",), never_does=("order.placed",))
    assert read_expectation(write_expectation(one)) == one
    for bad in ([], {"says": "x"}, {"says": [""]}, {"more": 1}, {"effects": ["x"] * 41}):
        with pytest.raises(InvalidInput):
            read_expectation(bad)
