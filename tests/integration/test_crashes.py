"""kill -9 at every named line: afterwards each customer has each answer once, and one order."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from salespilots.services import crash_points
from salespilots.services.crash_points import POINTS
from tests.support.fake_channel import FakeChannelPlugin, FarSide
from tests.support.shop import Shop, World

DIALOGUE = (
    ("blue saree kitna hai?", ""), ("2 chahiye", ""), ("Asha Rao", ""), ("98450 12345", ""), ("560038", ""),
    ("14, 3rd Cross, Indiranagar", ""), ("Confirm", "yes"),
)  # fmt: skip


def in_a_process(work: Callable[[], None]) -> int:
    """Run in a child of its own; returns the signal that ended it, 0 when it came to its end."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(3)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status)


@pytest.mark.parametrize("point", sorted(POINTS))
def test_killed_at_each_point(point: str, tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    record = tmp_path / "far-side.txt"

    class Recorded(FakeChannelPlugin):
        """The far side survives our crashes: what it took is on disk before it answers."""

        def __init__(self) -> None:
            super().__init__()
            self.channel.send = self._send  # type: ignore[method-assign]

        def _send(self, message):  # type: ignore[no-untyped-def]
            from salespilots.ports.channel import Receipt

            text = getattr(message.content, "text", "[cards]").replace("\n", " ")
            with record.open("a") as file:
                file.write(f"{message.idempotency_key}\t{text}\n")
            return Receipt(provider_ref=f"far-{message.idempotency_key}")

    def product() -> tuple[World, Shop, FarSide]:
        plugin = Recorded()
        world = World(tmp_path, sqlite_url, extra=[plugin])
        try:
            user, business = world.sign_up()
            world.services.demo.load(business.id)
            world.services.connections.connect(business.id, "fake", {})
        except Exception:
            business = world.services.shops.all()[0]
            [user] = world.services.accounts.owners_of(business.id)
        shop = Shop(world, user, business)
        return world, shop, FarSide(shop, plugin)

    def prepare() -> None:
        product()[0].close()

    assert in_a_process(prepare) == 0
    killed = 0
    for number, (text, payload) in enumerate(DIALOGUE):

        def work(number: int = number, text: str = text, payload: str = payload) -> None:
            world, _, far = product()
            world.settle()
            event = far.event("message", text, payload=payload, message_ref=f"m{number}", event_id=f"m{number}")
            far.deliver(event)
            world.close()

        order = tmp_path / point
        order.touch()
        monkeypatch.setattr(crash_points, "_FOLDER", str(tmp_path))
        ended = in_a_process(work)
        monkeypatch.undo()
        order.unlink(missing_ok=True)
        assert ended in (0, signal.SIGKILL)
        killed += ended == signal.SIGKILL

        def recover(number: int = number, text: str = text, payload: str = payload) -> None:
            world, shop, far = product()
            event = far.event("message", text, payload=payload, message_ref=f"m{number}", event_id=f"m{number}")
            far.deliver(event)  # the provider delivers again what was not acknowledged
            with contextlib.closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as database, database:
                database.execute("UPDATE lanes SET leased_until = 0")  # the dead worker's lease runs out
            world.settle()
            uncertain = [one for one in far.messages() if one.state == "uncertain"]
            for message in uncertain:  # the far side's history decides
                taken = record.exists() and message.dedupe_key in record.read_text()
                world.services.outbox.decide(shop.id, message.id, arrived=taken)
            world.settle()
            world.close()

        assert in_a_process(recover) == 0
    assert killed >= 1, f"{point} was never reached"
    lines = record.read_text().splitlines()
    keys = [line.partition("\t")[0] for line in lines]
    assert len(keys) == len(set(keys)), "something was sent twice"
    texts = [line.partition("\t")[2] for line in lines]
    expected = [
        "[cards]",
        "Blue block-print saree is",
        "2 × Blue",
        "What name",
        "Which mobile",
        "6 digit pincode",
        "house, street",
    ]
    position = 0
    for wanted in [*expected, "Shall I place the order", "is placed and your pieces are held"]:
        position = next(index for index in range(position, len(texts)) if wanted in texts[index])
    world, shop, _ = product()
    orders = world.services.orders.page(shop.id).items
    assert len(orders) == 1
    level = next(iter(shop.product("blue").levels.values()))
    assert (level.on_hand, level.reserved) == (9, 2)
    assert len(world.services.payments.page(shop.id).items) == 1
    world.close()
