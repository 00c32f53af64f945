"""Another shop's ids: every address that takes one answers exactly as if the thing did not exist.

The tables below name how to make each id. An address with a converter that no table knows fails the test, so that a
new one cannot be forgotten.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from salespilots.ports.storage import eq
from salespilots.services.rehearsal.script import say
from tests.support.imports import with_a_problem
from tests.support.posts import comment_rule, story_post
from tests.support.program import Program, application
from tests.support.shop import PASSWORD, Shop, World

ABSENT = "0000000000000000000000"


@dataclass
class Two:
    """Meera's program and browser, and Kabir's shop full of things."""

    app: Flask
    program: Program
    browser: FlaskClient
    other: Shop
    ids: dict[str, str]


def _ids(shop: Shop) -> dict[str, str]:
    """One of everything in a shop."""
    order = shop.pay(shop.order_two_sarees())
    services = shop.world.services
    message = services.conversations.message_page(shop.id, limit=200).items[0]
    workflow = services.workflows.page(shop.id, limit=50).items[0]
    key, _ = services.api_keys.add(shop.id)
    code = services.discounts.create(shop.id, {"code": "DIWALI10", "kind": "percent", "percent": 10})
    with shop.world.storage.unit_of_work(shop.id, read_only=True) as uow:
        run = uow.runs.select(order="-created_at", limit=1)[0]
    assert order.conversation_id
    return {
        "conversation_id": order.conversation_id, "customer_id": order.customer_id, "order_id": order.id,
        "message_id": message.id, "product_id": shop.product("blue").product.id, "workflow_id": workflow.id, "step_id": "status", "number": "1",
        "run_id": run.id, "case_id": services.cases.keep(shop.id, workflow.id, "Test", say("hi")).id, "payment_id": shop.payment(order).id, "key_id": key.id, "tag_id": services.tags.add(shop.id, "VIP").tag.id,
        "template_id": services.templates.save(shop.id, {"name": "hello", "texts": {"en": "Hello"}}).id, "picture_id": "0",
        "stuck_id": shop.given_up(), "return_id": "rtn_00000000", "discount_id": code.id, "reference": "x", "place": "0", "line_id": "stl_0", "fact_id": "unm_0",
            **dict(zip(("import_id", "row_id"), with_a_problem(shop), strict=True)),
        "post_id": story_post(shop).id, "rule_id": comment_rule(shop),
        "invoice_id": services.documents.issue(shop.id, order.id).id,
        "waiting_id": services.waiting.join(shop.id, customer_id=order.customer_id, sku="NEC-PEARL").id,
    }  # fmt: skip


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, sqlite_template) -> Two:
    folder = tmp_path_factory.mktemp("two")
    path = folder / "two.db"
    path.write_bytes(sqlite_template.read_bytes())
    world = World(folder, f"sqlite:///{path}")
    mine, other = world.practice_shop(), world.practice_shop("Kabir Shoes", "kabir@example.in")
    app = application(world)
    app.config.update(WTF_CSRF_ENABLED=False, WTF_CSRF_METHODS=())  # form tokens have tests of their own
    browser = app.test_client()
    assert browser.post("/signin", data={"email": "meera@example.in", "password": PASSWORD}).status_code == 303
    return Two(app, Program(app, mine), browser, other, _ids(other))


BODIES: dict[str, dict[str, object]] = {
    "api_products.move_stock": {"sku": "SAR-BLUE", "delta": 1, "reason": "receive"},
    "api_orders.ship": {"courier": "Delhivery", "tracking_number": "DL42"},
    "api_orders.refund": {"amount_paise": 100, "reason": ""},
    "api_orders.take_back": {"restock": True},
    "api_orders.undo": {"step": "packed"},
    "api_workflows.save_draft": {"name": "Taken over"},
    "api_rehearsals.dry_run": {"text": "hi"},
    "api_rehearsals.keep_case": {"name": "Test", "script": {"text": "hi"}},
    "api_products.change_product": {"title": "Taken over"},
    "api_templates.change_template": {"title": "Taken over"},
    "api_tags.rename_tag": {"name": "Taken over"},
    "api_customers.change_customer": {"name": "Taken over"},
    "api_orders.change_order": {"payment_method": "cod"},
}
FORMS: dict[str, dict[str, str]] = {
    "inbox.reply": {"text": "Namaste"}, "orders.ship": {"courier": "Delhivery", "tracking_number": "DL42"},
    "products.stock": {"sku": "SAR-BLUE", "delta": "1", "reason": "receive"}, "customers.note": {"note": "x"},
    "customers.add_tag": {"tag": "x"},
}  # fmt: skip
NOT_OF_A_SHOP = {"key", "persona", "token", "provider", "endpoint_token", "filename", "name", "business_id", "starter"}
"""Names of plugins and of practice people, capability tokens and files; they name nothing of one shop."""


def rules(app: Flask, prefix: str) -> list[Rule]:
    """Addresses below ``prefix`` that take something."""
    return [one for one in app.url_map.iter_rules() if one.arguments and one.rule.startswith(prefix)]


def filled(rule: Rule, ids: dict[str, str]) -> str:
    """The address with these ids."""
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: ids[found.group(1)], rule.rule)


def methods(rule: Rule) -> list[str]:
    """What the address takes."""
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})


def test_every_address_with_an_id_is_known_here(two: Two) -> None:
    known = set(two.ids) | NOT_OF_A_SHOP
    unknown = {f"{one.rule}: {name}" for one in rules(two.app, "/") for name in one.arguments - known}
    assert not unknown, "say in _ids() how to make this id, or that it names nothing of one shop"


def test_programs_find_nothing_of_another_shop(two: Two) -> None:
    absent = {name: f"{value.partition('_')[0]}_{ABSENT}" for name, value in two.ids.items()}
    looked = 0
    for rule in rules(two.app, "/api/v1/"):
        for method in methods(rule):
            body = None if method in ("GET", "DELETE") else BODIES.get(rule.endpoint, {})
            answers = [
                two.program.call(method, filled(rule, ids), body)
                for ids in (two.ids, absent, dict.fromkeys(rule.arguments, "nonsense"))
            ]
            assert [one.status_code for one in answers] == [404] * 3, (method, rule.rule, answers[0].text[:200])
            assert answers[0].data == answers[1].data == answers[2].data, (method, rule.rule)
            looked += 1
    assert looked >= 25


def test_owners_find_nothing_of_another_shop(two: Two) -> None:
    looked = 0
    for rule in rules(two.app, "/app/"):
        if rule.arguments & NOT_OF_A_SHOP:
            continue
        for method in methods(rule):
            form = FORMS.get(rule.endpoint, {})
            answer = two.browser.open(filled(rule, two.ids), method=method, data=form if method == "POST" else None)
            assert answer.status_code == 404, (method, rule.rule, answer.status_code)
            looked += 1
    assert looked >= 25


def test_ids_in_bodies_and_filters_are_another_shops_too(two: Two) -> None:
    program, ids = two.program, two.ids
    own = program.customer()
    variant = two.other.product("blue").variants[0].id
    line = [{"sku": "SAR-BLUE", "quantity": 1}]
    for body in (
        {"customer_id": ids["customer_id"], "lines": line},
        {"customer_id": own, "lines": [{"variant_id": variant, "quantity": 1}]},
        {"customer_id": own, "lines": line, "conversation_id": ids["conversation_id"]},
    ):
        answer = program.post("/orders", body)
        assert answer.status_code == 404, (body, answer.text[:300])
    for body in (
        {"customer_id": ids["customer_id"], "sku": "NEC-PEARL"}, {"customer_id": own, "variant_id": variant},
        {"customer_id": own, "sku": "NEC-PEARL", "conversation_id": ids["conversation_id"]},
    ):  # fmt: skip
        assert program.post("/waiting", body).status_code == 404, body
    reply = program.post("/messages", {"conversation_id": ids["conversation_id"], "text": "Namaste"})
    assert reply.status_code == 404
    for path in (
        f"/orders?customer_id={ids['customer_id']}", f"/messages?conversation_id={ids['conversation_id']}",
        f"/messages?customer_id={ids['customer_id']}", f"/payments?order_id={ids['order_id']}",
        f"/waiting?customer_id={ids['customer_id']}", f"/waiting?product_id={ids['product_id']}",
    ):  # fmt: skip
        assert program.get(path)["items"] == []
    assert program.get("/orders")["items"] == []


def test_lists_and_figures_show_one_shop(two: Two) -> None:
    text = ""
    for path in (
        "products",
        "imports",
        "waiting",
        "customers",
        "conversations",
        "messages",
        "orders",
        "payments",
        "workflows",
        "events",
    ):
        text += json.dumps(two.program.get(f"/{path}?limit=200"))
    for name, value in two.ids.items():
        if "_" in value:
            assert value not in text, name
    assert two.program.get("/stats")["orders"] == 0


def test_nothing_of_the_other_shop_changed(two: Two) -> None:
    shop, services = two.other, two.other.world.services
    order = services.orders.get(shop.id, two.ids["order_id"])
    assert (order.state, order.refunded_paise) == ("confirmed", 0)
    assert shop.product("blue").product.title == "Blue block-print saree"
    assert services.customers.get(shop.id, two.ids["customer_id"]).tags == []
    assert [one.id for one in services.api_keys.all(shop.id)] == [two.ids["key_id"]]
    chat = services.conversations.get(shop.id, two.ids["conversation_id"]).conversation
    assert chat.mode == "bot"
    assert [one.id for one in services.stuck.given_up(shop.id)] == [two.ids["stuck_id"]]


def test_storage_itself_keeps_shops_apart(make_world: Callable[..., World], database_url: str) -> None:
    world = make_world(database_url)
    mine, other = world.practice_shop(), world.practice_shop("Kabir Shoes", "kabir@example.in")
    order = other.order_two_sarees()
    with world.storage.unit_of_work(mine.id) as uow:
        assert uow.orders.select(eq("id", order.id)) == []
        assert uow.orders.find(id=order.id) is None
