"""The network dies while a form is on its way: what was typed is kept on the device, put back, and let go once answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.browser import PHONE, Watched
from tests.support.shop import PASSWORD, Shop

CUT_OFF = "Sending this was cut off"
KEPT = "Object.keys(localStorage).filter((one) => one.startsWith('sp:form:'))"


@pytest.fixture
def page(chrome: Browser, site: str, shop: Shop) -> Iterator[Page]:
    """A tab of the owner."""
    watched = Watched(chrome, site, **PHONE)
    yield watched.signed_in()
    watched.close()


@contextmanager
def dead_network(page: Page) -> Iterator[None]:
    """Posts never arrive, though the browser believes that it is online."""

    def cut(route: Route) -> None:
        if route.request.method == "POST":
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/*", cut)
    yield
    page.unroute("**/*", cut)


def lost(page: Page, button: str) -> None:
    """Press a button whose form never arrives: the browser shows its own page."""
    with dead_network(page), page.expect_event("requestfailed", lambda one: one.method == "POST"):
        page.get_by_role("button", name=button).last.tap()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save product").last.tap()


def test_a_new_product_is_put_back_and_saved_once(page: Page, shop: Shop) -> None:
    page.goto("/app/products/new")
    page.get_by_label("Name").fill("Kanjivaram silk saree")
    page.locator("#f-variants-0-price").fill("4,500")
    page.get_by_label("Description").fill("Woven by hand")
    page.get_by_text("Only you see it").tap()
    lost(page, "Save product")
    page.goto("/app/products/new")
    note = page.get_by_role("status").filter(has_text=CUT_OFF)
    expect(note).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Kanjivaram silk saree")
    expect(page.locator("#f-variants-0-price")).to_have_value("4,500")
    expect(page.get_by_label("Description")).to_have_value("Woven by hand")
    expect(page.get_by_role("radio", name="Draft")).to_be_checked()
    save(page)
    page.wait_for_url(re.compile("/app/products$"))
    assert page.evaluate(KEPT) == []
    assert str(shop.product("kanjivaram").product.state) == "draft"
    page.goto("/app/products/new")
    expect(page.get_by_label("Name")).to_have_value("")


def test_what_is_refused_is_no_loss_and_is_kept_only_in_the_page(page: Page) -> None:
    page.goto("/app/products/new")
    page.get_by_label("Name").fill("Shawl")
    page.locator("#f-variants-0-price").fill("a lot")
    save(page)
    expect(page.locator(".errsum")).to_be_visible()
    expect(page.get_by_text(CUT_OFF)).to_have_count(0)
    expect(page.get_by_label("Name")).to_have_value("Shawl")
    assert page.evaluate(KEPT) == []


def test_it_can_be_discarded(page: Page) -> None:
    page.goto("/app/discounts/new")
    page.locator("#f-code").fill("DIWALI")
    page.locator("#f-percent").fill("10")
    lost(page, "Save")
    page.goto("/app/discounts/new")
    expect(page.locator("#f-code")).to_have_value("DIWALI")
    page.get_by_role("button", name="Discard").tap()
    expect(page.locator("#f-code")).to_have_value("")
    page.reload()
    expect(page.locator("#f-code")).to_have_value("")


def test_the_lines_of_an_order_come_back_and_it_is_made_once_although_the_answer_was_lost(
    page: Page, shop: Shop
) -> None:
    customer = shop.world.services.customers.add(shop.id, name="Riya Sen")
    page.goto(f"/app/orders/new?customer={customer.id}")
    page.get_by_label("Search items").fill("jute")  # eight of twelve are listed, and which is chance
    page.get_by_role("button", name="Search", exact=True).tap()
    page.get_by_role("button", name="Add Jute tote bag").tap()
    page.get_by_label("Handed over in the shop").check()
    page.get_by_text("Paid already").tap()
    page.get_by_text("UPI", exact=True).tap()

    def lose_the_answer(route: Route) -> None:
        if route.request.method == "POST" and "act=place" in (route.request.post_data or ""):
            route.fetch(max_redirects=0)
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/app/orders/new", lose_the_answer)
    with page.expect_event("requestfailed", lambda one: "act=place" in (one.post_data or "")):
        page.get_by_role("button", name="Create, paid already").tap()
    page.unroute("**/app/orders/new", lose_the_answer)
    page.context.clear_cookies(name=re.compile("^sp-sent-"))  # of an answer that never came
    assert len(shop.world.services.orders.page(shop.id).items) == 1
    other = shop.world.services.customers.add(shop.id, name="Asha")
    page.goto(f"/app/orders/new?customer={other.id}")
    expect(page.locator("[name^=qty-]")).to_have_count(0)
    page.goto(f"/app/orders/new?customer={customer.id}")
    expect(page.locator(".toast")).to_contain_text(CUT_OFF)
    expect(page.locator("[name^=qty-]")).to_have_value("1")
    expect(page.get_by_role("radio", name="UPI")).to_be_checked()
    page.get_by_role("button", name="Create, paid already").tap()
    page.wait_for_url("**/app/orders/ord_*")
    (order,) = shop.world.services.orders.page(shop.id).items
    assert len(shop.world.services.orders.payments_of(shop.id, order.id)) == 1


def test_a_part_that_is_swapped_keeps_it_too(page: Page, shop: Shop) -> None:
    page.goto("/app/products?q=diyas")
    page.get_by_role("button", name="Change the stock").tap()
    page.get_by_role("button", name="One more").tap()
    box = page.get_by_label("On the shelf")
    there = box.input_value()
    with dead_network(page):
        page.get_by_role("button", name="Save", exact=True).tap()
        expect(page.locator(".toast")).to_contain_text("did not reach the shop")
        expect(box).to_have_value(there)
    page.reload()
    expect(page.get_by_role("dialog", name="Stock of")).to_contain_text(CUT_OFF)
    expect(box).to_have_value(there)
    page.get_by_role("button", name="Save", exact=True).tap()
    expect(page.locator(".toast")).to_contain_text(f"{there} on the shelf")
    assert page.evaluate(KEPT) == []
    assert str(shop.product("diyas").on_hand) == there


def test_secrets_are_never_kept_and_signing_out_takes_all(page: Page) -> None:
    page.goto("/app/discounts/new")
    page.locator("#f-code").fill("DIWALI")
    lost(page, "Save")
    page.goto("/app/more")
    assert len(page.evaluate(KEPT)) == 1
    page.get_by_role("button", name="Sign out").tap()
    page.wait_for_url("**/signin**")
    assert page.evaluate(KEPT) == []
    page.get_by_label("E-mail").fill("meera@example.in")
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    lost(page, "Sign in")
    page.goto("/signin")
    assert page.evaluate(KEPT) == []
    assert PASSWORD not in page.evaluate("JSON.stringify(localStorage)")
