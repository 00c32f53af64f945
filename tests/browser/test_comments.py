"""Comment to message, and the price on a story, as an owner sets them up in the browser."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from werkzeug.serving import make_server

from salespilots.testing.twin import TwinServer
from salespilots.web.app import create_app
from salespilots_channel_instagram.twin import InstagramTwin
from tests.support.browser import DESK, PHONE, Watched
from tests.support.instagram import ACCOUNT, SECRET, InstagramShop
from tests.support.shop import World

ASHA, BINA = "200000000000001", "200000000000002"
POST, STORY = "17900000000000501", "17900000000000777"


@pytest.fixture
def shop(make_world: Callable[..., World], sqlite_url: str) -> Iterator[InstagramShop]:
    with TwinServer(InstagramTwin(app_secret=SECRET, account_id=ACCOUNT)) as server:
        made = InstagramShop(make_world, sqlite_url, server)
        made.twin.ahead = made.world.clock.now().timestamp() - time.time()
        yield made


@pytest.fixture
def site(shop: InstagramShop) -> Iterator[str]:
    """The web application on loopback, around this test's shop."""
    server = make_server("127.0.0.1", 0, create_app(shop.world.application), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def problems(watched: Watched) -> list[str]:
    """What is wrong with the pages. This server, unlike the product's, does not see that a page was left, so that streams of
    earlier pages hold their places for a while."""
    return [one for one in watched.problems if one != "a live stream was refused"]


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_comment_becomes_a_chat(chrome: Browser, site: str, shop: InstagramShop, size: dict[str, Any]) -> None:
    shop.twin.posts.add({"id": POST, "caption": "Blue saree, handwoven", "at": shop.world.clock.now().timestamp()})
    watched = Watched(chrome, site, **size)
    page = watched.signed_in()

    page.goto("/app/posts")
    watched.check(page)
    page.get_by_role("button", name="Read my posts").click()
    expect(page.locator(".toast")).to_contain_text("being read")
    shop.settle()
    page.goto("/app/posts")
    watched.check(page)
    page.get_by_role("link", name="Blue saree, handwoven").click()
    page.get_by_role("checkbox", name="Blue block-print").check()
    watched.check(page)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("It shows 1 product")

    page.goto("/app/comments")
    watched.check(page)
    page.get_by_role("link", name="Make the first rule").click()
    watched.check(page)
    page.get_by_role("radio", name="Chosen ones").check(force=True)
    page.get_by_text("Choose the posts").click()
    page.get_by_role("checkbox", name="Blue saree, handwoven").check()
    watched.check(page)
    page.get_by_role("button", name="Save and switch on").click()
    expect(page.get_by_role("switch", name="Price in comments is on")).to_have_attribute("aria-checked", "true")

    shop.comment("Kitna hai?", post=POST, username="riya_sen")
    assert "₹1,499" in next(one["text"] for one in shop.sent if one["comment_id"])
    page.goto("/app/comments")
    row = page.get_by_role("link", name="@riya_sen")
    expect(row).to_contain_text("Answered")
    watched.check(page)
    row.click()
    expect(page.get_by_text("commented and has not written yet")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Kitna hai?")
    watched.check(page)
    assert problems(watched) == []
    watched.close()


def test_price_on_a_story(chrome: Browser, site: str, shop: InstagramShop) -> None:
    watched = Watched(chrome, site, **PHONE)
    page = watched.signed_in()

    def answer(text: str, who: str) -> None:
        at = int(shop.world.clock.now().timestamp() * 1000)
        story = {"id": STORY, "url": shop.twin.media.put({"kind": "png"})["url"]}
        message = {"mid": f"mid.{who}", "text": text, "reply_to": {"story": story}}
        raw = {"sender": {"id": who}, "recipient": {"id": ACCOUNT}, "timestamp": at, "message": message}
        shop.twin.wrote(who, f"mid.{who}", text, ACCOUNT)
        shop.deliver({"kind": "raw", "item": raw})
        shop.settle()

    answer("so pretty", BINA)
    page.goto("/app/posts?view=story")
    page.locator(".postcard").click()
    page.get_by_role("checkbox", name="Blue block-print").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("It shows 1 product")
    answer("price? 😍", ASHA)
    page.goto(f"/app/inbox/{shop.chat(ASHA).id}")
    expect(page.get_by_text("Replied to your story")).to_be_visible()
    expect(page.locator("main")).to_contain_text("₹1,499")
    watched.check(page)
    assert problems(watched) == []
    watched.close()
