"""What nobody should send: refused with 4xx in one format, nothing stored, never a 5xx."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from salespilots.testing.clocks import FakeClock
from salespilots.testing.contracts.storage import FOREIGN_CURSORS
from tests.support.browser import Visitor
from tests.support.program import Program, application
from tests.support.shop import Shop, World

SECRET = "bad-input-app-secret"
HOOK = "/webhooks/channel/instagram"
DEEP = b"[" * 100_000 + b"]" * 100_000
BAD_JSON: dict[str, bytes] = {
    "truncated": b'{"title": "Ku',
    "nested": DEEP,
    "nested in a field": b'{"title": ' + DEEP + b"}",
    "objects in objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "an array": b"[]",
    "a string": b'"title"',
    "a number": b"7",
    "null": b"null",
    "NaN": b'{"title": NaN}',
    "infinite": b'{"title": 1e999}',
    "not utf-8": b'{"title": "\xff\xfe"}',
    "a lone surrogate": b'{"title": "\\ud800"}',
    "a lone surrogate as a name": b'{"\\udfff": 1}',
    "NUL": b'{"title": "a\\u0000b"}',
    "NUL as a name": b'{"a\\u0000b": 1}',
    "beyond 64 bits": b'{"title": "x", "variants": [{"sku": "x", "price_paise": 99999999999999999999999}]}',
    "4301 digits": b'{"title": ' + b"9" * 4301 + b"}",
    "2 MB": b'{"title": "' + b"x" * (2 * 1024 * 1024) + b'"}',
    "empty": b"",
    "the wrong types": b'{"title": {"a": 1}, "variants": "x"}',
    "a twice given name": b'{"title": 1, "title": [], "variants": [[]]}',
}


def everything(world: World) -> dict[str, int]:
    """Rows of every table."""
    engine = sa.create_engine(world.application.config.database_url)
    try:
        with engine.connect() as connection:
            tables = sa.inspect(connection).get_table_names()
            return {
                one: connection.execute(sa.select(sa.func.count()).select_from(sa.table(one))).scalar_one()
                for one in tables
            }
    finally:
        engine.dispose()


def posts(app: Flask) -> list[str]:
    """API addresses that take a body, with ids that exist nowhere."""
    return sorted(
        {
            f"{'PUT' if 'PUT' in rule.methods else 'PATCH' if 'PATCH' in rule.methods else 'POST'} "
            + rule.rule.replace("<", "").replace(">", "")
            for rule in app.url_map.iter_rules()
            if rule.rule.startswith("/api/v1/") and {"POST", "PUT", "PATCH"} & (rule.methods or set())
        }
    )


def refused(answer: Any, what: str) -> None:
    """A 4xx problem."""
    assert 400 <= answer.status_code < 500, (what, answer.status_code, answer.text[:300])
    assert answer.content_type == "application/problem+json", what
    assert json.loads(answer.text)["status"] == answer.status_code


@pytest.fixture
def program(shop: Shop) -> Program:
    return Program(application(shop.world), shop)


def test_every_address_that_takes_a_body(program: Program) -> None:
    addresses = posts(program.client.application)
    assert len(addresses) > 18
    before = everything(program.shop.world)
    for address in addresses:
        method, path = address.split(" ")
        for name, body in BAD_JSON.items():
            refused(program.call(method, path, body), f"{address} {name}")
    assert everything(program.shop.world) == before


def test_on_both_databases(any_shop: Shop) -> None:
    program = Program(application(any_shop.world), any_shop)
    before = everything(any_shop.world)
    for name, body in BAD_JSON.items():
        refused(program.call("POST", "/products", body, Idempotency_Key=name), name)
    after = everything(any_shop.world)
    after["idempotency"] = before["idempotency"]  # a refusal is an answer, and is kept
    assert after == before


ODD_VALUES: list[dict[str, Any]] = [
    {"title": "x" * 100_000},
    {"title": "x", "gst_rate": 2**62},
    {"variants": [{"sku": "x", "price_paise": 2**62}]},
    {"variants": [{"sku": "x", "price_paise": -1}]},
    {"variants": [{"sku": "x", "price_paise": 1.5}]},
    {"variants": [{"sku": "x", "price_paise": 1, "on_hand": 2**40}]},
    {"variants": [{"sku": "", "price_paise": 1}]},
    {"variants": [{"sku": "x", "price_paise": 1}, {"sku": "x", "price_paise": 1}]},
    {"variants": []},
    {"variants": None},
    {"keywords": [None]},
    {"title": None},
    {"title": "   "},
    {"state": "secret"},
]


def test_values_out_of_reason(any_shop: Shop) -> None:
    program = Program(application(any_shop.world), any_shop)
    before = program.get("/products?limit=200")
    for values in ODD_VALUES:
        body = {"title": "Kurta", "variants": [{"sku": "KUR-X", "price_paise": 1}], **values}
        answer = program.post("/products", body)
        refused(answer, str(values)[:80])
        assert answer.status_code == 409 or answer.json["errors"], values
    assert program.get("/products?limit=200") == before


STEP = {"id": "a", "kind": "flow.stop"}
DEFINITIONS: list[Any] = [
    {},
    {"trigger": [], "steps": []},
    {"trigger": "x", "steps": []},
    {"trigger": {}, "steps": [1]},
    {"trigger": {"kind": []}, "steps": []},
    {"trigger": {"kind": {"a": 1}}, "steps": [STEP]},
    {"trigger": {"kind": "order_intent", "settings": [1]}, "steps": []},
    {"trigger": {"kind": "order_intent", "settings": "x"}, "steps": []},
    {"trigger": {"kind": "message.received", "settings": {"keywords": 1}}, "steps": [STEP]},
    {"trigger": {"kind": "new_message"}, "steps": {"a": STEP}},
    {"trigger": {"kind": "new_message"}, "steps": [None]},
    {"trigger": {"kind": "new_message"}, "steps": [[STEP]]},
    {"trigger": {"kind": "new_message"}, "steps": [STEP] * 61},
    {"trigger": {"kind": "new_message"}, "steps": [{"id": [], "kind": "flow.stop"}]},
    {"trigger": {"kind": "new_message"}, "steps": [{"id": "a", "kind": []}]},
    {"trigger": {"kind": "new_message"}, "steps": [{"id": "a", "kind": {}}]},
    {"trigger": {"kind": "new_message"}, "steps": [{**STEP, "next": ["a"]}]},
    {"trigger": {"kind": "new_message"}, "steps": [{**STEP, "settings": []}]},
    {"trigger": {"kind": "new_message"}, "steps": [STEP], "format": 2**70},
    *(
        {"trigger": {"kind": "new_message"}, "steps": [{"id": "a", "kind": "flow.wait", "settings": {"for": given}}]}
        for given in ("P9999999999D", f"P{'9' * 5000}D", "P91D", "", [], None, 7)
    ),
    {
        "trigger": {"kind": "new_message"},
        "steps": [{"id": "a", "kind": "flow.branch", "settings": {"all": [{"field": [], "op": {}}]}}],
    },
]


def test_definitions(any_shop: Shop) -> None:
    program = Program(application(any_shop.world), any_shop)
    kept = program.get("/workflows")["items"]
    for definition in DEFINITIONS:
        refused(program.post("/workflows", {"name": "x", "definition": definition}), str(definition)[:120])
        refused(program.call("PUT", f"/workflows/{kept[0]['id']}", {"definition": definition}), str(definition)[:120])
    assert program.get("/workflows")["items"] == kept


def test_orders_beyond_any_amount(any_shop: Shop) -> None:
    program = Program(application(any_shop.world), any_shop)
    customer = program.customer()
    most = 10**13
    program.done("/products", {"title": "Gold", "variants": [{"sku": "G", "price_paise": most, "on_hand": 9}]})
    for field, sku, quantity, more in (
        ("lines", "G", 2, {}),
        ("lines", "G", 2, {"draft": True}),
        ("lines", "G", 2, {"discount_paise": most}),
        ("shipping_paise", "G", 1, {"shipping_paise": 1}),
        ("shipping_paise", "SAR-BLUE", 1, {"shipping_paise": most, "draft": True}),
        ("discount_paise", "SAR-BLUE", 1, {"discount_paise": most}),
    ):
        body = {"customer_id": customer, "lines": [{"sku": sku, "quantity": quantity}], "shipping_paise": 0, **more}
        answer = program.post("/orders", body)
        refused(answer, str(body))
        assert list(answer.json["errors"]) == [field], body
    assert program.get("/orders")["items"] == []
    largest = {"customer_id": customer, "lines": [{"sku": "G", "quantity": 1}], "shipping_paise": 0}
    for draft in (False, False, True):
        assert program.done("/orders", {**largest, "draft": draft})["total_paise"] == most
    draft = program.get("/orders")["items"][0]
    program.call("PATCH", f"/orders/{draft['id']}", {"shipping_paise": most})
    assert program.post(f"/orders/{draft['id']}/place").status_code < 500
    owner = Visitor(program.client.application)
    owner.sign_in("meera@example.in")
    for path in ("/app", "/app/orders", f"/app/orders/{draft['id']}", "/app/products", "/app/customers"):
        assert owner.get(path).status_code == 200, path


HUGE = "9" * 40
QUERIES = (
    "/products?limit=" + HUGE, "/products?limit=-1", "/products?limit=1e3", "/products?cursor=" + "x" * 400,
    "/products?cursor=%00", "/products?q=%00", "/products?q=%ED%A0%80", "/products?q=" + "x" * 5000, "/products?stock=none",
    "/events?after=" + HUGE, "/events?after=-5", "/events?after=%F0%9D%9F%8F", "/orders?limit=%D9%A3",
    "/orders?cursor=" + HUGE, "/stats?from=2026-13-45&to=2026-11-22", "/stats?from=0000-01-01&to=2026-11-22",
    "/conversations?view=secret", "/messages?limit=", "/products?%00=1",
    "/stats?from=9999-12-31&to=9999-12-31", "/stats?from=0001-01-01&to=0001-01-01", "/stats?from=2026-01-01&to=9999-12-31",
    "/stats?from=1999-12-31&to=2000-01-01", "/stats?from=2026-11-22&to=2026-11-21", "/stats?from=%D9%A2026-11-22",
    *(f"/{name}?cursor={one}" for name in ("orders", "products", "customers", "messages", "workflows") for one in FOREIGN_CURSORS),
)  # fmt: skip


def test_queries(any_shop: Shop) -> None:
    program = Program(application(any_shop.world), any_shop)
    for query in QUERIES:
        answer = program.call("GET", query)
        if answer.status_code != 200:
            refused(answer, query[:60])
        else:
            assert answer.json["items"] == [], query[:60]


PATHS = (
    HUGE, "-1", "%00", "a%00b", "%ED%A0%80", "%FF%FE", "..%2F..%2Fetc%2Fpasswd", "ord_" + "x" * 5000, "%F0%9F%99%8F",
    "ord_" + HUGE, "'%20OR%201=1--", "%25", "null",
)  # fmt: skip


def test_paths(any_shop: Shop) -> None:
    program = Program(application(any_shop.world), any_shop)
    for bad in PATHS:
        for name in ("products", "orders", "customers", "conversations", "messages", "payments", "workflows"):
            refused(program.call("GET", f"/{name}/{bad}"), f"{name} {bad[:40]}")
        refused(program.post(f"/orders/{bad}/pack"), bad[:40])
        refused(program.client.get(f"/api/v1/{bad}"), bad[:40])


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer \x00\x01\x02aaaaaaaaaaaaa"},
        {"Authorization": "Bearer ééééééééééééééé"},
        {"Idempotency-Key": "x" * 5000},
        {"Idempotency-Key": "\x00"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Last-Event-ID": HUGE},
        {"Accept": "\x00"},
    ],
)
def test_headers(program: Program, headers: dict[str, str]) -> None:
    given = {**program.headers, "Content-Type": "application/json", **headers}
    body = b'{"title": "x", "variants": []}'
    assert 400 <= program.client.post("/api/v1/products", data=body, headers=given).status_code < 500
    assert program.client.get("/api/v1/events", headers=given).status_code < 500


# --- the webhook address -----------------------------------------------------------------------------------------


@pytest.fixture
def hooked(make_world: Callable[..., World], database_url: str) -> Shop:
    """A shop with an Instagram account."""
    world = make_world(
        database_url, discover=True, clock=FakeClock(), environ={"SALESPILOTS_INSTAGRAM_APP_SECRET": SECRET}
    )
    shop = world.practice_shop()
    world.services.connections.connect(
        shop.id, "instagram", {"account_id": "17841400000000001", "access_token": "IGAA"}
    )
    return shop


def signed(body: bytes) -> dict[str, str]:
    """As Meta signs."""
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}


def test_signed_rubbish_at_the_webhook_address(hooked: Shop) -> None:
    client = application(hooked.world).test_client()
    before = everything(hooked.world)
    for name, body in BAD_JSON.items():
        answer = client.post(HOOK, data=body, headers=signed(body))
        assert answer.status_code in (200, 400, 413), (name, answer.status_code)
        if answer.status_code != 200:
            refused(answer, name)
    assert everything(hooked.world) == before


WEIRD: dict[str, Any] = {
    "no text": {"message": {"mid": "m-weird"}},
    "text of another type": {"message": {"mid": "m-weird", "text": {"a": 1}}},
    "a number as text": {"message": {"mid": "m-weird", "text": 2**70}},
    "mid of another type": {"message": {"mid": 5, "text": "x"}},
    "a huge time": {"timestamp": 2**70},
    "a time before time": {"timestamp": -(2**70)},
    "a time of another type": {"timestamp": "yesterday"},
    "no sender": {"sender": None},
    "a sender of another type": {"sender": {"id": {"id": 1}}},
    "attachments of another type": {"message": {"mid": "m-weird", "attachments": {"a": 1}}},
    "half a character": {"message": {"mid": "m-weird", "text": "\ud800"}},
    "NUL": {"message": {"mid": "m-1\u0000", "text": "a\u0000b"}},
    "a long id": {"message": {"mid": "m" * 5000, "text": "x"}},
    "a long text": {"message": {"mid": "m-weird", "text": "x" * 500_000}},
}


def test_signed_oddities_never_break_the_intake_or_what_comes_after(hooked: Shop) -> None:
    client = application(hooked.world).test_client()
    now = int(hooked.world.clock.now().timestamp() * 1000)

    def item(mid: str, **changed: Any) -> dict[str, Any]:
        return {
            "sender": {"id": "2001"}, "recipient": {"id": "17841400000000001"}, "timestamp": now,
            "message": {"mid": mid, "text": "thanks"}, **changed,
        }  # fmt: skip

    def post(one: dict[str, Any]) -> int:
        entry = {"id": "17841400000000001", "time": now, "messaging": [one]}
        body = json.dumps({"object": "instagram", "entry": [entry]}).encode()
        return client.post(HOOK, data=body, headers=signed(body)).status_code

    for name, changed in WEIRD.items():
        assert post(item(f"m-odd-{name}", **changed)) in (200, 400), name
        assert post(item(f"m-after-{name}")) == 200
    with hooked.world.storage.system_unit_of_work(read_only=True) as system:
        lanes = system.work.due_lanes(hooked.world.clock.now())
    for _, lane in lanes:
        hooked.world.services.lanes.drain(lane)
    stored = hooked.world.services.conversations.message_page(hooked.id, limit=200).items
    after = {one.provider_ref: one.text for one in stored if (one.provider_ref or "").startswith("m-after")}
    assert after == {f"m-after-{name}": "thanks" for name in WEIRD}
    backlog = hooked.world.services.maintenance.backlog()
    assert (backlog["inbox_new"], backlog["inbox_dead"]) == (0, 0)
