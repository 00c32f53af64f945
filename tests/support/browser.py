"""A running product and a real Chromium that watches what its pages do."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, sync_playwright
from werkzeug.test import TestResponse

from salespilots.web.app import create_app
from tests.support.postgres import free_port
from tests.support.shop import PASSWORD, World

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SWITCHES = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
)  # fmt: skip
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2,
    "locale": "en-IN", "timezone_id": "Asia/Kolkata",
}  # fmt: skip
DESK: dict[str, Any] = {
    "viewport": {"width": 1440, "height": 900}, "locale": "en-IN", "timezone_id": "Asia/Kolkata",
}  # fmt: skip

AXE_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}

SMALL_TARGETS = """() => {
  const inProse = (el) => {
    if (getComputedStyle(el).display !== 'inline') return false;
    const around = el.parentElement.textContent.trim().length;
    return around > el.textContent.trim().length;
  };
  const hidden = (el, r) => r.width < 2 || r.height < 2 || !el.checkVisibility({ visibilityProperty: true })
    || el.closest('[aria-hidden=true], .skip:not(:focus), .sr');
  const height = (el) => {
    const after = getComputedStyle(el, '::after');
    const extra = after.content !== 'none' && after.position === 'absolute' ? parseFloat(after.height) || 0 : 0;
    return Math.max(el.getBoundingClientRect().height, el.offsetHeight || 0, extra);
  };
  return [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
    .map((el) => (el.matches('input[type=radio], input[type=checkbox]') ? el.closest('label') || el : el))
    .filter((el) => !hidden(el, el.getBoundingClientRect()) && !inProse(el) && height(el) < 43.5)
    .map((el) => `${el.tagName.toLowerCase()}.${el.className} "${el.textContent.trim().slice(0, 30)}" ${height(el)}`);
}"""

SETTLED = """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))).then(() => Promise.all(
  document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished.catch(() => null))))"""
"""Colours that change by a transition are measured when they have arrived."""


def chromium_path() -> str:
    """The browser of this machine. Where it is missing the test is skipped, on CI it fails."""
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    if os.environ.get("CI"):
        pytest.fail("The browser tests need Chromium on the path.")
    pytest.skip("Chromium is not on the path.")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium."""
    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(SWITCHES))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def running_product(home: Path) -> Iterator[str]:
    """``salespilots run`` as an owner starts it; gives its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SALESPILOTS_")}
    with (home / "run.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "salespilots", "run", "--port", str(port)],
            env={**environ, "SALESPILOTS_HOME": str(home / "data")}, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        _wait_until_up(url, process, home / "run.log")
        yield url
    finally:
        process.terminate()
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + 60
    while time.monotonic() < ends and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"the product did not start: {log.read_text()[-2000:]}")


class Watched:
    """A browser context whose pages are held to the rules of every screen."""

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self.url = url
        self.width = int(options.get("viewport", {}).get("width", 0))
        self.scripts = bool(options.get("java_script_enabled", True))
        self.context: BrowserContext = browser.new_context(base_url=url, reduced_motion="reduce", **options)
        self.context.set_default_timeout(15_000)
        self.problems: list[str] = []
        self.context.on("console", self._console)
        self.context.on("weberror", lambda error: self.problems.append(f"script error: {error.error}"))
        self.context.on("request", self._request)
        self.context.on("response", self._response)
        if self.scripts:
            self.context.add_init_script(
                "addEventListener('securitypolicyviolation',"
                " (e) => console.error('CSP: ' + e.violatedDirective + ' ' + e.blockedURI))"
            )
        self._axe = Axe()

    def signed_in(self, email: str = "meera@example.in") -> Page:
        """A tab of the owner."""
        page = self.page("/signin")
        page.get_by_label("E-mail").fill(email)
        page.get_by_role("textbox", name="Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/app**")
        return page

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"console {message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https") and not request.url.startswith(f"{self.url}/"):
            self.problems.append(f"request to another host: {parts.netloc}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.problems.append(f"{response.status} from {urlsplit(response.url).path}")
        if response.status == 204 and response.url.partition("?")[0].endswith("/app/events"):
            self.problems.append("a live stream was refused")

    def page(self, path: str = "") -> Page:
        """A new tab, at ``path``."""
        page = self.context.new_page()
        if path:
            page.goto(path)
        return page

    def close(self) -> None:
        """End the context."""
        self.context.close()

    def _violations(self, page: Page) -> list[dict[str, Any]]:
        """What axe finds twice: a region that a live update swapped under its eyes is no fault of the page."""
        found: list[dict[str, Any]] = []
        for _ in range(2):
            page.evaluate(SETTLED)
            found = self._axe.run(page, options=AXE_RULES).response["violations"]
            if not found:
                break
        return found

    def check(self, page: Page) -> None:
        """Width, targets, accessibility in both themes; collects what is wrong."""
        where = urlsplit(page.url).path
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > self.width:
            self.problems.append(f"{where} is {wide} px wide")
        if self.width < 960:
            self.problems += [f"{where} small target: {one}" for one in page.evaluate(SMALL_TARGETS)]
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            for one in self._violations(page):
                nodes = "; ".join(str(node["target"]) for node in one["nodes"][:3])
                self.problems.append(f"{where} {theme} axe {one['id']}: {nodes}")
        page.emulate_media(color_scheme="light")


class Visitor:
    """A browser without scripts inside the test's process: keeps cookies, sends the form token of the page."""

    def __init__(self, app: Flask, address: str = "http://localhost") -> None:
        self.app, self.address = app, address
        self.client = app.test_client()

    @classmethod
    def of(cls, world: World, address: str = "http://localhost") -> Visitor:
        """A visitor of a world of its own."""
        return cls(create_app(world.application), address)

    def get(self, path: str, **headers: str) -> TestResponse:
        """A page; header names are written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(path, base_url=self.address, headers=named)

    def token(self) -> str:
        """The form token of this session."""
        for path in ("/app/more", "/signin"):
            found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', self.get(path).text)
            if found:
                return found.group(1)
        raise AssertionError("no form token found")

    def post(self, path: str, token: bool = True, **fields: str | list[str]) -> TestResponse:
        """A form, with the token of the page unless told not to."""
        data = {**fields, **({"csrf_token": self.token()} if token else {})}
        return self.client.post(path, base_url=self.address, data=data)

    def sign_in(self, email: str, password: str = PASSWORD, **more: str) -> TestResponse:
        """The sign-in form."""
        return self.post("/signin", email=email, password=password, **more)

    @property
    def signed_in(self) -> bool:
        """Whether Home opens."""
        return self.get("/app").status_code == 200

    @property
    def cookie(self) -> str:
        """The random value of the session, as the cookie carries it."""
        with self.client.session_transaction(base_url=self.address) as session:
            return session.get("sid", "")
