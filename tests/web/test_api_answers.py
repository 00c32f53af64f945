"""What the description says is what the API answers, and the contract's small print."""

from __future__ import annotations

import json
from typing import Any

import pytest
from marshmallow import RAISE

from salespilots.domain.money import MAX_PAISE
from salespilots.ports.storage import StorageUnavailable
from salespilots.web import streams
from salespilots.web.api import answers, shapes
from tests.support.program import Program, application, problem
from tests.support.shop import Shop

RESOURCES = {
    "products": answers.Product, "customers": answers.Customer, "conversations": answers.Conversation,
    "messages": answers.Message, "orders": answers.Order, "payments": answers.Payment, "workflows": answers.Workflow,
}  # fmt: skip


@pytest.fixture
def program(shop: Shop) -> Program:
    return Program(application(shop.world), shop)


def fits(schema: Any, body: Any) -> None:
    """The body has these fields, all of them and no others, with values of these types."""
    assert schema(unknown=RAISE).validate(body) == {}


def test_answers_have_the_described_fields(program: Program, shop: Shop) -> None:
    shop.pay(shop.order_two_sarees())
    shop.order_two_sarees("asha")
    for name, schema in RESOURCES.items():
        page = program.get(f"/{name}")
        assert page["items"]
        fits(answers.page_of(schema), page)
        for item in page["items"][:5]:
            fits(schema, program.get(f"/{name}/{item['id']}"))
    for values in ("range=today", "range=30d", "from=2026-11-01&to=2026-11-30"):
        fits(answers.Stats, program.get(f"/stats?{values}"))
    fits(answers.page_of(answers.Event), program.get("/events"))
    fits(answers.Problem, problem(program.call("GET", "/orders/nothing"), 404))
    fits(answers.Problem, problem(program.post("/orders", {}), 422))


def test_the_description_is_whole(program: Program) -> None:
    spec = program.client.get("/api/v1/openapi.json").json
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            if method == "parameters":
                continue
            good = {code: one for code, one in operation["responses"].items() if code in ("200", "201", "202")}
            assert good, (path, method)
            for response in good.values():
                shape = response["content"]["application/json"]["schema"]
                assert shape.get("$ref") or shape["type"], (path, method)
            headers = [one["name"] for one in operation.get("parameters", []) if one["in"] == "header"]
            assert headers == (["Idempotency-Key"] if method == "post" else []), (path, method)
            for one in operation.get("parameters", []):
                assert one["schema"].get("default", 1) not in ("", None)
    for response in spec["components"]["responses"].values():
        assert list(response["content"]) == ["application/problem+json"]
    assert {"detail", "code", "errors"} <= set(spec["components"]["schemas"]["Problem"]["properties"])
    assert "total_paise" in spec["components"]["schemas"]["Order"]["properties"]
    pack = spec["paths"]["/api/v1/orders/{order_id}/pack"]["post"]
    assert pack["requestBody"]["required"] is False
    assert set(spec["paths"]["/api/v1/orders/{order_id}/payment-link"]["post"]["responses"]) >= {"200", "202"}
    assert "text/event-stream" in spec["paths"]["/api/v1/events"]["get"]["responses"]["200"]["content"]


@pytest.mark.parametrize("path", ["/orders?stat=placed", "/products?limit=5&q=x&colour=red", "/stats?rang=7d"])
def test_a_mistyped_filter_is_refused(program: Program, path: str) -> None:
    assert "errors" in problem(program.call("GET", path), 422)


@pytest.mark.parametrize("value", [1, 0, "true", "yes", None])
def test_a_flag_is_true_or_false(program: Program, value: object) -> None:
    customer, line = program.customer(), {"sku": program.product()["variants"][0]["sku"], "quantity": 1}
    problem(program.post("/orders", {"customer_id": customer, "lines": [line], "draft": value}), 422)


@pytest.mark.parametrize("malformed", ["x" * 61, "x" * 400, "cnv_nothing", "!", "../x"])
def test_a_malformed_id_is_absent(program: Program, malformed: str) -> None:
    problem(program.post("/messages", {"conversation_id": malformed, "text": "hello"}), 404)
    line = {"sku": program.product()["variants"][0]["sku"], "quantity": 1}
    problem(program.post("/orders", {"customer_id": malformed, "lines": [line]}), 404)
    for path in ("messages?conversation_id", "messages?customer_id", "orders?customer_id", "payments?order_id"):
        assert program.get(f"/{path}={malformed}")["items"] == []


def test_a_body_in_chunks_has_the_same_limit(program: Program) -> None:
    answer = program.client.post(
        "/api/v1/products", data=b'{"title": "' + b"x" * 2_100_000 + b'"}', headers=program.headers,
        content_type="application/json", environ_overrides={"CONTENT_LENGTH": "", "wsgi.input_terminated": True},
    )  # fmt: skip
    problem(answer, 413)


def test_stock_of_a_known_variant_changes_only_by_its_own_address(program: Program) -> None:
    product = program.product()
    known = {"sku": product["variants"][0]["sku"], "price_paise": 100, "on_hand": 9}
    path = f"/products/{product['id']}"
    problem(program.call("PATCH", path, {"variants": [known]}), 422)
    del known["on_hand"]
    fresh = {"sku": "NEW-1", "price_paise": 100, "on_hand": 4}
    changed = program.call("PATCH", path, {"variants": [known, fresh]}).json
    assert [one["on_hand"] for one in changed["variants"]] == [5, 4]


def test_two_variants_with_one_sku_are_refused(program: Program) -> None:
    variants = [{"sku": "A", "price_paise": 1}, {"sku": "A", "price_paise": 2}]
    assert "variants" in problem(program.post("/products", {"title": "X", "variants": variants}), 422)["errors"]


def test_an_order_of_a_practice_customer_pays_by_practice(program: Program) -> None:
    program.shop.world.services.connections.connect(
        program.shop.id, "upi", {"vpa": "meera.h@okbank", "payee_name": "Meera"}
    )
    line = {"sku": program.product()["variants"][0]["sku"], "quantity": 1}
    order = program.done("/orders", {"customer_id": program.customer(), "lines": [line]})
    assert order["payment_method"] == "practice"


def test_a_lost_answer_repeats_nothing(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, line = program.customer(), {"sku": program.product()["variants"][0]["sku"], "quantity": 1}
    body = {"customer_id": customer, "lines": [line]}
    real = shapes.order

    def away(*_: object, **__: object) -> Any:
        monkeypatch.setattr(shapes, "order", real)
        raise StorageUnavailable("gone")

    monkeypatch.setattr(shapes, "order", away)
    assert [program.post("/orders", body, Idempotency_Key="o1").status_code for _ in range(3)] == [503, 201, 201]
    assert len(program.get("/orders")["items"]) == 1
    program.done("/orders", body, Idempotency_Key="o2")
    assert len(program.get("/orders")["items"]) == 2

    chat = program.get("/conversations")["items"][0]["id"]
    shape = shapes.message

    def broken(*_: object) -> Any:
        monkeypatch.setattr(shapes, "message", shape)
        raise StorageUnavailable("gone")

    monkeypatch.setattr(shapes, "message", broken)
    reply = {"conversation_id": chat, "text": "hello there"}
    assert [program.post("/messages", reply, Idempotency_Key="m1").status_code for _ in range(3)] == [503, 202, 202]
    texts = [one["text"] for one in program.get(f"/messages?conversation_id={chat}")["items"]]
    assert texts.count("hello there") == 1


def test_repeated_actions_answer_the_same(program: Program) -> None:
    line = {"sku": program.product()["variants"][0]["sku"], "quantity": 1}
    body = {"customer_id": program.customer(), "lines": [line], "payment_method": "cod"}
    path = f"/orders/{program.done('/orders', body)['id']}"
    for action in ("confirm", "confirm", "place", "pack", "confirm", "place", "pack"):
        assert program.post(f"{path}/{action}").status_code == 200, action
    assert json.loads(program.call("GET", path).text)["state"] == "packed"


def test_the_event_log_is_walked_page_by_page(program: Program, shop: Shop) -> None:
    shop.pay(shop.order_two_sarees())
    everything = program.get("/events?limit=200")["items"]
    walked, cursor = [], "0"
    while cursor is not None:
        page = program.get(f"/events?limit=7&cursor={cursor}")
        walked += page["items"]
        cursor = page["next"]
    assert walked == everything
    assert len(program.get("/events")["items"]) == 50
    problem(program.call("GET", "/events?cursor=x"), 422)


def test_streams_are_counted_and_given_back(program: Program) -> None:
    holder, headers = program.key.id, {**program.headers, "Accept": "text/event-stream"}
    for _ in range(4):
        assert program.client.head("/api/v1/events", headers=headers).status_code == 200
    assert streams.open_streams(holder) == 0
    opened = [program.client.get("/api/v1/events", headers=headers, buffered=False) for _ in range(3)]
    refused = program.client.get("/api/v1/events", headers=headers)
    assert refused.headers["Retry-After"]
    problem(refused, 429)
    first = iter(opened[0].response)
    assert next(first) == b"retry: 2000\n\n"
    for one in opened:
        one.close()
    assert streams.open_streams(holder) == 0


@pytest.mark.parametrize(
    ("phone", "status"),
    [("+91 98450 12345", 200), ("09845012345", 200), (None, 200), ("abc", 422), ("12", 422), ("9" * 40, 422)],
)
def test_a_phone_number_can_be_called(program: Program, phone: str | None, status: int) -> None:
    path = f"/customers/{program.customer()}"
    assert program.call("PATCH", path, {"phone": phone}).status_code == status
    assert program.call("PATCH", path, {"address": {"phone": phone}}).status_code == status


@pytest.mark.parametrize("body", [{"amount_paise": 100}, {"reason": "x"}])
def test_a_refund_says_how_much_and_why(program: Program, body: dict[str, object]) -> None:
    shop = program.shop
    order = shop.pay(shop.order_two_sarees())
    problem(program.post(f"/orders/{order.id}/refund", body), 422)
    problem(program.post(f"/orders/{order.id}/return"), 422)


def test_a_drafts_charges_stay_within_what_an_order_can_cost(program: Program) -> None:
    line = {"sku": program.product()["variants"][0]["sku"], "quantity": 1}
    draft = program.done("/orders", {"customer_id": program.customer(), "lines": [line], "draft": True})
    path = f"/orders/{draft['id']}"
    assert "shipping_paise" in problem(program.call("PATCH", path, {"shipping_paise": MAX_PAISE}), 422)["errors"]
    assert "discount_paise" in problem(program.call("PATCH", path, {"discount_paise": 10**9}), 422)["errors"]
    assert (
        program.call("PATCH", path, {"shipping_paise": 500, "discount_paise": 100}).json["total_paise"] == 99900 + 400
    )


def test_the_story_of_an_order_says_who_gave_money_back(program: Program) -> None:
    order = program.shop.pay(program.shop.order_two_sarees())
    body = {"amount_paise": 100, "reason": "torn"}
    story = program.done(f"/orders/{order.id}/refund", body)["timeline"]
    assert [one["actor"] for one in story if one["type"] == "refund.created"] == [program.key.id]
