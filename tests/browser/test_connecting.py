"""Connecting Instagram from the phone, against the stand-in's own sign-in page, to a page where all is green."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from salespilots.testing.twin import TwinServer
from salespilots.web.app import create_app
from salespilots_channel_instagram.twin import ACCOUNT, InstagramTwin
from tests.support.account import APP_ID, PAGE, SECRET, environ
from tests.support.browser import DESK, PHONE, Watched
from tests.support.postgres import free_port
from tests.support.shop import World

OTHER = "17841400000000055"


class Stage:
    """The product on loopback under its public address, and Instagram beside it."""

    def __init__(self, make_world: Callable[..., World], database_url: str, twin: TwinServer) -> None:
        port = free_port()
        self.twin, self.url = twin, f"http://127.0.0.1:{port}"
        self.world = make_world(
            database_url, discover=True, environ=environ(twin.url, SALESPILOTS_BASE_URL=self.url)
        )  # fmt: skip
        self.shop = self.world.practice_shop()
        self._server = make_server("127.0.0.1", port, create_app(self.world.application), threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()

    def problems(self, watched: Watched) -> list[str]:
        """What was wrong on our pages; the stand-in's page is Instagram's, not ours."""
        theirs = self.twin.url.partition("//")[2]
        return [
            one for one in watched.problems
            if theirs not in one and "live stream" not in one and "favicon" not in one and "status of 400" not in one
        ]  # fmt: skip


@pytest.fixture
def stage(make_world: Callable[..., World], sqlite_url: str) -> Iterator[Stage]:
    with TwinServer(InstagramTwin(app_secret=SECRET, app_id=APP_ID)) as twin:
        made = Stage(make_world, sqlite_url, twin)
        yield made
        made.stop()


def at_instagram(stage: Stage, page: Page, button: str, account: str = "") -> None:
    """Choose on Instagram's page."""
    page.wait_for_url(f"{stage.twin.url}/**")
    if account:
        page.get_by_label(account).check()
    page.get_by_role("button", name=button).click()
    page.wait_for_url(f"{stage.url}/**")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_an_owner_connects_and_all_is_green(chrome: Browser, stage: Stage, size: dict[str, Any]) -> None:
    watched = Watched(chrome, stage.url, **size)
    page = watched.signed_in()
    page.goto("/app/settings/integrations")
    page.get_by_role("link", name="Instagram").click()
    watched.check(page)
    page.get_by_role("link", name="Sign in with Instagram").click()
    at_instagram(stage, page, "Not now")
    expect(page.get_by_role("main")).to_contain_text("You did not allow it at Instagram")
    watched.check(page)
    page.get_by_role("link", name="Sign in with Instagram").click()
    at_instagram(stage, page, "Allow")
    page.wait_for_url(f"**{PAGE}*")
    health = page.get_by_role("region", name="Health")
    for label in ("Access token", "Kind of account", "Permissions", "Events that are delivered", "Access to messages",
                  "Signature of events", "Token ends"):  # fmt: skip
        expect(health.locator(".row", has_text=label)).to_contain_text("Good")
    expect(health).to_contain_text("it belongs to @the_shop")
    expect(page.locator(".topbar")).to_contain_text("Working")
    watched.check(page)

    page.get_by_role("link", name="Questions and menu").click()
    watched.check(page)
    page.get_by_role("button", name="Show in chats").click()
    expect(page.get_by_role("main")).to_contain_text("Instagram shows exactly this.")
    assert stage.twin.state()["subscribed"][ACCOUNT]
    watched.check(page)

    stage.twin.call("/__person", {"username": "second_shop", "account_id": OTHER})
    page.goto(PAGE)
    page.get_by_role("link", name="Sign in again").click()
    at_instagram(stage, page, "Allow", "second_shop")
    expect(page.get_by_role("main")).to_contain_text("You signed in as @second_shop, and @the_shop is connected")
    watched.check(page)
    page.get_by_role("button", name="Keep @the_shop").click()
    page.wait_for_url(f"**{PAGE}*")

    stage.twin.call("/__token", {"account_id": ACCOUNT, "subcode": 460})
    page.get_by_role("button", name="Check again").click()
    expect(page.locator(".topbar")).to_contain_text("Needs attention")
    expect(page.get_by_role("main")).to_contain_text("the password changed")
    watched.check(page)
    page.goto("/app")
    expect(page.locator("a.row", has_text="Instagram needs a look")).to_be_visible()
    assert stage.problems(watched) == []
    watched.close()


def test_without_scripts_an_owner_connects_too(chrome: Browser, stage: Stage) -> None:
    watched = Watched(chrome, stage.url, **PHONE, java_script_enabled=False)
    page = watched.signed_in()
    page.goto(PAGE)
    page.get_by_role("link", name="Sign in with Instagram").click()
    at_instagram(stage, page, "Allow")
    expect(page.locator(".topbar")).to_contain_text("Working")
    page.goto(f"{PAGE}/menu")
    page.get_by_role("button", name="Show in chats").click()
    expect(page.get_by_role("main")).to_contain_text("Instagram shows exactly this.")
    watched.close()


def test_anybody_reads_how_far_a_deletion_is(chrome: Browser, stage: Stage) -> None:
    asked = {"user_id": "1234", "issued_at": int(stage.world.clock.now().timestamp())}
    signed = stage.twin.call("/__signed_request", asked)["signed_request"]
    request = stage.world.services.duties.ask_deletion("instagram", signed)
    watched = Watched(chrome, stage.url, **PHONE)
    page = watched.page(f"/instagram/deletion/{request.code}")
    expect(page.get_by_role("heading", name="Deletion of data from Instagram")).to_be_visible()
    watched.check(page)
    assert stage.problems(watched) == []
    watched.close()
