"""The waiting list, kept by a program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from marshmallow import RAISE

from salespilots.web.api import answers
from salespilots.web.api.waiting import WaitingAnswer
from tests.services.test_waiting import BACK, bring
from tests.support.program import Program, application, problem
from tests.support.shop import World
from tests.support.together import together

SKU = "NEC-PEARL"


@pytest.fixture
def program(make_world: Callable[..., World], database_url: str) -> Program:
    world = make_world(database_url)
    return Program(application(world), world.practice_shop())


def person(program: Program, who: str) -> str:
    """A customer who wrote."""
    program.shop.say("thanks", who=who)
    return str(program.get(f"/customers?q={who.title()}")["items"][0]["id"])


def join(program: Program, who: str, **more: Any) -> Any:
    program.shop.world.clock.advance(1)
    return program.done("/waiting", {"customer_id": person(program, who), "sku": SKU, **more})


def test_who_joins_is_told_in_their_chat_when_it_is_back(program: Program) -> None:
    first, second = join(program, "riya"), join(program, "asha")
    assert (first["state"], bool(first["conversation_id"])) == ("waiting", True)
    page = program.get("/waiting")
    assert [one["id"] for one in page["items"]] == [first["id"], second["id"]]
    assert answers.page_of(WaitingAnswer)(unknown=RAISE).validate(page) == {}
    bring(program.shop, 1)
    assert program.shop.texts("riya")[-1] == BACK
    assert BACK not in program.shop.texts("asha")
    told = program.get(f"/waiting/{first['id']}")
    assert (told["state"], bool(told["told_at"])) == ("told", True)
    assert [one["id"] for one in program.get("/waiting?state=waiting")["items"]] == [second["id"]]


def test_asking_again_gives_the_place_there_is(program: Program) -> None:
    first = join(program, "riya")
    body = {"customer_id": first["customer_id"], "variant_id": first["variant_id"]}
    assert program.done("/waiting", body) == first
    answers_ = together(lambda: Program(program.client.application, program.shop).post("/waiting", body).status_code)
    assert answers_ == [201] * 4
    assert len(program.get(f"/waiting?variant_id={first['variant_id']}")["items"]) == 1


def test_who_is_taken_off_leaves_their_piece_to_the_next(program: Program) -> None:
    first, second = join(program, "riya"), join(program, "asha")
    bring(program.shop, 1)
    left = program.call("DELETE", f"/waiting/{first['id']}").json
    assert left["state"] == "left"
    assert program.call("DELETE", f"/waiting/{first['id']}").json == left
    program.shop.world.settle()
    assert program.shop.texts("asha")[-1] == BACK
    assert program.get(f"/waiting/{second['id']}")["state"] == "told"
    assert [one["id"] for one in program.get("/waiting")["items"]] == [second["id"]], "who left is not in the list"
    assert [one["id"] for one in program.get("/waiting?state=left")["items"]] == [first["id"]]
    problem(program.post(f"/waiting/{first['id']}/told"), 409)


def test_who_was_told_by_the_shop_is_not_told_again(program: Program) -> None:
    first = join(program, "riya")
    told = program.done(f"/waiting/{first['id']}/told")
    assert (told["state"], program.done(f"/waiting/{first['id']}/told")) == ("told", told)
    bring(program.shop, 5)
    assert BACK not in program.shop.texts("riya")
    kinds = [one["type"] for one in program.get("/events?limit=200")["items"]]
    assert (kinds.count("waiting.joined"), kinds.count("waiting.told")) == (1, 1)


def test_what_can_be_ordered_or_is_not_sold_is_not_waited_for(program: Program) -> None:
    riya = person(program, "riya")
    assert "pieces left" in problem(program.post("/waiting", {"customer_id": riya, "sku": "SAR-BLUE"}), 409)["detail"]
    necklace = program.shop.product("Pearl").product.id
    program.call("PATCH", f"/products/{necklace}", {"state": "draft"})
    assert "not on sale" in problem(program.post("/waiting", {"customer_id": riya, "sku": SKU}), 409)["detail"]
    assert program.get("/waiting")["items"] == []


def test_bodies_and_scopes(program: Program) -> None:
    riya = person(program, "riya")
    for wrong in ({}, {"customer_id": riya}, {"customer_id": riya, "sku": SKU, "variant_id": "var_1"}, {"x": 1}):
        problem(program.post("/waiting", wrong), 422)
    for absent in ({"customer_id": riya, "sku": "NONE"}, {"customer_id": "cus_0", "sku": SKU}):
        problem(program.post("/waiting", absent), 404)
    chat = join(program, "asha")["conversation_id"]
    problem(program.post("/waiting", {"customer_id": riya, "sku": SKU, "conversation_id": chat}), 404)
    problem(program.call("GET", "/waiting?state=never"), 422)
    reader = Program(program.client.application, program.shop, ("waiting:read",))
    assert len(reader.get("/waiting")["items"]) == 1
    problem(reader.post("/waiting", {"customer_id": riya, "sku": SKU}), 403)
