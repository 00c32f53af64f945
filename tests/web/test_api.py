"""The JSON API as programs use it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from salespilots.domain.idempotency import IdempotencyRecord
from tests.support.program import Program, application, problem
from tests.support.shop import Shop, World

LINE = {"sku": "KUR-1", "quantity": 2}
SHIP = {"courier": "Delhivery", "tracking_number": "DL42"}


@pytest.fixture
def app(world: World) -> Flask:
    return application(world)


@pytest.fixture
def program(app: Flask, shop: Shop) -> Program:
    return Program(app, shop)


@pytest.fixture
def any_program(any_shop: Shop) -> Program:
    return Program(application(any_shop.world), any_shop)


# --- products and stock ------------------------------------------------------------------------------------


def test_a_product_from_first_receipt_to_archive(any_program: Program) -> None:
    program = any_program
    made = program.product(on_hand=3, keywords=["kurta"], hsn="6204", gst_rate=5)
    (variant,) = made["variants"]
    assert (variant["on_hand"], variant["reserved"], variant["available"]) == (3, 0, 3)
    assert (made["state"], made["images"]) == ("live", [])
    stock = program.done(f"/products/{made['id']}/stock", {"sku": "KUR-1", "delta": -2, "reason": "damaged"})
    assert stock["variants"][0]["on_hand"] == 1
    below = program.post(f"/products/{made['id']}/stock", {"sku": "KUR-1", "delta": -2, "reason": "adjust"})
    problem(below, 409)
    changed = program.call("PATCH", f"/products/{made['id']}", {"title": "Kurta, cotton"})
    assert (changed.status_code, changed.json["title"]) == (200, "Kurta, cotton")
    assert changed.json["variants"][0]["on_hand"] == 1
    gone = program.call("DELETE", f"/products/{made['id']}")
    assert (gone.status_code, gone.json["state"]) == (200, "archived")
    assert program.get(f"/products/{made['id']}")["state"] == "archived"


def test_an_article_number_is_used_once(program: Program) -> None:
    program.product()
    again = program.post("/products", {"title": "Other", "variants": [{"sku": "KUR-1", "price_paise": 100}]})
    assert again.status_code in (409, 422)
    assert len(program.get("/products?q=Other")["items"]) == 0


def test_lists_go_page_by_page_without_gaps_or_repeats(program: Program) -> None:
    whole = [one["id"] for one in program.get("/products?limit=200")["items"]]
    seen: list[str] = []
    path = "/products?limit=5"
    while path:
        page = program.get(path)
        assert len(page["items"]) <= 5
        seen += [one["id"] for one in page["items"]]
        path = f"/products?limit=5&cursor={page['next']}" if page["next"] else ""
    assert seen == whole
    assert len(set(seen)) == 12
    for wrong in ("limit=0", "limit=201", "limit=x", "limit=5&limit=6"):
        problem(program.call("GET", f"/products?{wrong}"), 422)
    assert program.call("GET", "/products?cursor=nonsense").status_code in (400, 422)


# --- orders --------------------------------------------------------------------------------------------------


def test_an_order_from_shelf_to_door(any_program: Program) -> None:
    program = any_program
    product, customer = program.product(), program.customer()
    body = {
        "customer_id": customer, "lines": [LINE], "payment_method": "cod", "shipping_paise": 5000,
        "address": {"name": "Riya Sen", "phone": "+919845012345", "line1": "14, 3rd Cross", "pincode": "560038"},
    }  # fmt: skip
    created = program.post("/orders", body)
    assert created.status_code == 201, created.text
    order = created.json
    assert (order["state"], order["payment_status"], order["number"]) == ("placed", "unpaid", "SP-1001")
    assert order["subtotal_paise"] == 2 * 99900
    assert order["total_paise"] == order["subtotal_paise"] + 5000 + order["cod_fee_paise"]
    assert order["due_paise"] == order["total_paise"]
    assert program.get(f"/products/{product['id']}")["variants"][0]["available"] == 3
    path = f"/orders/{order['id']}"
    problem(program.post(f"{path}/ship", SHIP), 409)
    for step, words, state in (
        ("confirm", {}, "confirmed"), ("pack", {}, "packed"), ("ship", SHIP, "shipped"), ("deliver", {}, "delivered"),
    ):  # fmt: skip
        first = program.done(f"{path}/{step}", words)
        again = program.done(f"{path}/{step}", words)
        assert first["state"] == again["state"] == state
        assert len(first["timeline"]) == len(again["timeline"])
    assert program.get(path)["tracking"]
    level = program.get(f"/products/{product['id']}")["variants"][0]
    assert (level["on_hand"], level["reserved"]) == (3, 0)
    problem(program.post(f"{path}/cancel"), 409)
    for _ in range(2):
        undone = program.done(f"{path}/undo", {"step": "delivered"})
        assert (undone["state"], undone["timeline"][-1]["type"]) == ("shipped", "order.step_undone")
    assert len(undone["timeline"]) == len(again["timeline"]) + 1
    problem(program.post(f"{path}/undo", {"step": "packed"}), 409)
    problem(program.post(f"{path}/undo", {"step": "shipped"}), 422)


def test_short_stock_keeps_nothing(any_program: Program) -> None:
    program = any_program
    product, customer = program.product(on_hand=3), program.customer()
    other = program.product(on_hand=9, sku="KUR-2")
    lines = [{"sku": "KUR-2", "quantity": 1}, {"sku": "KUR-1", "quantity": 4}]
    problem(program.post("/orders", {"customer_id": customer, "lines": lines}), 409, "out_of_stock")
    assert program.get("/orders")["items"] == []
    for one, left in ((product, 3), (other, 9)):
        assert program.get(f"/products/{one['id']}")["variants"][0]["available"] == left


def test_a_utr_of_money_received_by_hand_pays_once(program: Program) -> None:
    program.product()
    one, other = (program.done("/orders", {"customer_id": program.customer(), "lines": [LINE]}) for _ in range(2))
    received = {"method": "upi", "amount_paise": one["total_paise"], "utr": "633412345698"}
    problem(program.post(f"/orders/{one['id']}/confirm", {"received": {**received, "utr": "12"}}), 422)
    problem(program.post(f"/orders/{one['id']}/confirm", {"received": {**received, "method": "cash"}}), 422)
    program.done(f"/orders/{one['id']}/confirm", {"received": received})
    (payment,) = program.get(f"/payments?order_id={one['id']}")["items"]
    assert (payment["provider"], payment["provider_ref"]) == ("upi", "633412345698")
    problem(program.post(f"/orders/{other['id']}/confirm", {"received": received}), 409)
    assert program.get(f"/orders/{other['id']}")["paid_paise"] == 0


def test_money_received_by_hand_and_given_back(program: Program) -> None:
    program.product()
    order = program.done("/orders", {"customer_id": program.customer(), "lines": [LINE]})
    path, total = f"/orders/{order['id']}", order["total_paise"]
    problem(program.post(f"{path}/confirm"), 409)
    received = {"method": "upi", "amount_paise": total, "note": "seen on the phone"}
    paid = program.done(f"{path}/confirm", {"received": received})
    assert (paid["state"], paid["payment_status"], paid["paid_paise"]) == ("confirmed", "paid", total)
    again = program.done(f"{path}/confirm", {"received": received})
    assert again["paid_paise"] == total
    assert len(program.get(f"/payments?order_id={order['id']}")["items"]) == 1
    stats = program.get("/stats")
    assert (stats["revenue_paise"], stats["paid_orders"], stats["orders"]) == (total, 1, 1)
    assert program.get("/api/dashboard/real/stats") == stats
    assert program.get("/api/v1/dashboard/stats") == stats
    refund = {"amount_paise": 1000, "reason": "a stain"}
    once = program.done(f"{path}/refund", refund, Idempotency_Key="refund-1")
    twice = program.done(f"{path}/refund", refund, Idempotency_Key="refund-1")
    assert once["refunded_paise"] == twice["refunded_paise"] == 1000
    assert once["payment_status"] == "part_refunded"
    problem(program.post(f"{path}/refund", {"amount_paise": total, "reason": ""}), 409)
    assert program.get("/stats")["revenue_paise"] == total - 1000


def test_a_draft_holds_nothing_until_it_is_placed(program: Program) -> None:
    product = program.product()
    order = program.done("/orders", {"customer_id": program.customer(), "lines": [LINE], "draft": True})
    assert (order["state"], order["number"]) == ("draft", None)
    assert program.get(f"/products/{product['id']}")["variants"][0]["reserved"] == 0
    placed = program.done(f"/orders/{order['id']}/place")
    assert (placed["state"], placed["number"]) == ("placed", "SP-1001")
    assert program.done(f"/orders/{order['id']}/place")["number"] == "SP-1001"
    assert program.get(f"/products/{product['id']}")["variants"][0]["reserved"] == 2
    for _ in range(2):
        assert program.done(f"/orders/{order['id']}/cancel", {"reason": "asked"})["state"] == "cancelled"
    assert program.get(f"/products/{product['id']}")["variants"][0]["reserved"] == 0


def test_a_payment_link_is_made_once(program: Program) -> None:
    program.product()
    order = program.done("/orders", {"customer_id": program.customer(), "lines": [LINE]})
    first, second = (program.done(f"/orders/{order['id']}/payment-link") for _ in range(2))
    assert first["payment_url"] == second["payment_url"]
    assert first["payment_url"].startswith("http")
    assert len(program.get(f"/payments?order_id={order['id']}")["items"]) == 1


@pytest.mark.parametrize(
    "line",
    [
        {"sku": "KUR-1", "quantity": 0},
        {"sku": "KUR-1", "quantity": -1},
        {"sku": "KUR-1", "quantity": 1.5},
        {"sku": "KUR-1", "quantity": "2"},
        {"sku": "KUR-1", "quantity": True},
        {"sku": "KUR-1", "variant_id": "var_x", "quantity": 1},
        {"quantity": 1},
        {"sku": "KUR-1", "quantity": 1, "unit_paise": 1},
    ],
)
def test_lines_that_make_no_sense(program: Program, line: dict[str, Any]) -> None:
    program.product()
    body = problem(program.post("/orders", {"customer_id": program.customer(), "lines": [line]}), 422)
    assert body["errors"]
    assert program.get("/orders")["items"] == []


# --- chats -----------------------------------------------------------------------------------------------------


def test_a_reply_by_a_person_takes_the_chat_over(program: Program) -> None:
    program.shop.say("blue saree kitna hai?")
    (chat,) = program.get("/conversations")["items"]
    assert (chat["mode"], chat["channel"]) == ("bot", "practice")
    said = program.post("/messages", {"conversation_id": chat["id"], "text": "It is Meera here"})
    assert said.status_code == 202
    assert (said.json["author"], said.json["state"]) == ("agent", "queued")
    program.shop.world.settle()
    assert program.get(f"/messages/{said.json['id']}")["state"] == "sent"
    assert program.get(f"/conversations/{chat['id']}")["mode"] == "human"
    assert program.shop.say("blue saree kitna hai?") == []
    assert program.done(f"/conversations/{chat['id']}/hand-back")["mode"] == "bot"
    program.shop.world.clock.advance(25 * 3600)
    late = program.post("/messages", {"conversation_id": chat["id"], "text": "Still there?"})
    problem(late, 409, "reply_window_closed")


def test_a_customer_can_be_described(program: Program) -> None:
    customer = program.customer()
    values = {"name": "Riya Sen", "tags": ["vip"], "note": "likes blue", "address": {"pincode": "560038"}}
    changed = program.call("PATCH", f"/customers/{customer}", values)
    assert changed.status_code == 200, changed.text
    assert (changed.json["name"], changed.json["tags"]) == ("Riya Sen", ["vip"])
    assert [one["id"] for one in program.get("/customers?tag=vip")["items"]] == [customer]
    assert program.get("/customers?tag=nobody")["items"] == []
    assert program.get("/customers?q=riya")["items"]


# --- keys, scopes, methods ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer wrong-key-wrong-key", "Basic abc", "Bearer " + "x" * 300])
def test_without_a_key_nothing_is_told(program: Program, header: str | None) -> None:
    answer = program.client.get("/api/v1/products", headers={"Authorization": header} if header else {})
    problem(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_key_ends_at_once(program: Program) -> None:
    program.get("/products")
    program.shop.world.services.api_keys.revoke(program.shop.id, program.key.id)
    problem(program.call("GET", "/products"), 401)


def test_scopes_hold(app: Flask, shop: Shop) -> None:
    reader = Program(app, shop, ("products:read",))
    reader.get("/products")
    problem(reader.post("/products", {"title": "x", "variants": [{"sku": "x", "price_paise": 1}]}), 403)
    problem(reader.call("GET", "/orders"), 403)
    writer = Program(app, shop, ("products:write",))
    problem(writer.call("GET", "/customers"), 403)
    assert writer.product()["title"] == "Cotton kurta"


def test_methods_and_types(program: Program) -> None:
    wrong = program.call("PUT", "/products", {})
    problem(wrong, 405)
    assert {"GET", "POST"} <= set(wrong.headers["Allow"].split(", "))
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        problem(program.call("POST", "/products", b"{}", Content_Type=kind), 415)
    problem(program.call("GET", "/nothing/here"), 404)
    unknown = {"title": "x", "colour": "red", "variants": [{"sku": "x", "price_paise": 1}]}
    assert "colour" in problem(program.post("/products", unknown), 422)["errors"]


# --- one answer a key ----------------------------------------------------------------------------------------------


def test_the_same_key_gives_the_same_answer(any_program: Program) -> None:
    program = any_program
    body = {"title": "Scarf", "variants": [{"sku": "SCF", "price_paise": 100}]}
    first = program.post("/products", body, Idempotency_Key="scarf-1")
    second = program.post("/products", body, Idempotency_Key="scarf-1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.data == second.data
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(program.get("/products?q=Scarf")["items"]) == 1
    problem(program.post("/products", {**body, "title": "Shawl"}, Idempotency_Key="scarf-1"), 422)
    refused = program.post("/products", {"title": ""}, Idempotency_Key="scarf-2")
    assert program.post("/products", {"title": ""}, Idempotency_Key="scarf-2").data == refused.data


def test_while_the_first_runs_the_second_waits(program: Program) -> None:
    import hashlib
    import json

    body = json.dumps({"title": "Scarf", "variants": [{"sku": "SCF", "price_paise": 100}]}).encode()
    digest = hashlib.sha256(b"POST /api/v1/products\n" + body).hexdigest()
    core = program.shop.world.services.core
    with core.storage.unit_of_work(program.shop.id) as uow:
        uow.idempotency.add(
            IdempotencyRecord(
                id=core.ids.new("idempotency"), business_id=program.shop.id, key="k", request_hash=digest,
                created_at=core.clock.now(),
            )
        )  # fmt: skip
        uow.commit()
    problem(program.post("/products", body, Idempotency_Key="k"), 409, "in_progress")
    program.shop.world.clock.advance(3 * 60)
    assert program.post("/products", body, Idempotency_Key="k").status_code == 201


def test_keys_belong_to_one_shop(app: Flask, world: World, shop: Shop) -> None:
    body = {"title": "Scarf", "variants": [{"sku": "SCF", "price_paise": 100}]}
    one, two = Program(app, shop), Program(app, world.practice_shop("Kabir", "kabir@example.in"))
    first = one.done("/products", body, Idempotency_Key="same")
    second = two.done("/products", body, Idempotency_Key="same")
    assert first["id"] != second["id"]


# --- the addresses of the first description ----------------------------------------------------------------------------


def test_the_first_addresses_give_the_same_answers(program: Program) -> None:
    made = program.product()
    for name in ("products", "orders", "customers", "messages", "workflows"):
        assert program.get(f"/api/{name}/real") == program.get(f"/{name}")
    assert program.get(f"/api/products/real/{made['id']}") == program.get(f"/products/{made['id']}")
    assert program.get("/api/dashboard/real/stats").keys() == program.get("/stats").keys()
    other = {"title": "Shawl", "variants": [{"sku": "SHW", "price_paise": 100}]}
    assert program.done("/api/products/real", other)["title"] == "Shawl"
    problem(program.client.get("/api/products/real"), 401)
    problem(program.call("GET", "/api/products/real/prd_nobody"), 404)


def test_the_description_names_every_call(program: Program) -> None:
    described = program.client.get("/api/v1/openapi.json").json
    rules = {
        rule.rule.replace("<", "{").replace(">", "}")
        for rule in program.client.application.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and "openapi" not in rule.rule
    }
    assert rules <= {f"/api/v1{one}" if not one.startswith("/api") else one for one in described["paths"]}
    page = program.client.get("/api/docs")
    assert page.status_code == 200
    assert "/api/v1/orders" in page.text


def test_the_event_log_counts_on(program: Program) -> None:
    program.product()
    events = program.get("/events")["items"]
    assert [one["seq"] for one in events] == sorted({one["seq"] for one in events})
    last = events[-1]["seq"]
    assert program.get(f"/events?after={last}")["items"] == []
    program.product(sku="KUR-9")
    assert all(one["seq"] > last for one in program.get(f"/events?after={last}")["items"])


def test_workflows_are_listed_changed_and_published(program: Program) -> None:
    (first, *_) = program.get("/workflows")["items"]
    assert first["state"] == "live"
    assert program.done(f"/workflows/{first['id']}/pause")["state"] == "paused"
    assert program.done(f"/workflows/{first['id']}/publish")["state"] == "live"
    copy = program.done("/workflows", {"name": "Copy", "definition": first["definition"]})
    assert copy["state"] == "draft"
    changed = program.call("PUT", f"/workflows/{copy['id']}", {"name": "Other"})
    assert (changed.status_code, changed.json["name"]) == (200, "Other")


@pytest.mark.parametrize("query", ["from=2026-11-01&to=2026-11-22", "range=7d", "range=30d", "practice=exclude"])
def test_figures_of_a_range(program: Program, query: str) -> None:
    stats = program.get(f"/stats?{query}")
    assert {"revenue_paise", "orders", "paid_orders", "funnel", "series", "conversion"} <= set(stats)


@pytest.mark.parametrize("query", ["from=2026-11-01", "range=year", "from=x&to=y", "from=2026-11-22&to=2026-11-01"])
def test_a_range_that_is_none(program: Program, query: str) -> None:
    answer = program.call("GET", f"/stats?{query}")
    problem(answer, 422)


def test_two_programs_share_the_last_piece(make_world: Callable[..., World], sqlite_url: str) -> None:
    shop = make_world(sqlite_url).practice_shop()
    program = Program(application(shop.world), shop)
    program.product(on_hand=1)
    customer = program.customer()
    line = {"sku": "KUR-1", "quantity": 1}
    answers = [program.post("/orders", {"customer_id": customer, "lines": [line]}).status_code for _ in range(3)]
    assert sorted(answers) == [201, 409, 409]
