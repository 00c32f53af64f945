"""kill -9 at every named line: afterwards each customer has each answer once, and one order."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from salespilots.ports.channel import Outbound, Receipt, SentMessage
from salespilots.ports.errors import OutcomeUnknown
from salespilots.services import crash_points
from salespilots.services.crash_points import POINTS
from salespilots.testing.clocks import START, FakeClock
from tests.support.fake_channel import FakeChannel, FakeChannelPlugin, FarSide
from tests.support.shop import Shop, World

DIALOGUE = (
    ("blue saree kitna hai?", ""), ("2 chahiye", ""), ("Asha Rao", ""), ("98450 12345", ""), ("560038", ""),
    ("14, 3rd Cross, Indiranagar", ""), ("Confirm", "yes"),
)  # fmt: skip
ANSWERS = (
    "[cards]", "Blue block-print saree is", "2 × Blue", "What name", "Which mobile", "6 digit pincode", "house, street",
    "Shall I place the order", "is placed and your pieces are held",
)  # fmt: skip
UNCLEAR = "Which mobile"
"""The answer that the channel takes without saying so: the chat has to be read back."""


class SurvivingChannel(FakeChannel):
    """The far side survives our crashes: what it took is on disk before it answers, and it shows that as the chat."""

    def __init__(self, record: Path) -> None:
        super().__init__()
        self._record = record

    def taken(self) -> list[dict[str, str]]:
        """What it took, oldest first."""
        return [json.loads(line) for line in self._record.read_text().splitlines()] if self._record.exists() else []

    def send(self, message: Outbound) -> Receipt:
        message.begin()
        text = getattr(message.content, "text", "")
        ref = f"far-{len(self.taken())}"
        with self._record.open("a") as file:
            file.write(json.dumps({"ref": ref, "key": message.idempotency_key, "text": text}) + "\n")
        if UNCLEAR in text:
            raise OutcomeUnknown(provider="fake")
        return Receipt(provider_ref=ref)

    def history(self, customer_ref: str, *, since: datetime) -> Sequence[SentMessage]:
        return [
            SentMessage(provider_ref=one["ref"], text=one["text"], sent_at=since, from_shop=True)
            for one in self.taken()
        ]


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
    record = tmp_path / "far-side.jsonl"

    def product(minutes: int = 0) -> tuple[World, Shop, FarSide]:
        plugin = FakeChannelPlugin()
        plugin.channel = SurvivingChannel(record)
        world = World(tmp_path, sqlite_url, extra=[plugin], clock=FakeClock(START + timedelta(minutes=minutes)))
        known = world.services.shops.all()
        if known:
            [user] = world.services.accounts.owners_of(known[0].id)
            shop = Shop(world, user, known[0])
        else:
            shop = world.practice_shop()
        return world, shop, FarSide(shop, plugin)

    def prepare() -> None:
        product()[0].close()

    assert in_a_process(prepare) == 0
    killed = 0
    for number, (text, payload) in enumerate(DIALOGUE):

        def work(minutes: int, number: int = number, text: str = text, payload: str = payload) -> None:
            world, _, far = product(minutes)
            far.deliver(far.event("message", text, payload=payload, message_ref=f"m{number}", event_id=f"m{number}"))
            for seconds in (61, 16):  # the echo has had its time, and any send is over: what is in doubt is read back
                world.clock.advance(seconds)
                world.settle()
            world.close()

        def recover(minutes: int, work: Callable[[int], None] = work) -> None:
            with contextlib.closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as database, database:
                database.execute("UPDATE lanes SET leased_until = 0")  # the dead worker's lease runs out
            work(minutes)  # the provider delivers again what was not acknowledged

        order = tmp_path / point
        order.touch()
        with monkeypatch.context() as patched:
            patched.setattr(crash_points, "_FOLDER", str(tmp_path))
            ended = in_a_process(partial(work, 10 * number))
        order.unlink(missing_ok=True)
        assert ended in (0, signal.SIGKILL)
        if ended:
            killed += 1
            assert in_a_process(partial(recover, 10 * number + 5)) == 0
    assert killed >= 1, f"{point} was never reached"
    taken = SurvivingChannel(record).taken()
    keys = [one["key"] for one in taken]
    assert len(keys) == len(set(keys)), "something was sent twice"
    texts = [one["text"] or "[cards]" for one in taken]
    position = 0
    for wanted in ANSWERS:
        position = next((index for index in range(position, len(texts)) if wanted in texts[index]), -1)
        assert position >= 0, (wanted, texts)
    world, shop, far = product(10 * len(DIALOGUE))
    assert {str(one.state) for one in far.messages() if one.direction == "out"} == {"sent"}
    orders = world.services.orders.page(shop.id).items
    assert len(orders) == 1
    level = next(iter(shop.product("blue").levels.values()))
    assert (level.on_hand, level.reserved) == (9, 2)
    assert len(world.services.payments.page(shop.id).items) == 1
    world.close()
