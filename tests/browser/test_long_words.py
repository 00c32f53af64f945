"""Words without a space, on a phone: pages stay as wide as the screen, toasts keep their buttons."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.support.browser import PHONE, Watched
from tests.support.shop import Shop

LINK = "https://shop.example/" + "a-saree-with-a-long-name-" * 8
WIDTH = "document.documentElement.scrollWidth"


def test_a_long_word_does_not_widen_a_page(chrome: Browser, site: str, shop: Shop) -> None:
    shop.pay(shop.order_two_sarees())
    shop.world.services.connections.connect(shop.id, "upi", {"vpa": "meera@okbank", "payee_name": "Meera Handlooms"})
    watched = Watched(chrome, site, **PHONE)
    page = watched.signed_in()
    for path, field in (
        ("/app/products/new", "Description"), ("/app/money", "Paste the lines"), ("/app/orders/bulk", "Tracking numbers"),
    ):  # fmt: skip
        page.goto(path)
        page.get_by_label(field).fill(LINK.replace("-", ""))
        assert page.evaluate(WIDTH) == 390, path
    watched.close()


def test_toasts_look_the_same_and_keep_their_buttons(chrome: Browser, site: str, shop: Shop) -> None:
    watched = Watched(chrome, site, **PHONE)
    page = watched.signed_in()
    for undo, stay, name in (("", False, "Close"), ("", True, "Close"), ("/app/x", False, "Undo")):
        page.evaluate(
            "async ([undo, stay]) => (await import(document.querySelector('script[type=module]').src.replace('app.js', 'toast.js')))"
            ".toast('Indigo block-print saree with a long name archived, and two more words '.repeat(2), undo, stay)",
            [undo, stay],
        )
        toast = page.locator(".toast")
        button = toast.get_by_role("button", name=name)
        expect(button).to_be_visible()
        assert toast.locator("> .i").count() == 1
        size = button.bounding_box() or {}
        assert size["width"] >= 44
        assert size["height"] < 60
        if name == "Close":
            assert (button.locator(".i").bounding_box() or {})["width"] >= 14
        watched.check(page)
    assert page.evaluate(WIDTH) == 390
    assert [one for one in watched.problems if "live stream" not in one] == []
    watched.close()


def test_an_empty_page_has_one_filled_button(chrome: Browser, site: str, shop: Shop) -> None:
    shop.world.sign_up("Empty", "empty@example.in")
    watched = Watched(chrome, site, **PHONE)
    page = watched.signed_in("empty@example.in")
    for path in ("/app/products", "/app/orders", "/app/products/stock", "/app/money"):
        page.goto(path)
        filled = page.evaluate(
            "[...document.querySelectorAll('.btn.pri')].filter((one) => one.checkVisibility()).map((one) => getComputedStyle(one).backgroundColor)"
            ".filter((one) => one === 'rgb(0, 105, 124)').length"
        )
        assert filled <= 1, path
        watched.check(page)
    assert [one for one in watched.problems if "live stream" not in one] == []
    watched.close()
