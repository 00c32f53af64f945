"""Trying workflows by the API: what is answered, what is refused, and that nothing is kept."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import RAISE

from salespilots.web.api import answers
from salespilots.web.api import rehearsal_shapes as shapes
from tests.support.program import Program, application, problem
from tests.support.shop import TO_CONFIRM, Shop
from tests.web.test_bad_input import everything

CIRCLE = {
    "trigger": {"kind": "message.received", "settings": {}},
    "steps": [
        {"id": "a", "kind": "message.text", "settings": {"text": "a"}, "next": "b"},
        {"id": "b", "kind": "message.text", "settings": {"text": "b"}, "next": "a"},
    ],
}


@pytest.fixture
def program(shop: Shop) -> Program:
    return Program(application(shop.world), shop)


def workflow(program: Program, words: str) -> str:
    return next(one["id"] for one in program.get("/workflows")["items"] if words in one["name"].lower())


def test_a_dry_run_answers_as_described_and_writes_nothing(program: Program) -> None:
    buy, before = workflow(program, "price"), everything(program.shop.world)
    told = program.done(f"/workflows/{buy}/dry-run", {"text": "blue saree kitna hai?", "known": True})
    assert shapes.DryRunAnswer(unknown=RAISE).validate(told) == {}
    assert (told["matched"], told["workflow_id"], told["intent"]) == (True, buy, "price_inquiry")
    assert told["reason"].startswith("asked about price")
    assert [one["author"] for one in told["messages"]][:2] == ["customer", "bot"]
    assert {"step_id", "kind", "outcome", "reason"} <= set(told["trace"][0])
    assert {one["workflow_id"] for one in told["others"]} == {
        one["id"] for one in program.get("/workflows")["items"] if one["id"] != buy
    }
    whole = program.done(f"/workflows/{buy}/dry-run", {"inputs": [{"text": one} for one in (*TO_CONFIRM, "yes")]})
    assert "order.placed" in [one["kind"] for one in whole["effects"]]
    assert everything(program.shop.world) == before


def test_reading_is_enough_to_try(shop: Shop) -> None:
    reader = Program(application(shop.world), shop, scopes=("workflows:read",))
    assert reader.done(f"/workflows/{workflow(reader, 'price')}/dry-run", {"text": "price?"})["messages"]
    other = Program(application(shop.world), shop, scopes=("orders:read",))
    problem(other.post("/workflows/wfl_nothing/dry-run", {"text": "price?"}), 403)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422), ({"text": ""}, 422), ({"text": 5}, 422), ({"text": "x" * 2001}, 422), ({"event": "no.such"}, 422),
        ({"text": "x", "surprise": 1}, 422), ({"text": "x", "stock": {"var_nothing00": 1}}, 404),
        ({"text": "x", "customer_id": "cus_nothing00"}, 404), ({"text": "x", "customer_id": "!"}, 404),
        ({"text": "x", "stock": {"a": "1"}}, 422), ({"text": "x", "at": "yesterday"}, 422),
        ({"text": "x", "at": "9999-12-31T23:59:59-23:59"}, 422), ({"text": "x", "channel": "pigeon"}, 422),
        ({"inputs": [{"text": "x"}] * 21}, 422), ({"inputs": [{"text": "x", "after_seconds": 10**9}]}, 422),
        ({"inputs": [{"text": "x", "after_seconds": -1}]}, 422), ({"text": "x", "definition": CIRCLE}, 422),
        ({"text": "x", "definition": {}}, 422), ({"text": "x", "definition": []}, 422),
        ({"text": "x", "definition": {**CIRCLE, "steps": CIRCLE["steps"] * 5000}}, 422),
        ({"text": "x" * 5_000_000}, 413), ({"event": "order.paid", "sold_out": True}, 409),
        ({"text": "x", "known": "true"}, 422), ({"text": "x", "silence": 1}, 422),
    ],
)  # fmt: skip
def test_what_nobody_should_send_is_refused(program: Program, body: dict[str, Any], status: int) -> None:
    problem(program.post(f"/workflows/{workflow(program, 'price')}/dry-run", body), status)


def test_hostile_words_are_only_words(program: Program) -> None:
    buy = workflow(program, "price")
    for text in ("{{ 7*7 }} {% include 'x' %}", "%s%s%n {0.__class__}", "a" * 2000, "😀" * 500, "‮\u202e", "‌"):
        answer = program.post(f"/workflows/{buy}/dry-run", {"text": text})
        assert answer.status_code in (200, 422), text


def test_runs_are_listed_and_told(program: Program) -> None:
    program.shop.order_two_sarees()
    buy = workflow(program, "price")
    page = program.get(f"/workflows/{buy}/runs")
    assert answers.page_of(shapes.RunAnswer)(unknown=RAISE).validate(page) == {}
    run = program.get(f"/runs/{page['items'][0]['id']}")
    assert shapes.WholeRunAnswer(unknown=RAISE).validate(run) == {}
    assert (run["workflow_id"], run["state"], run["version"]) == (buy, "succeeded", 1)
    assert [one["step_id"] for one in run["steps"]][:2] == ["find", "offer"]
    assert program.get(f"/workflows/{buy}/runs?result=nothing")["items"] == []
    problem(program.call("GET", f"/workflows/{buy}/runs?colour=red"), 422)
    problem(program.call("GET", "/runs/run_nothing"), 404)


def test_tests_are_kept_and_hold_a_draft_back(program: Program) -> None:
    buy = workflow(program, "price")
    script = {"text": "price of {product}?", "known": True}
    kept = program.post(f"/workflows/{buy}/cases", {"name": "Price", "script": script, "expected": {"says": ["₹"]}})
    assert kept.status_code == 201
    assert shapes.CaseAnswer(unknown=RAISE).validate(kept.json) == {}
    page = program.get(f"/workflows/{buy}/cases")
    assert [one["id"] for one in page["items"]] == [kept.json["id"]]
    checked = program.done(f"/workflows/{buy}/cases/check")
    assert shapes.CheckAnswer(unknown=RAISE).validate(checked) == {}
    assert checked["passed"]
    silent = {"trigger": {"kind": "message.received", "settings": {}}, "steps": [{"id": "s", "kind": "flow.stop"}]}
    assert program.call("PUT", f"/workflows/{buy}", {"definition": silent}).status_code == 200
    refused = problem(program.post(f"/workflows/{buy}/publish"), 409, "cases_fail")
    assert "Price: It does not say “₹”" in refused["detail"]
    assert program.done(f"/workflows/{buy}/publish", {"force": True})["version"] == 2
    for body in ({"name": "", "script": script}, {"name": "x", "script": {}}, {"name": "x", "script": {"text": 1}},
                 {"name": "x", "script": script, "expected": {"says": 1}}, {"name": "x"}):  # fmt: skip
        problem(program.post(f"/workflows/{buy}/cases", body), 422)
    gone = f"/workflows/{buy}/cases/{kept.json['id']}"
    assert program.call("DELETE", gone).status_code == 200
    problem(program.call("DELETE", gone), 404)


def test_the_past_is_replayed(program: Program) -> None:
    program.shop.say("blue saree kitna hai?")
    buy, before = workflow(program, "price"), everything(program.shop.world)
    same = program.done(f"/workflows/{buy}/replay")
    assert shapes.ReplayAnswer(unknown=RAISE).validate(same) == {}
    assert (same["messages"], same["rows"]) == (1, [])
    silent = {"trigger": {"kind": "order.paid", "settings": {}}, "steps": [{"id": "s", "kind": "flow.stop"}]}
    told = program.done(f"/workflows/{buy}/replay", {"days": 30, "definition": silent})
    assert shapes.ReplayAnswer(unknown=RAISE).validate(told) == {}
    assert (told["changed"] + told["removed"], told["rows"][0]["message"]) == (1, "blue saree kitna hai?")
    assert everything(program.shop.world) == before
    for body in ({"days": 0}, {"days": 31}, {"days": "7"}, {"definition": CIRCLE}, {"more": 1}):
        problem(program.post(f"/workflows/{buy}/replay", body), 422)
