"""One Chromium for a file, and what it looks at."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from salespilots.web.app import create_app
from tests.support.browser import chromium, running_product
from tests.support.shop import World


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    """The browser."""
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The product as an owner starts it."""
    with running_product(tmp_path_factory.mktemp("product")) as url:
        yield url


@pytest.fixture
def site(world: World) -> Iterator[str]:
    """The web application alone on loopback, around this test's world."""
    server = make_server("127.0.0.1", 0, create_app(world.application), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
