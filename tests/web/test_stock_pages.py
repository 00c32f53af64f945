"""Stock on its pages: the ledger, lowering, counting, what is sold out."""

from __future__ import annotations

import json
import re

from tests.support.browser import Visitor
from tests.support.shop import Shop, World
from tests.web.test_product_form import NEW, fields


def test_the_ledger_tells_who_when_why_how_many_and_which_order(owner: Visitor, shop: Shop) -> None:
    order = shop.order_two_sarees()
    blue = shop.product("blue")
    path = f"/app/products/{blue.product.id}/stock"
    answer = owner.post(path, variant_id=blue.variants[0].id, delta="-1", reason="damaged", note="Ink stain")
    assert answer.status_code == 303
    text = owner.get(path).text
    for words in ("Damaged", "Ink stain", "−1", "Meera Iyer", "Held for an order", order.number, "New stock came"):
        assert words in text


def test_lowering_below_what_is_promised_lists_the_orders_and_changes_nothing(owner: Visitor, shop: Shop) -> None:
    order = shop.order_two_sarees()
    blue = shop.product("blue")
    variant = blue.variants[0]
    path = f"/app/products/{blue.product.id}/stock"
    answer = owner.post(path, variant_id=variant.id, delta="-8", reason="damaged", note="Moths")
    assert answer.status_code == 409
    for words in (
        "9 on hand and 2 of them promised to orders",
        f"/app/orders/{order.id}",
        order.number,
        'value="-8"',
        "Moths",
    ):
        assert words in answer.text
    counted = {f"was-{variant.id}": "9", f"there-{variant.id}": "1", "reason": "counted"}
    refused = owner.post("/app/products/stock", **counted)
    assert refused.status_code == 409
    assert f"/app/orders/{order.id}" in refused.text
    assert shop.product("blue").levels[variant.id].on_hand == 9


def test_counting_books_differences_only(owner: Visitor, shop: Shop) -> None:
    kurta = shop.product("kurta")
    m, large, xl = kurta.variants
    page = owner.get("/app/products/stock?q=kurta")
    assert page.text.count('type="number"') == 3
    shop.world.services.stockroom.move(shop.id, kurta.product.id, sku=m.sku, delta=-2, reason="sold_elsewhere")
    counts = {"was": {m.id: 6, large.id: 4, xl.id: 3}, "there": {m.id: 7, large.id: 4, xl.id: 0}}
    sent = {f"{word}-{key}": str(value) for word, those in counts.items() for key, value in those.items()}
    assert owner.post("/app/products/stock", **sent, reason="counted", note="Sunday").status_code == 303
    now = shop.product("kurta")
    assert [now.levels[one.id].on_hand for one in now.variants] == [5, 4, 0]
    bad = owner.post("/app/products/stock", **{**sent, f"there-{m.id}": "2.5"}, reason="counted")
    assert bad.status_code == 422
    assert "Write a whole number." in bad.text
    assert json.dumps([now.levels[one.id].on_hand for one in shop.product("kurta").variants]) == "[5, 4, 0]"


def test_a_sold_out_kind_is_seen_in_the_list_and_counts_as_low(owner: Visitor, shop: Shop) -> None:
    two = {"option-0-name": "Size", "option-0-values": "M, L", "variants-0-stock": "", "variants-1-price": "9"}
    laid = owner.post("/app/products/new", **{**NEW, **two}, lay_out="1")
    assert (
        owner.post(
            "/app/products/new", **{**fields(laid.text), "variants-0-stock": "0", "variants-1-stock": "40"}
        ).status_code
        == 303
    )
    for address in ("/app/products", "/app/products?status=low"):
        row = re.search(
            r'<div class="row prow">(?:(?!class="row prow").)*Linen(?:(?!class="row prow").)*',
            owner.get(address).text,
            re.DOTALL,
        )
        assert row, address
        assert "1 kind sold out" in row[0]
        assert "Low stock" in row[0]
        assert "Live" not in row[0]


def test_counting_nothing_leads_to_adding_a_product(world: World) -> None:
    world.sign_up("Empty", "empty@example.in")
    visitor = Visitor.of(world)
    visitor.sign_in("empty@example.in")
    assert 'class="btn pri" href="/app/products/new"' in visitor.get("/app/products/stock").text
    assert "No products match" in visitor.get("/app/products/stock?q=x").text
