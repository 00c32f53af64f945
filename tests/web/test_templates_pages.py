"""Templates: their pages, and how they fill the composer."""

from __future__ import annotations

import pytest

from salespilots.services.template_starters import FIRST
from tests.support.browser import Visitor
from tests.support.shop import Shop

PRICE = {"title": "Price", "name": "/Price", "purpose": "sell", "text_en": "{product} is {price}", "text_hi": "{product} का दाम {price}"}  # fmt: skip


def send(owner: Visitor, path: str, data: dict[str, str], status: int = 303) -> str:
    answer = owner.client.post(path, base_url=owner.address, data={**data, "csrf_token": owner.token()})
    assert answer.status_code == status, answer.text[:500]
    return answer.text


def only(shop: Shop) -> str:
    [one] = shop.world.services.templates.all(shop.id)
    return one.id


def chat(shop: Shop, text: str = "hello") -> str:
    shop.say(text)
    return shop.world.services.conversations.page(shop.id).items[0].conversation.id


def test_a_shop_without_any_is_offered_some(owner: Visitor, shop: Shop) -> None:
    text = owner.get("/app/templates").text
    assert all(f"/{one.name}</span>" in text for one in FIRST)
    send(owner, "/app/templates/first", {"name": "price"})
    assert [one.name for one in shop.world.services.templates.all(shop.id)] == ["price"]
    send(owner, "/app/templates/first", {})
    assert len(shop.world.services.templates.all(shop.id)) == len(FIRST)
    assert "No templates yet" not in owner.get("/app/templates").text
    send(owner, "/app/templates/first", {"name": "nothing"}, 404)


def test_one_is_made_changed_and_deleted(owner: Visitor, shop: Shop) -> None:
    send(owner, "/app/templates/new", PRICE)
    made = only(shop)
    text = owner.get("/app/templates").text
    assert "Indigo block-print saree is ₹2,499.00" in text
    assert "Indigo block-print saree का दाम ₹2,499.00" in text
    assert "/price</span>" in text
    send(owner, f"/app/templates/{made}", {**PRICE, "name": "price", "text_hi": ""})
    assert shop.world.services.templates.get(shop.id, made).texts == {"en": "{product} is {price}"}
    assert "No हिन्दी" in owner.get("/app/templates").text
    assert "{product} is {price}" in owner.get(f"/app/templates/{made}").text
    send(owner, f"/app/templates/{made}/delete", {})
    assert shop.world.services.templates.all(shop.id) == []
    assert owner.get(f"/app/templates/{made}").status_code == 404


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"name": "Two words"}, "name", "Small letters, digits and _"),
        ({"name": ""}, "name", "Write this."),
        ({"text_en": "{colour}"}, "text_en", "Nothing gives a value for {colour}."),
        ({"text_hi": "{% if x %}"}, "text_hi", ""),
        ({"text_en": "", "text_hi": ""}, "text_en", "Write the words in at least one language."),
        ({"text_en": "x" * 1001}, "text_en", "At most 1000 characters."),
        ({"purpose": "spam"}, "purpose", "Choose one of"),
    ],
)
def test_what_is_wrong_is_said_at_the_field(
    owner: Visitor, shop: Shop, change: dict[str, str], field: str, sentence: str
) -> None:
    text = send(owner, "/app/templates/new", {**PRICE, **change}, 422)
    assert f'id="e-{field}"' in text
    assert sentence in text
    assert shop.world.services.templates.all(shop.id) == []


def test_one_that_a_workflow_uses_stays(owner: Visitor, shop: Shop) -> None:
    send(owner, "/app/templates/new", PRICE)
    services, made = shop.world.services, only(shop)
    step = {"id": "say", "kind": "message.template", "settings": {"name": "price"}}
    definition = {"trigger": {"kind": "message.received", "settings": {}}, "steps": [step]}
    services.workflows.create(shop.id, "Prices", definition)
    assert "Used in 1 workflow" in owner.get("/app/templates").text
    send(owner, f"/app/templates/{made}/delete", {})
    assert services.templates.get(shop.id, made)
    assert "uses this template" in owner.get(f"/app/templates/{made}").text
    assert "Workflows use it under its name" in send(owner, f"/app/templates/{made}", {**PRICE, "name": "cost"}, 422)


def test_the_composer_is_filled_in_the_customers_language(owner: Visitor, shop: Shop) -> None:
    send(owner, "/app/templates/new", {**PRICE, "text_en": "Hello {customer}, {price}?", "text_hi": "नमस्ते {customer}"})
    id = chat(shop)
    thread = owner.get(f"/app/inbox/{id}").text
    assert f'href="/app/templates/for/{id}"' in thread
    offered = owner.get(f"/app/templates/for/{id}").text
    assert "Hello Riya, {price}?" in offered
    assert f"/app/inbox/{id}?template=price#box" in offered
    filled = owner.get(f"/app/inbox/{id}?template=price").text
    assert "data-grow>Hello Riya, {price}?</textarea>" in filled
    shop.say("नीली साड़ी कितने की है?")
    assert "data-grow>नमस्ते Riya</textarea>" in owner.get(f"/app/inbox/{id}?template=price").text
    assert "data-grow></textarea>" in owner.get(f"/app/inbox/{id}?template=gone").text


def test_the_product_and_the_order_of_the_chat_are_filled_in(owner: Visitor, shop: Shop) -> None:
    words = "{product} is {price}, {stock}. {order}: {items}, {due} to pay at {link}. {tracking}"
    send(owner, "/app/templates/new", {**PRICE, "text_en": words, "text_hi": ""})
    order = shop.order_two_sarees()
    path = f"/app/inbox/{order.conversation_id}?template=price"
    filled = owner.get(path).text
    assert f"Blue block-print saree is ₹1,499.00, 7 in stock. {order.number}: 2 × Blue block-print saree" in filled
    assert f"₹3,078.00 to pay at {order.payment_url}. {{tracking}}</textarea>" in filled
    shop.pay(order)
    assert "₹0.00 to pay at {link}." in owner.get(path).text  # a link that leads to nothing is not offered


def test_the_list_under_the_composer_is_escaped(owner: Visitor, shop: Shop) -> None:
    send(owner, "/app/templates/new", {**PRICE, "text_en": '"><script>alert(1)</script>', "text_hi": ""})
    path = f"/app/templates/for/{chat(shop)}"
    part = owner.client.get(path, base_url=owner.address, headers={"X-Partial": "offers"})
    assert part.text.count("<script") == 0
    assert 'data-offer="price"' in part.text
    assert owner.get("/app/templates/for/cnv_nothing").status_code == 404
