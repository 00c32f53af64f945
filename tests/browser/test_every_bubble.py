"""A chat in which everything happened that Instagram can tell: every bubble, on a phone and a desk, in both themes.

``SHOTS=folder`` keeps pictures of the pages to be looked at.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from salespilots.testing.twin import TwinServer
from salespilots.web.app import create_app
from salespilots_channel_instagram.twin import InstagramTwin
from tests.support.browser import DESK, PHONE, Watched
from tests.support.bubbles import every_bubble
from tests.support.instagram import ACCOUNT, InstagramShop
from tests.support.shop import World

PLAIN = {**PHONE, "java_script_enabled": False}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[tuple[str, str]]:
    """(address, id of the chat)."""
    folder = tmp_path_factory.mktemp("bubbles")
    (folder / "chat.db").write_bytes(sqlite_template.read_bytes())
    worlds: list[World] = []

    def make_world(database_url: str, **more: object) -> World:
        worlds.append(World(folder, database_url, **more))  # type: ignore[arg-type]
        return worlds[-1]

    with TwinServer(InstagramTwin(account_id=ACCOUNT)) as server:
        far = InstagramShop(make_world, f"sqlite:///{folder / 'chat.db'}", server)
        chat = every_bubble(far)
    site = make_server("127.0.0.1", 0, create_app(far.world.application), threaded=True)
    thread = threading.Thread(target=site.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{site.server_port}", chat
    site.shutdown()
    thread.join()
    worlds[0].close()


def shot(page: Page, name: str) -> None:
    """Keep pictures of the whole log, if anybody wants them."""
    folder = os.environ.get("SHOTS")
    if not folder:
        return
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.screenshot(path=Path(folder) / f"{name}-{theme}.png")
        steps = page.evaluate(
            "() => { const m = document.querySelector('.msgs'); return Math.ceil(m.scrollHeight / m.clientHeight) }"
        )
        for step in range(steps if theme == "light" else min(steps, 3)):
            page.evaluate(
                "(n) => { const m = document.querySelector('.msgs'); m.scrollTop = n * m.clientHeight }", step
            )
            page.wait_for_timeout(250)
            page.screenshot(path=Path(folder) / f"{name}-{theme}-{step}.png")
    page.emulate_media(color_scheme="light")


@pytest.mark.parametrize(("name", "screen"), [("phone", PHONE), ("desk", DESK), ("plain", PLAIN)])
def test_every_bubble_is_there_and_fit_to_be_used(
    chrome: Browser, played: tuple[str, str], name: str, screen: dict[str, object]
) -> None:
    address, chat = played
    watched = Watched(chrome, address, **screen)
    page = watched.signed_in()
    page.goto(f"/app/inbox/{chat}")
    log = page.locator(".msgs")
    for words in (
        "Saw this in your ad", "Came from your ad \u201cFestive sarees\u201d", "From your ad", "Is this one still there?",
        "Mentioned you in their story", "Which of these?", "File (PDF)", "Indigo block prints are back", "Shared a reel",
        "Open on Instagram", "Can you send it till Friday?", "Edited", "Great, thank you", "In answer to",
        "The customer took this message back", "Not a kind of file that is kept here",
        "This kind of message opens only in the Instagram app", "Something to be seen once",
        "Instagram sent something SalesPilots does not know yet", "Price of the indigo one?", "Commented on your post",
        "has blocked the shop", "Try again", "Another app asks for this chat", "Another app answers this chat now",
        "Payment link",
    ):  # fmt: skip
        expect(log.get_by_text(words).first, words).to_be_attached()
    expect(page.locator(".th-state").first).to_contain_text("Another app answers this chat on Instagram")
    expect(log.locator(".react")).to_have_text(["Reaction: ❤️", "Reaction: 🔥"])
    assert [one.get_attribute("data-count") for one in log.locator(".album").all()] == ["4", "3"]
    expect(log.locator("video.clip")).to_have_count(1)
    expect(log.locator(".voice audio")).to_have_count(1)
    expect(log.locator(".heart")).to_have_text("❤️")
    expect(log.locator(".qreplies .chip[data-on]").first).to_be_attached()
    pictures = log.locator("img").all()
    assert len(pictures) >= 14
    if watched.scripts:
        for picture in pictures:
            picture.scroll_into_view_if_needed()
            page.wait_for_function("(one) => one.complete && one.naturalWidth > 0", arg=picture.element_handle())
        watched.check(page)
        shot(page, name)
    expect(page.locator(".th-head .av img")).to_have_count(1)
    watched.close()
    assert [one for one in watched.problems if "live stream" not in one] == []


def test_the_customer_beside_the_chat(chrome: Browser, played: tuple[str, str]) -> None:
    address, chat = played
    watched = Watched(chrome, address, **PHONE)
    page = watched.signed_in()
    page.goto(f"/app/inbox/{chat}/customer")
    expect(page.locator(".panel .av.lg img")).to_be_visible()
    expect(page.locator(".panel")).to_contain_text("@kavya.weaves")
    expect(page.locator(".panel")).to_contain_text("Came from your ad \u201cFestive sarees\u201d")
    watched.check(page)
    page.goto("/app/inbox")
    expect(page.locator(".conv .av img")).to_have_count(1)
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / "list.png")
    watched.check(page)
    watched.close()
    assert [one for one in watched.problems if "live stream" not in one] == []
