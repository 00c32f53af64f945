"""Screens of products and orders that open over a list or a form, held to the rules of every screen."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import DESK, PHONE, Watched
from tests.support.shop import Shop


def owner_of(chrome: Browser, site: str, **size: Any) -> tuple[Watched, Page]:
    """A tab of the owner."""
    watched = Watched(chrome, site, **size)
    return watched, watched.signed_in()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_products_are_chosen_counted_and_looked_at(
    chrome: Browser, site: str, shop: Shop, size: dict[str, Any]
) -> None:
    watched, page = owner_of(chrome, site, **size)
    page.goto("/app/products?q=diyas")
    page.get_by_role("button", name="Change the stock").click()
    expect(page.get_by_role("dialog", name="Stock of Terracotta")).to_be_visible()
    watched.check(page)
    page.get_by_role("button", name="One more").click()
    page.get_by_label("Reason").select_option(label="New stock came")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("on the shelf")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_contain_text("on the shelf")
    page.get_by_role("button", name="Change the stock").click()
    shown = page.get_by_label("On the shelf").input_value()
    page.get_by_role("button", name="One more").click()
    page.keyboard.press("Escape")
    expect(page.locator("form[data-dirty]")).to_have_count(0)
    page.get_by_role("button", name="Change the stock").click()
    expect(page.get_by_label("On the shelf")).to_have_value(shown)

    page.goto("/app/products/several")
    page.get_by_role("checkbox", name="Terracotta").check()
    page.get_by_role("checkbox", name="Jute").check()
    expect(page.get_by_text("2 selected")).to_be_visible()
    watched.check(page)
    page.get_by_role("button", name="Make drafts").click()
    expect(page.get_by_text("2 of 2 done")).to_be_visible()
    watched.check(page)

    page.goto("/app/products?q=pearl")
    page.get_by_role("link", name="Pearl necklace").click()
    page.get_by_label("Name").fill("Pearl choker")
    page.get_by_role("button", name="Preview in chat").locator("visible=true").click()
    sheet = page.get_by_role("dialog", name="In the chat")
    expect(sheet).to_contain_text("Pearl choker is ₹1,299.00, sold out.")
    watched.check(page)
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(page.get_by_label("Name")).to_have_value("Pearl choker")
    assert [one for one in watched.problems if "live stream" not in one] == []
    watched.close()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_step_is_taken_back_and_an_order_is_paid_already(
    chrome: Browser, site: str, shop: Shop, size: dict[str, Any]
) -> None:
    order = shop.pay(shop.order_two_sarees())
    watched, page = owner_of(chrome, site, **size)
    page.goto(f"/app/orders/{order.id}")
    page.get_by_role("button", name="Mark as packed").locator("visible=true").click()
    expect(page.locator(".toast")).to_contain_text("marked as packed")
    watched.check(page)
    page.get_by_role("button", name="Undo packed").click()
    expect(page.locator(".toast")).to_contain_text("is to be packed again")
    expect(page.get_by_role("button", name="Undo packed")).to_have_count(0)
    assert shop.world.services.orders.get(shop.id, order.id).state == "confirmed"

    page.goto(f"/app/orders/new?customer={order.customer_id}")
    expect(page.get_by_label("UTR")).to_be_hidden()
    page.get_by_role("radio", name="Paid already").check()
    expect(page.get_by_label("UTR")).to_be_hidden()
    page.get_by_role("radio", name="UPI").check()
    expect(page.get_by_label("UTR")).to_be_visible()
    watched.check(page)
    page.get_by_role("radio", name="Bank transfer").check()
    expect(page.get_by_label("UTR")).to_be_hidden()
    assert [one for one in watched.problems if "live stream" not in one] == []
    watched.close()
