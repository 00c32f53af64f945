"""A product in a chat before anybody asks for it: what the form shows is what the channel would send."""

from __future__ import annotations

import html
import re

from tests.support.browser import Visitor
from tests.support.shop import Shop


def words(page: str) -> str:
    """A page as somebody reads it."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def preview(owner: Visitor, path: str, **typed: str) -> tuple[int, str]:
    data = {**typed, "csrf_token": owner.token()}
    answer = owner.client.post(
        f"/app/products/{path}", base_url=owner.address, data=data, headers={"X-Partial": "preview"}
    )
    return answer.status_code, words(answer.text)


def form_of(shop: Shop, title: str) -> tuple[str, dict[str, str]]:
    """The product's id and what its form sends of a product of one kind."""
    detail = shop.product(title)
    one = detail.variants[0]
    price = f"{one.price_paise // 100}"
    return detail.product.id, {"title": detail.product.title, "variants-0-id": one.id, "variants-0-price": price}


def test_it_is_what_the_chat_sends(owner: Visitor, shop: Shop) -> None:
    sent = shop.say("blue saree kitna hai?")
    card, said = sent[-2], sent[-1]
    product_id, form = form_of(shop, "blue")
    status, shown = preview(owner, f"{product_id}/preview", **form)
    assert status == 200
    (kept,) = card.content["cards"]
    assert kept["title"] in shown
    assert kept["subtitle"].partition(" · ")[0] in shown
    assert said.text in shown
    replies = said.content["quick_replies"]
    assert replies
    assert all(one["title"] in shown for one in replies)


def test_what_is_typed_is_shown_and_nothing_is_kept_or_sent(owner: Visitor, shop: Shop) -> None:
    product_id, form = form_of(shop, "blue")
    before = shop.product("blue").product
    changed = {**form, "title": "Sky saree", "variants-0-price": "1,750", "state": "draft"}
    _, shown = preview(owner, f"{product_id}/preview", **changed)
    assert "Sky saree is ₹1,750.00, 9 in stock." in shown
    assert shop.product("blue").product == before
    assert shop.phone() == []
    _, new = preview(owner, "preview", **{"title": "New shawl", "variants-0-price": "10", "variants-0-stock": "2"})
    assert "New shawl is ₹10.00, only 2 left." in new
    kinds = {"variants-0-title": "M", "variants-1-title": "L", "variants-1-price": "12", "variants-1-stock": "5"}
    _, many = preview(owner, "preview", **{"title": "New shawl", "variants-0-price": "10", **kinds})
    assert "New shawl is ₹10.00 to ₹12.00" in many
    assert "M: ₹10.00, sold out L: ₹12.00, 5 in stock" in many


def test_the_words_are_those_of_the_live_workflow(owner: Visitor, shop: Shop) -> None:
    workflows = shop.world.services.workflows
    one = next(one for one in workflows.page(shop.id).items if "message.product" in str(one.draft))
    steps = [
        {**step, "settings": {"text": "{product}: {price}!", "ask": ""}} if step["kind"] == "message.product" else step
        for step in one.draft["steps"]
    ]
    product_id, form = form_of(shop, "blue")
    workflows.save_draft(shop.id, one.id, definition={**one.draft, "steps": steps})
    assert "₹1,499.00!" not in preview(owner, f"{product_id}/preview", **form)[1], "not published yet"
    workflows.publish(shop.id, one.id)
    assert "Blue block-print saree: ₹1,499.00!" in preview(owner, f"{product_id}/preview", **form)[1]


def test_a_sold_out_one_offers_what_the_chat_offers(owner: Visitor, shop: Shop) -> None:
    sent = shop.say("pearl necklace kitna hai?")
    product_id, form = form_of(shop, "pearl")
    _, shown = preview(owner, f"{product_id}/preview", **form)
    assert all(" ".join(one.text.split()) in shown for one in sent if one.kind == "text")
    assert "Tell me when back" in shown


def test_without_a_name_or_price_it_says_what_is_missing(owner: Visitor, shop: Shop) -> None:
    status, shown = preview(owner, "preview", title="Shawl")
    assert (status, shown) == (422, "Write a name and a price first.")


def test_without_scripts_the_form_comes_back_with_the_sheet_open(owner: Visitor, shop: Shop) -> None:
    product_id, form = form_of(shop, "blue")
    page = owner.post(f"/app/products/{product_id}/preview", **{**form, "title": "Sky saree"})
    assert page.status_code == 200
    assert re.search(r'<dialog class="sheet" id="preview"[^>]* open>', page.text)
    assert 'value="Sky saree"' in page.text
    assert f'formaction="/app/products/{product_id}/preview"' in owner.get(f"/app/products/{product_id}").text
    assert 'id="preview" aria-labelledby="preview-h">' in owner.get("/app/products/new").text


def test_another_shops_product_is_not_found(owner: Visitor, shop: Shop) -> None:
    theirs = shop.world.practice_shop("Other", "other@example.in").product("blue").product.id
    assert preview(owner, f"{theirs}/preview", title="x")[0] == 404
