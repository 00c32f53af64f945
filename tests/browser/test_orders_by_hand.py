"""The screens of orders in a real browser, without scripts: an order is written; and the screens of money and rules."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, expect

from salespilots.domain.order import Order
from tests.support.browser import DESK, PHONE, Watched
from tests.support.shop import Shop


def test_an_order_by_hand(chrome: Browser, site: str, shop: Shop) -> None:
    known = shop.order_two_sarees()
    watched = Watched(chrome, site, **PHONE)
    watched.signed_in()
    cookies = watched.context.cookies()
    watched.close()

    plain = Watched(chrome, site, java_script_enabled=False, **PHONE)
    plain.context.add_cookies(cookies)
    page = plain.page(f"/app/orders/new?customer={known.customer_id}")
    page.get_by_label("Search items").fill("jute")
    page.get_by_role("button", name="Search").tap()
    page.get_by_role("button", name="Add Jute tote bag").tap()
    expect(page.get_by_role("group", name="Total")).to_contain_text("₹679.00")
    page.get_by_label("Cash on delivery").check()
    page.get_by_role("button", name="Create").tap()
    expect(page.get_by_role("button", name="Mark as packed").last).to_be_visible()

    plain.close()

    order = shop.world.services.orders.page(shop.id, state="confirmed").items[0]
    drag_to_packed(chrome, site, cookies, order)
    assert shop.world.services.orders.get(shop.id, order.id).state == "packed"
    owner = Watched(chrome, site, **PHONE)
    owner.context.add_cookies(cookies)
    for path in (
        "/app/orders", "/app/orders/board", "/app/orders/bulk?state=placed", "/app/orders/new", f"/app/orders/new?customer={known.customer_id}", f"/app/orders/{order.id}", "/app/money",
        "/app/discounts/new", "/app/settings/selling",
    ):  # fmt: skip
        page = owner.page(path)
        owner.check(page)
        page.close()
    assert [one for one in owner.problems if "live stream" not in one] == []
    owner.close()


def test_a_money_field_changes_nothing_that_it_cannot_read(chrome: Browser, site: str, shop: Shop) -> None:
    known = shop.order_two_sarees()
    watched = Watched(chrome, site, **PHONE)
    page = watched.signed_in()
    page.goto(f"/app/orders/new?customer={known.customer_id}")
    box = page.locator("#f-delivery")
    for typed, left in (
        ("-50", "-50"),
        ("1e5", "1e5"),
        ("500-600", "500-600"),
        ("129900.5", "1,29,900.50"),
        ("₹ 50", "50"),
    ):
        box.fill(typed)
        box.blur()
        expect(box).to_have_value(left)
    page.get_by_label("Search items").fill("jute")
    page.get_by_role("button", name="Search").tap()
    page.get_by_role("button", name="Add Jute tote bag").tap()
    box = page.locator("#f-delivery")
    box.fill("100")
    expect(page.get_by_role("group", name="Total")).to_contain_text("₹699.00")
    page.get_by_role("button", name="One more").first.tap()
    expect(page.get_by_role("group", name="Total")).to_contain_text("₹1,298.00")
    page.get_by_text("Cash on delivery").first.tap()
    expect(page.get_by_role("button", name="Create, pay at the door")).to_be_visible()
    watched.close()


def test_a_refund_from_two_tabs_is_one(chrome: Browser, site: str, shop: Shop) -> None:
    order = shop.pay(shop.order_two_sarees())
    watched = Watched(chrome, site, **PHONE)
    first = watched.signed_in()
    second = watched.page()
    sheets = []
    for page in (first, second):
        page.goto(f"/app/orders/{order.id}")
        page.locator(".acts").get_by_role("link", name="Refund").tap()
        sheets.append(page.get_by_role("dialog", name="Refund"))
        sheets[-1].get_by_label("Amount").fill("500")
        sheets[-1].get_by_label("Reason").fill("A small flaw")
    watched.check(first)
    sheets[0].get_by_role("button", name="Refund ₹500.00").tap()
    expect(first.get_by_text("₹500.00 given back")).to_be_visible()
    sheets[1].get_by_label("Amount").fill("700")
    sheets[1].get_by_role("button", name="Refund ₹700.00").tap()
    sheet = second.get_by_role("dialog", name="Refund")
    expect(sheet.get_by_text("Another refund was asked for here meanwhile")).to_be_visible()
    expect(sheet.get_by_label("Reason")).to_have_value("A small flaw")
    assert shop.world.services.orders.get(shop.id, order.id).refunded_paise == 50000
    refused = "Failed to load resource: the server responded with a status of 409 (CONFLICT)"
    assert [one for one in watched.problems if "live stream" not in one and refused not in one] == []
    watched.close()


def drag_to_packed(chrome: Browser, site: str, cookies: list[Any], order: Order) -> None:
    """On the board of a desktop; anywhere else the card goes back."""
    desk = Watched(chrome, site, **DESK)
    desk.context.add_cookies(cookies)
    page = desk.page("/app/orders")
    page.get_by_role("link", name="Board").click()
    column = {one: page.get_by_role("region", name=one) for one in ("To pack", "Packed", "Delivered")}
    card = column["To pack"].get_by_role("listitem").filter(has_text=str(order.number))
    card.drag_to(column["Delivered"])
    expect(card).to_be_visible()
    card.drag_to(column["Packed"])
    expect(column["Packed"].get_by_role("listitem").filter(has_text=str(order.number))).to_be_visible()
    expect(page.get_by_text(f"{order.number} marked as packed")).to_be_visible()
    desk.check(page)
    page.goto("/app/orders")
    desk.check(page)
    assert [one for one in desk.problems if "live stream" not in one] == []
    desk.close()
