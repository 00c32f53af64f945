"""The gallery: each starter in both languages is sound, its cases pass and prove something, its preview says something."""

from __future__ import annotations

from typing import Any

import pytest

from salespilots.domain.errors import InvalidInput, NotFound
from salespilots.domain.workflow import WorkflowState
from salespilots.services.workflows.starters import BY_KEY, GALLERY, GOALS, LANGUAGES, Starter
from tests.support.shop import Shop, World

EVERY = [pytest.param(one, id=one.key) for one in GALLERY]


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Any) -> Any:
    """One practice shop for all of this module: the tests add drafts and send nothing."""
    home = tmp_path_factory.mktemp("starters")
    (home / "starters.db").write_bytes(sqlite_template.read_bytes())
    world = World(home, f"sqlite:///{home / 'starters.db'}")
    yield world.practice_shop()
    world.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("starter", EVERY)
def test_a_starter_becomes_a_draft_whose_cases_pass(practice: Shop, starter: Starter, language: str) -> None:
    services = practice.world.services
    made = services.starters.use(practice.id, starter.key, language)
    assert made.name.startswith(starter.name.text(language))
    assert made.state is WorkflowState.DRAFT
    assert [one.sentence for one in services.workflows.problems(practice.id, made) if one.stops] == []
    results = services.cases.check(practice.id, made.id)
    assert {one.case.name: one.reasons for one in results} == {one.name.text(language): () for one in starter.cases}


@pytest.mark.parametrize("starter", EVERY)
def test_the_cases_of_a_starter_notice_that_it_does_nothing(practice: Shop, starter: Starter) -> None:
    services = practice.world.services
    made = services.starters.use(practice.id, starter.key)
    nothing = {"format": 1, "trigger": starter.definition("en")["trigger"],
               "steps": [{"id": "stop", "kind": "flow.stop", "settings": {}, "next": "end"}]}  # fmt: skip
    services.workflows.save_draft(practice.id, made.id, definition=nothing)
    assert any(not one.passed for one in services.cases.check(practice.id, made.id))


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_preview_says_or_does_something(practice: Shop, language: str) -> None:
    found = practice.world.services.starters.previews(practice.id, language)
    assert list(found) == [one.key for one in GALLERY]
    silent = {key for key, told in found.items() if not [one for one in told.messages if one.author == "bot"]}
    assert silent <= {"low_stock"}  # it writes to the owner
    assert all(told.effects for key, told in found.items() if key in silent)
    assert not [key for key, told in found.items() if told.stopped]


def test_a_preview_is_played_once_while_the_shop_is_the_same(practice: Shop) -> None:
    starters, services = practice.world.services.starters, practice.world.services
    first = starters.preview(practice.id, "welcome")
    assert starters.preview(practice.id, "welcome") is first
    services.catalog.create(practice.id, {"title": "Lamp", "variants": [{"sku": "LAMP", "price_paise": 100}]})
    assert starters.preview(practice.id, "welcome") is not first


def test_an_empty_shop_is_shown_the_practice_products(world: World) -> None:
    _, business = world.sign_up()
    services = world.services
    told = services.starters.preview(business.id, "price_and_buy", "hi")
    assert told is not None
    assert "का दाम ₹" in " ".join(one.text for one in told.messages)
    made = services.starters.use(business.id, "back_in_stock")
    assert all(one.passed for one in services.cases.check(business.id, made.id))
    assert services.catalog.page(business.id).items == []


def test_the_three_of_a_new_shop_have_their_tests(shop: Shop) -> None:
    services = shop.world.services
    for one in services.workflows.page(shop.id).items:
        assert [case.name for case in services.cases.of(shop.id, one.id)]
        assert services.cases.publish(shop.id, one.id).state is WorkflowState.LIVE
    kept = {one.id: len(services.cases.of(shop.id, one.id)) for one in services.starters.on(shop.id)}
    assert kept == {one.id: len(BY_KEY[one.starter or ""].cases) for one in services.workflows.page(shop.id).items}


def test_a_second_one_has_a_name_of_its_own(shop: Shop) -> None:
    starters = shop.world.services.starters
    assert [starters.use(shop.id, "delivery").name for _ in range(2)] == ["Delivery questions", "Delivery questions 2"]
    with pytest.raises(NotFound):
        starters.use(shop.id, "nothing")
    with pytest.raises(InvalidInput):
        starters.use(shop.id, "delivery", "fr")


def test_goals_and_keys_are_known() -> None:
    assert {one.goal for one in GALLERY} == set(GOALS)
    assert len(BY_KEY) == len(GALLERY) >= 12
