"""The screens of orders in a real browser, without scripts: an order is written; and the screens of money and rules."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from werkzeug.serving import make_server

from salespilots.web.app import create_app
from tests.support.browser import PHONE, Watched, chromium
from tests.support.shop import PASSWORD, Shop, World


@pytest.fixture
def chrome() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture
def address(shop: Shop, world: World) -> Iterator[str]:
    """The web application alone on loopback."""
    server = make_server("127.0.0.1", 0, create_app(world.application), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def test_an_order_by_hand(chrome: Browser, address: str, shop: Shop) -> None:
    known = shop.order_two_sarees()
    watched = Watched(chrome, address, **PHONE)
    page = watched.page("/signin")
    page.get_by_label("E-mail").fill("meera@example.in")
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").tap()
    page.wait_for_url("**/app**")
    cookies = watched.context.cookies()
    watched.close()

    plain = Watched(chrome, address, java_script_enabled=False, **PHONE)
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
    owner = Watched(chrome, address, **PHONE)
    owner.context.add_cookies(cookies)
    for path in (
        "/app/orders/new", f"/app/orders/new?customer={known.customer_id}", f"/app/orders/{order.id}", "/app/money",
        "/app/discounts/new", "/app/settings/selling",
    ):  # fmt: skip
        page = owner.page(path)
        owner.check(page)
        page.close()
    assert [one for one in owner.problems if "live stream" not in one] == []
    owner.close()
