"""The list of products: many changed at once with what became of each, and stock changed in a row."""

from __future__ import annotations

import re
from datetime import timedelta

from salespilots.services.catalog import ProductDetail
from tests.support.browser import Visitor
from tests.support.shop import Shop

SEVERAL = "/app/products/several"


def product(shop: Shop, words: str) -> ProductDetail:
    return shop.product(words)


def became(page: str) -> list[tuple[str, str]]:
    """Each row's name and what became of it."""
    rows = re.findall(r'<li class="row">(.*?)</li>', page, re.S)
    return [
        (re.sub(r"<[^>]+>", "", one.partition("</b>")[0]).strip(), re.sub(r"<[^>]+>", " ", one.partition("</b>")[2]).strip())
        for one in rows
    ]  # fmt: skip


def test_several_are_published_archived_and_made_drafts_each_by_itself(owner: Visitor, shop: Shop) -> None:
    saree, diyas = product(shop, "blue").product, product(shop, "diyas").product
    assert 'href="/app/products/several"' in owner.get("/app/products").text
    assert f'value="{saree.id}"' in owner.get(f"{SEVERAL}?q=blue").text
    catalog = shop.world.services.catalog
    for act, state in (("draft", "draft"), ("archive", "archived"), ("publish", "live"), ("publish", "live")):
        done = owner.post(SEVERAL, ids=[saree.id, "prd_nobody", diyas.id], act=act)
        assert done.status_code == 200
        assert {catalog.get(shop.id, one.id).product.state for one in (saree, diyas)} == {state}
        rows = became(done.text)
        assert [name for name, _ in rows] == [saree.title, "prd_nobody", diyas.title]
        assert "There is no such product." in rows[1][1]
        assert "2 of 3 done" in done.text
    assert [said.startswith("It was so before.") for _, said in rows] == [True, False, True]


def test_one_that_cannot_stops_no_other(owner: Visitor, shop: Shop) -> None:
    catalog = shop.world.services.catalog
    saree, diyas = product(shop, "blue").product, product(shop, "diyas").product
    catalog.update(shop.id, saree.id, {"code": "K77"})
    catalog.archive(shop.id, saree.id)
    catalog.update(shop.id, product(shop, "jute").product.id, {"code": "K77"})
    catalog.archive(shop.id, diyas.id)
    rows = became(owner.post(SEVERAL, ids=[saree.id, diyas.id], act="publish").text)
    assert [said.endswith("Not done") for _, said in rows] == [True, False]
    assert [str(catalog.get(shop.id, one.id).product.state) for one in (saree, diyas)] == ["archived", "live"]


def test_a_category_is_set_and_what_is_missing_is_said_with_the_ticks_kept(owner: Visitor, shop: Shop) -> None:
    saree = product(shop, "blue").product
    empty = owner.post(SEVERAL, ids=saree.id, act="category", category=" ")
    assert (empty.status_code, "Write a category." in empty.text) == (422, True)
    assert f'name="ids" value="{saree.id}" checked' in empty.text
    nothing = owner.post(SEVERAL, act="archive")
    assert (nothing.status_code, "Choose at least one product." in nothing.text) == (422, True)
    assert owner.post(SEVERAL, ids=saree.id, act="burn").status_code == 422
    owner.post(SEVERAL, ids=saree.id, act="category", category="Festive")
    assert product(shop, "blue").product.category == "Festive"
    assert '<option value="Festive">' in owner.get(SEVERAL).text


def test_another_shops_products_are_none(owner: Visitor, shop: Shop) -> None:
    other = shop.world.practice_shop("Other", "other@example.in")
    theirs = other.product("blue").product
    rows = became(owner.post(SEVERAL, ids=theirs.id, act="archive").text)
    assert rows[0][0] == theirs.id
    assert other.product("blue").product.state == "live"
    stolen = {"variant_id": other.product("blue").variants[0].id, "was": "9", "there": "1"}
    assert owner.post(f"/app/products/{theirs.id}/stock/adjust", **stolen).status_code == 404
    assert owner.post(f"/app/products/{product(shop, 'diyas').product.id}/stock/adjust", **stolen).status_code == 404


def on_hand(shop: Shop, words: str) -> int:
    return shop.product(words).on_hand


def row_form(owner: Visitor, shop: Shop, words: str) -> tuple[str, dict[str, str]]:
    """The form in a product's row: where it goes and what it sends."""
    id = shop.product(words).product.id
    form = re.search(
        rf'action="(/app/products/{id}/stock/adjust)".*?</form>', owner.get("/app/products?q=e").text, re.S
    )
    assert form
    return form.group(1), dict(re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', form.group(0)))


def test_stock_is_changed_in_the_row_with_its_reason_and_taken_back(owner: Visitor, shop: Shop) -> None:
    action, sent = row_form(owner, shop, "diyas")
    was = on_hand(shop, "diyas")
    shop.world.clock.advance(timedelta(minutes=1))
    assert (sent["was"], sent["there"], sent["q"]) == (str(was), str(was), "e")
    for _ in range(2):
        answer = owner.post(action, **{**sent, "there": str(was - 2), "reason": "damaged"})
        assert answer.headers["Location"] == "/app/products?q=e"
    assert on_hand(shop, "diyas") == was - 2, "the same form twice is once"
    line = shop.world.services.stockroom.ledger(shop.id, shop.product("diyas").product.id)[0].movement
    assert (line.kind, line.on_hand_delta, line.actor) == ("damaged", -2, shop.user.id)
    page = owner.get("/app/products?q=e").text
    assert f"Terracotta diyas, set of 6: {was - 2} on the shelf" in page
    shop.world.clock.advance(timedelta(minutes=1))
    undo = re.search(r'class="toast".*?action="([^"]+)"', page, re.S)
    assert undo
    for _ in range(2):
        owner.post(undo.group(1).replace("&amp;", "&"))
    assert on_hand(shop, "diyas") == was
    newest = shop.world.services.stockroom.ledger(shop.id, shop.product("diyas").product.id)[0].movement
    assert (newest.kind, newest.on_hand_delta, newest.note) == ("adjust", 2, "Taken back")


def test_only_the_difference_counts_and_promised_pieces_stay(owner: Visitor, shop: Shop) -> None:
    action, sent = row_form(owner, shop, "diyas")
    was = on_hand(shop, "diyas")
    variant = shop.product("diyas").variants[0]
    customer = shop.world.services.customers.add(shop.id, name="Riya")
    shop.world.services.stockroom.move(
        shop.id, shop.product("diyas").product.id, sku=variant.sku, delta=-1, reason="sold_elsewhere"
    )
    owner.post(action, **{**sent, "there": str(was + 4), "reason": "received"})
    assert on_hand(shop, "diyas") == was + 3
    shop.world.services.orders.create(
        shop.id, customer_id=customer.id, lines=[{"variant_id": variant.id, "quantity": was}], payment_method="cod"
    )
    action, sent = row_form(owner, shop, "diyas")
    owner.post(action, **{**sent, "there": "1"})
    assert "promised to orders" in owner.get("/app/products").text
    assert on_hand(shop, "diyas") == was + 3
    for wrong in ("", "x", "-1", "99999999"):
        owner.post(action, **{**sent, "there": wrong})
    assert on_hand(shop, "diyas") == was + 3


def test_a_product_of_several_kinds_leads_to_its_page(owner: Visitor, shop: Shop) -> None:
    many = shop.product("juttis")
    page = owner.get("/app/products").text
    assert f'href="/app/products/{many.product.id}"' in page
    assert f"{many.product.id}/stock/adjust" not in page
