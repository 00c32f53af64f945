"""Templates and tags by the API: made, changed, taken away; what is refused, and with which answer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.program import Program, application, problem
from tests.support.shop import Shop

WORDS = {"name": "price", "purpose": "sell", "texts": {"en": "{product} is {price}", "hi": "{product} का दाम {price}"}}


@pytest.fixture
def program(shop: Shop) -> Program:
    return Program(application(shop.world), shop)


@pytest.fixture
def stranger(shop: Shop) -> Program:
    """A program of another shop on the same server."""
    other = shop.world.practice_shop("Kabir Shoes", "kabir@example.in")
    return Program(application(shop.world), other)


def test_a_template_is_made_read_changed_and_deleted(program: Program) -> None:
    made = program.done(
        "/templates", {**WORDS, "title": "Price", "quick_replies": [{"title": "Buy", "payload": "buy"}]}
    )
    assert made["texts"] == WORDS["texts"]
    assert program.get(f"/templates/{made['id']}") == made
    assert program.get("/templates")["items"] == [made]
    changed = program.call("PATCH", f"/templates/{made['id']}", {"texts": {"en": "Only {price}"}}).json
    assert (changed["texts"], changed["title"], changed["quick_replies"]) == ({"en": "Only {price}"}, "Price", made["quick_replies"])  # fmt: skip
    gone = program.call("DELETE", f"/templates/{made['id']}")
    assert (gone.status_code, gone.json["id"]) == (200, made["id"])
    problem(program.call("GET", f"/templates/{made['id']}"), 404)
    problem(program.call("DELETE", f"/templates/{made['id']}"), 404)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Two words"}, {"name": ""}, {"name": "x" * 41}, {"texts": {}}, {"texts": {"fr": "Bonjour"}},
        {"texts": {"en": "{colour}"}}, {"texts": {"en": "{{ 7 * 7 }}"}}, {"texts": {"en": "{price.__class__}"}},
        {"texts": {"en": "x" * 1001}}, {"texts": "Hello"}, {"purpose": "spam"}, {"title": "x" * 81}, {"surprise": 1},
        {"quick_replies": [{"title": "x" * 21, "payload": "y"}]}, {"quick_replies": [{"title": "x"}]},
        {"quick_replies": [{"title": "x", "payload": "y"}] * 14},
    ],
)  # fmt: skip
def test_what_cannot_be_a_template_is_refused(program: Program, change: dict[str, Any]) -> None:
    problem(program.post("/templates", {**WORDS, **change}), 422)
    assert program.get("/templates")["items"] == []


def test_a_name_is_there_once_and_kept_while_it_is_used(program: Program) -> None:
    made = program.done("/templates", WORDS)
    problem(program.post("/templates", WORDS), 422)
    step = {"id": "say", "kind": "message.template", "settings": {"name": "price"}}
    program.done(
        "/workflows",
        {"name": "Says it", "definition": {"trigger": {"kind": "message.received", "settings": {}}, "steps": [step]}},
    )
    problem(program.call("DELETE", f"/templates/{made['id']}"), 409)
    problem(program.call("PATCH", f"/templates/{made['id']}", {"name": "cost"}), 422)
    assert program.call("PATCH", f"/templates/{made['id']}", {"title": "Cost"}).status_code == 200


def test_the_same_key_makes_one_of_each(program: Program) -> None:
    for path, body in (("/templates", WORDS), ("/tags", {"name": "VIP"})):
        first, again = (program.post(path, body, Idempotency_Key=f"once-{path[1:]}") for _ in range(2))
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json == again.json
        assert len(program.get(path)["items"]) == 1


def test_a_tag_is_counted_renamed_and_taken_off_everybody(program: Program) -> None:
    customer, services, shop = program.customer(), program.shop.world.services, program.shop
    services.customers.add_tag(shop.id, customer, "Regular")
    [tag] = program.get("/tags")["items"]
    assert (tag["name"], tag["customers"]) == ("Regular", 1)
    renamed = program.call("PATCH", f"/tags/{tag['id']}", {"name": " Good  friend "}).json
    assert (renamed["name"], renamed["customers"]) == ("Good friend", 1)
    assert services.customers.get(shop.id, customer).tags == ["Good friend"]
    assert program.get(f"/tags/{tag['id']}") == renamed
    program.done("/tags", {"name": "VIP"})
    problem(program.post("/tags", {"name": "VIP"}), 422)
    problem(program.call("PATCH", f"/tags/{tag['id']}", {"name": "VIP"}), 422)
    for body in ({"name": ""}, {"name": "x" * 41}, {"name": 5}, {}, {"name": "x", "more": 1}):
        problem(program.post("/tags", body), 422)
    assert program.call("DELETE", f"/tags/{tag['id']}").status_code == 200
    assert services.customers.get(shop.id, customer).tags == []
    problem(program.call("GET", f"/tags/{tag['id']}"), 404)


def test_a_tag_that_a_workflow_names_stays(program: Program) -> None:
    program.shop.world.services.starters.use(program.shop.id, "cod_confirm")
    tag = program.done("/tags", {"name": "COD confirmed"})
    problem(program.call("DELETE", f"/tags/{tag['id']}"), 409)
    problem(program.call("PATCH", f"/tags/{tag['id']}", {"name": "Sure"}), 409)


def test_another_shops_are_not_there(program: Program, stranger: Program) -> None:
    template, tag = program.done("/templates", WORDS), program.done("/tags", {"name": "VIP"})
    for path, body in ((f"/templates/{template['id']}", {"title": "Mine"}), (f"/tags/{tag['id']}", {"name": "Mine"})):
        for method in ("GET", "DELETE"):
            problem(stranger.call(method, path), 404)
        problem(stranger.call("PATCH", path, body), 404)
    assert stranger.get("/templates")["items"] == stranger.get("/tags")["items"] == []
    assert stranger.done("/templates", WORDS)["name"] == "price"  # a name is the shop's own


def test_a_key_needs_the_scope(shop: Shop) -> None:
    reader = Program(application(shop.world), shop, ("templates:read",))
    assert reader.get("/templates")["items"] == []
    problem(reader.post("/templates", WORDS), 403)
    problem(reader.call("GET", "/tags"), 403)
