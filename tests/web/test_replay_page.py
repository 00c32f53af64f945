"""The time machine's page: nothing to say for an unchanged draft, and each difference of a changed one."""

from __future__ import annotations

from copy import deepcopy

import pytest

from tests.support.browser import Visitor
from tests.support.shop import Shop
from tests.web.test_bad_input import everything


@pytest.fixture
def price(shop: Shop) -> str:
    shop.say("blue saree kitna hai?")
    return next(one.id for one in shop.world.services.workflows.page(shop.id).items if one.starter == "price_and_buy")


def say(shop: Shop, workflow_id: str, words: str) -> None:
    draft = deepcopy(shop.world.services.workflows.get(shop.id, workflow_id).draft)
    next(one for one in draft["steps"] if one["id"] == "offer")["settings"]["text"] = words
    shop.world.services.workflows.save_draft(shop.id, workflow_id, definition=draft)


def test_it_is_played_when_days_are_chosen(owner: Visitor, price: str) -> None:
    path = f"/app/workflows/{price}/replay"
    for query in ("", "?days=2", "?days=x"):
        assert "Messages played" not in owner.get(path + query).text
    assert 'value="7" checked' in owner.get(path).text
    assert owner.get("/app/workflows/wfl_nothing/replay?days=1").status_code == 404


@pytest.mark.parametrize("days", [1, 7, 30])
def test_an_unchanged_draft_changes_nothing(owner: Visitor, price: str, days: int) -> None:
    text = owner.get(f"/app/workflows/{price}/replay?days={days}").text
    assert "Nothing would change." in text
    assert "would get something else" not in text


def test_a_changed_one_shows_who_would_get_what(owner: Visitor, shop: Shop, price: str) -> None:
    say(shop, price, "Take {product} for {price}!")
    before = everything(shop.world)
    text = owner.get(f"/app/workflows/{price}/replay?days=7").text
    assert everything(shop.world) == before
    assert "1 customer would get something else." in text
    assert "Take Blue block-print saree for ₹1,499.00!" in text
    assert text.count("Blue block-print saree is ₹1,499.00") == 2  # live now, and what really went out
    for words in ("Live now", "With the draft", "What really went out", "blue saree kitna hai?", "Different", "Riya"):
        assert words in text


def test_nobody_wrote(owner: Visitor, shop: Shop) -> None:
    some = shop.world.services.workflows.page(shop.id).items[0]
    assert "Nobody wrote in these days." in owner.get(f"/app/workflows/{some.id}/replay?days=1").text


def test_a_draft_without_steps_is_said_to_be_empty(owner: Visitor, shop: Shop, price: str) -> None:
    empty = {"trigger": {"kind": "message.received", "settings": {}}, "steps": []}
    made = shop.world.services.workflows.create(shop.id, "Empty", empty)
    answer = owner.get(f"/app/workflows/{made.id}/replay?days=1")
    assert answer.status_code == 422
    assert "Add at least one step." in answer.text
