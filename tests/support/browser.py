"""A running product and a real Chromium that watches what its pages do."""

from __future__ import annotations

import os
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
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from tests.support.postgres import free_port

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
    return Math.max(el.getBoundingClientRect().height, extra);
  };
  return [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
    .map((el) => (el.matches('input[type=radio], input[type=checkbox]') ? el.closest('label') || el : el))
    .filter((el) => !hidden(el, el.getBoundingClientRect()) && !inProse(el) && height(el) < 43.5)
    .map((el) => `${el.tagName.toLowerCase()}.${el.className} "${el.textContent.trim().slice(0, 30)}" ${height(el)}`);
}"""


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
        self.context: BrowserContext = browser.new_context(base_url=url, **options)
        self.context.set_default_timeout(15_000)
        self.problems: list[str] = []
        self.context.on("console", self._console)
        self.context.on("weberror", lambda error: self.problems.append(f"script error: {error.error}"))
        self.context.on("request", self._request)
        if self.scripts:
            self.context.add_init_script(
                "addEventListener('securitypolicyviolation',"
                " (e) => console.error('CSP: ' + e.violatedDirective + ' ' + e.blockedURI))"
            )
        self._axe = Axe()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"console {message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https") and not request.url.startswith(f"{self.url}/"):
            self.problems.append(f"request to another host: {parts.netloc}")

    def page(self, path: str = "") -> Page:
        """A new tab, at ``path``."""
        page = self.context.new_page()
        if path:
            page.goto(path)
        return page

    def close(self) -> None:
        """End the context."""
        self.context.close()

    def check(self, page: Page) -> None:
        """Width, targets, accessibility in both themes; collects what is wrong."""
        where = urlsplit(page.url).path
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > self.width:
            self.problems.append(f"{where} is {wide} px wide")
        if self.width < 960:
            self.problems += [f"{where} small target: {one}" for one in page.evaluate(SMALL_TARGETS)]
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
            found = self._axe.run(page, options=AXE_RULES).response["violations"]
            for one in found:
                nodes = "; ".join(str(node["target"]) for node in one["nodes"][:3])
                self.problems.append(f"{where} {theme} axe {one['id']}: {nodes}")
        page.emulate_media(color_scheme="light")
