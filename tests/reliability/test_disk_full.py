"""R-14: a full disk is said (503, so that the provider tries again), breaks nothing, and needs no restart."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from salespilots.testing.twin_client import TwinProcess, wait_until
from salespilots.web.app import create_app
from salespilots_channel_instagram.twin import entry, item, signed_body
from tests.support.fake_channel import FakeChannelPlugin, FarSide
from tests.support.product import APP_SECRET, Product
from tests.support.shop import World

ACCOUNT = "17841400000000088"


def limit_pages(world: World, pages: int | None) -> None:
    """Let the database file grow by so many pages at most, on every connection; None lifts the limit."""
    engine = world.storage.engine  # type: ignore[attr-defined]
    with engine.connect().execution_options(salespilots_read_only=True) as connection:
        count = connection.execute(sa.text("PRAGMA page_count")).scalar_one()
    most = 2**30 if pages is None else count + pages
    world.storage._lines.close()  # type: ignore[attr-defined]

    @sa.event.listens_for(engine, "connect")
    def _limit(connection: sqlite3.Connection, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count={most}")


def test_sqlites_own_error_is_503_and_goes_away_with_its_cause(
    make_world: Callable[..., World], sqlite_url: str
) -> None:
    plugin = FakeChannelPlugin()
    environ = {"SALESPILOTS_INSTAGRAM_APP_SECRET": "secret", "SALESPILOTS_INSTAGRAM_VERIFY_TOKEN": "verify"}
    world = make_world(sqlite_url, extra=[plugin], discover=True, environ=environ)
    far = FarSide(world.practice_shop(), plugin)
    world.services.connections.connect(far.shop.id, "instagram", {"account_id": ACCOUNT, "access_token": "t"})
    client = create_app(world.application).test_client()

    def post(number: int) -> httpx.Response:
        event = {"from": f"30000000000{number:04}", "text": "thanks " * 60, "mid": f"mid.{number}"}
        body, headers = signed_body("secret", [entry(ACCOUNT, [item(ACCOUNT, event)])])
        return client.post("/webhooks/channel/instagram", data=body, headers=headers)  # type: ignore[return-value]

    assert post(0).status_code == 200
    limit_pages(world, 8)
    accepted, refused = [0], []
    for number in range(1, 200):
        answer = post(number)
        (accepted if answer.status_code == 200 else refused).append(number)
        if answer.status_code != 200:
            assert answer.status_code == 503
            assert answer.headers["Retry-After"] == "5"
    assert refused, "the disk was never full"
    assert client.get("/healthz").status_code == 200
    with contextlib.closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        kept = {row[0] for row in database.execute("SELECT event_id FROM inbox")}
    assert kept == {f"mid.{number}:message" for number in accepted}
    limit_pages(world, None)
    assert {post(number).status_code for number in refused} == {200}
    with contextlib.closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as database:
        assert database.execute("SELECT count(*) FROM inbox").fetchone() == (200,)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 32 MiB in memory."""
    place = tmp_path / "disk"
    place.mkdir()
    done = os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(place)], capture_output=True
    )
    if not done or done.returncode:
        pytest.skip("nothing can be mounted here; the test above has SQLite's own error")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.timeout(180)
def test_a_disk_that_fills_up_under_the_running_product(small_disk: Path) -> None:
    with TwinProcess(
        "salespilots_channel_instagram.twin", "--app-secret", APP_SECRET, "--account-id", ACCOUNT
    ) as graph:
        product = Product(small_disk / "shop", environ={"SALESPILOTS_INSTAGRAM_GRAPH_URL": graph.url})
        product.home.mkdir()
        slug, _ = product.open_shop()
        product.connect("instagram", slug, account_id=ACCOUNT, access_token="IGAA-disk")
        product.start()
        ballast = small_disk / "ballast"

        def write(number: int) -> int:
            event = {"from": f"30000000001{number:04}", "text": "blue saree kitna hai?", "mid": f"mid.disk.{number}"}
            url = f"{product.url}/webhooks/channel/instagram"
            return graph.call("/__deliver", {"events": [event], "webhook_url": url})["posted"][0]["status"]

        try:
            assert write(0) == 200
            with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
                while True:
                    file.write(b"x" * 65536)
            statuses = {number: write(number) for number in range(1, 40)}
            assert set(statuses.values()) <= {200, 503}
            assert 503 in statuses.values(), "the disk was never full"
            assert product.process is not None
            assert product.process.poll() is None
            ballast.unlink()
            again = [number for number, status in statuses.items() if status != 200]
            wait_until(lambda: write(again[0]) == 200, every=0.5)
            assert {write(number) for number in again[1:]} <= {200}
            everyone = 2 * 40
            wait_until(lambda: len(graph.state()["sent"]) >= everyone, seconds=60, every=0.5)
            sent = [(one["recipient_id"], one["text"]) for one in graph.state()["sent"]]
            assert len(sent) == len(set(sent)) == everyone
            assert {who for who, _ in sent} == {f"30000000001{number:04}" for number in range(40)}
        finally:
            assert product.stop() == 0
        with contextlib.closing(sqlite3.connect(product.home / "salespilots.db")) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
