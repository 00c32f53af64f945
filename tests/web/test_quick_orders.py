"""The short way of a new order answers as the long one does, and leaves to it whatever it does not make."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from salespilots.web.api.quick_orders import QuickOrders
from tests.support.program import Program, application
from tests.support.shop import Shop

LONG = {"Content_Type": "application/json; charset=UTF8"}
"""A spelling that the short way does not know."""

OWN = ("id", "number", "created_at", "expires_at", "timeline", "lines")


@pytest.fixture
def program(shop: Shop) -> Program:
    """The shop's."""
    return Program(application(shop.world), shop)


@pytest.fixture
def long_way(program: Program, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the requests that the long way was asked for, from a key that is known."""
    program.get("/orders")
    asked: list[str] = []
    short = QuickOrders.__call__

    def call(self: QuickOrders, environ: dict[str, Any], start_response: Any) -> Any:
        app = self._app
        monkeypatch.setattr(
            self, "_app", lambda environ, start: asked.append(environ["PATH_INFO"]) or app(environ, start)
        )
        try:
            return short(self, environ, start_response)
        finally:
            monkeypatch.setattr(self, "_app", app)

    monkeypatch.setattr(QuickOrders, "__call__", call)
    return asked


@pytest.fixture
def wanted(program: Program) -> dict[str, Any]:
    """An order of two pieces, of five."""
    return {
        "customer_id": program.customer(),
        "lines": [{"sku": program.product()["variants"][0]["sku"], "quantity": 2}],
    }


def test_both_ways_answer_alike(program: Program, wanted: dict[str, Any], long_way: list[str]) -> None:
    short = program.post("/orders", wanted)
    assert long_way == []
    long = program.post("/orders", wanted, **LONG)
    assert long_way == ["/api/v1/orders"]
    assert short.status == long.status == "201 CREATED"
    assert {name: value for name, value in short.json.items() if name not in OWN} == {
        name: value for name, value in long.json.items() if name not in OWN
    }
    assert [list(one) for one in (short.json, short.json["lines"][0], short.json["timeline"][0])] == [
        list(one) for one in (long.json, long.json["lines"][0], long.json["timeline"][0])
    ]
    assert program.get(f"/orders/{short.json['id']}") == short.json
    names = {*long.headers.keys()} - {"Vary"}
    assert {*short.headers.keys()} == names
    for name in names - {"X-Request-Id", "Content-Length"}:
        assert short.headers[name] == long.headers[name], name
    products = program.get("/products?q=cotton kurta")["items"]
    variant = next(one["variants"][0] for one in products if one["variants"][0]["sku"] == "KUR-1")
    assert (variant["reserved"], variant["available"]) == (4, 1)


def test_what_is_refused_is_said_by_the_long_way_and_tried_once(
    program: Program, wanted: dict[str, Any], long_way: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    orders, tried = program.shop.world.services.orders, list[str]()
    make = orders.make
    monkeypatch.setattr(orders, "make", lambda shop, **asked: tried.append(shop) or make(shop, **asked))
    line = wanted["lines"][0]
    for body, status, code in (
        ({**wanted, "lines": [{**line, "quantity": 6}]}, 409, "out_of_stock"),
        ({**wanted, "customer_id": "cus_nobody"}, 404, "not_found"),
        ({**wanted, "payment_method": "none"}, 422, "invalid_input"),
        ({**wanted, "conversation_id": "cnv_nobody"}, 404, "not_found"),
    ):
        before, seen = len(tried), len(long_way)
        short = program.post("/orders", body)
        assert (short.status_code, short.json["code"], len(tried) - before) == (status, code, 1), body
        assert len(long_way) == seen + 1
        assert program.post("/orders", body, **LONG).json == short.json
    assert program.get("/orders")["items"] == []


def test_what_cannot_be_read_is_said_by_the_long_way(
    program: Program, wanted: dict[str, Any], long_way: list[str]
) -> None:
    for body, status in (
        (b"{", 400), (b"[]", 422), (b"", 422), (json.dumps({**wanted, "more": 1}).encode(), 422),
        (json.dumps({**wanted, "lines": []}).encode(), 422), (b'{"customer_id": "a\\u0000b"}', 422),
        (json.dumps({**wanted, "lines": [{"quantity": 1}]}).encode(), 422), (b" " * 1024 * 1024 + b"{}", 413),
        (gzip.compress(json.dumps(wanted).encode()), 400),
    ):  # fmt: skip
        answer = program.call("POST", "/orders", body)
        assert answer.status_code == status, (body[:60], answer.text)
        assert answer.content_type == "application/problem+json"
    assert len(long_way) == 9
    assert program.get("/orders")["items"] == []


def test_a_repeat_by_key_and_a_query_go_the_long_way(
    program: Program, wanted: dict[str, Any], long_way: list[str]
) -> None:
    wanted["lines"][0]["quantity"] = 1
    first, again = (program.post("/orders", wanted, Idempotency_Key="one") for _ in range(2))
    assert (first.json, again.headers["Idempotency-Replayed"]) == (again.json, "true")
    assert program.post("/orders?state=draft", wanted).status_code == 201
    assert program.call("POST", "/api/orders/real", wanted).status_code == 201
    assert len(long_way) == 3, "the address of the first description is another name of the same"


def test_only_a_key_that_works_and_may(program: Program, wanted: dict[str, Any], long_way: list[str]) -> None:
    services = program.shop.world.services
    app = program.client.application
    reader = Program(app, program.shop, scopes=("orders:read",))
    assert reader.get("/orders")["items"] == []
    assert reader.post("/orders", wanted).status_code == 403
    assert program.post("/orders", wanted).status_code == 201
    long = {"Authorization": program.headers["Authorization"].replace(" ", " " * 300)}
    assert program.call("POST", "/orders", wanted, **long).status_code == 401
    services.api_keys.revoke(program.shop.id, program.key.id)
    assert program.post("/orders", wanted).status_code == 401
    assert len(services.orders.page(program.shop.id).items) == 1


def test_a_key_that_was_revoked_elsewhere_ends_soon(program: Program, wanted: dict[str, Any]) -> None:
    world = program.shop.world
    assert program.post("/orders", wanted).status_code == 201
    with world.storage.unit_of_work(program.shop.id) as uow:
        key = uow.api_keys.get(program.key.id)
        key.revoked_at = world.clock.now()
        uow.api_keys.save(key)
        uow.commit()
    assert program.post("/orders", wanted).status_code == 201
    world.clock.advance(2)
    assert program.post("/orders", wanted).status_code == 401
