"""A workflow whose worker dies at any line: each step is done once, and the run ends as it does on a calm day."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from salespilots.ports.errors import Unavailable
from salespilots.services.messaging import outbox, turns, uncertain
from salespilots.services.workflows import runner
from tests.support.fetcher import FakeFetcher
from tests.support.shop import Shop, World
from tests.support.workflows import on, on_words, publish, runs_of, say, step

HOOK = "https://hooks.example.in/x"
MODULES = (outbox, turns, uncertain, runner)


class Died(BaseException):
    """The process ends here."""


class Deaths:
    """Counts the lines at which a worker may die, and lets it die at one of them."""

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.at: int | None = None

    def point(self, name: str) -> None:
        self.passed.append(name)
        if self.at is not None and len(self.passed) == self.at:
            raise Died(name)


@contextmanager
def mortal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deaths]:
    deaths = Deaths()
    with monkeypatch.context() as patched:
        for module in MODULES:
            if hasattr(module, "crash_point"):
                patched.setattr(module, "crash_point", deaths.point)
        yield deaths


def build(shop: Shop) -> Any:
    """One of everything that a step can do without an order."""
    shop.world.services.templates.save(
        shop.id, {"name": "thanks", "texts": {"en": "From the template", "hi": "टेम्पलेट से"}}
    )
    publish(shop, "Tagged", on("customer.tagged", tags=["Club"]), say("You are in the club"))
    return publish(
        shop, "All", on_words("zzstart"),
        say("First", "say", next="check"),
        step("check", "flow.branch", {"then": "split", "else": "end"}, all=[{"field": "customer.orders", "op": "eq", "value": 0}]),
        step("split", "flow.split", {"then": "template", "else": "template"}),
        step("template", "message.template", {"next": "call"}, name="thanks"),
        step("call", "webhook.call", {"next": "tell"}, url=HOOK),
        step("tell", "owner.notify", {"next": "tag"}, text="Look here", by_mail=True),
        step("tag", "customer.tag", {"next": "field"}, tag="Club"),
        step("field", "customer.field", {"next": "ask"}, name="coupon", value="{webhook_coupon}"),
        step("ask", "ask", {"next": "wait"}, type="number", text="How old?", save_as="age"),
        step("wait", "flow.wait", {"next": "last"}, **{"for": "PT1H"}),
        say("Aged {age}, coupon {field_coupon}", "last"),
    )  # fmt: skip


class Day:
    """The story of one customer, by a worker that may die once."""

    def __init__(self, home: Path, url: str, make_world: Callable[..., World]) -> None:
        self.home, self.url, self.make_world = home, url, make_world
        self.far = FakeFetcher()
        self.far.there[HOOK] = b'{"coupon": "DIWALI5"}'
        self.world = make_world(url, fetcher=self.far)
        self.shop = Shop(self.world, *self.world.sign_up())
        self.made = build(self.shop)

    def settle(self) -> None:
        """Work is done; after a death by the next worker, which the dead one's lanes have been taken from."""
        try:
            self.world.settle()
            self.world.services.maintenance.do_jobs()
        except Died:
            with suppress(Exception):
                self.world.close()
            with sqlite3.connect(self.url.removeprefix("sqlite:///")) as link:
                link.execute("UPDATE lanes SET leased_until = 0")
            clock = self.world.clock
            self.world = self.make_world(self.url, fetcher=self.far, clock=clock)
            self.shop = Shop(self.world, self.shop.user, self.shop.business)
            clock.advance(timedelta(minutes=6))
            self.settle()

    def play(self) -> dict[str, Any]:
        self.shop.say("zzstart", settle=False)
        self.settle()
        for line, later in (("thirty", 0), ("30", 0), ("", 61), ("", 40)):
            self.world.clock.advance(timedelta(minutes=later))
            if line:
                self.shop.say(line, settle=False, key=line)
            self.settle()
        [customer] = self.world.services.customers.page(self.shop.id).items
        with self.world.storage.unit_of_work(self.shop.id, read_only=True) as uow:
            told = len(uow.events.latest(["owner.told"], limit=9))
            ways = uow.splits.count()
            loose = [one.state for one in uow.messages.select() if one.direction == "out" and one.state != "sent"]
        [run] = runs_of(self.shop, self.made)
        return {
            "texts": sorted(self.shop.texts()), "tags": customer.tags, "fields": customer.fields, "told": told, "ways": ways,
            "letters": len(self.world.mailer.letters), "result": run.result, "loose": loose,
            "keys": len({headers["Idempotency-Key"] for _, _, headers in self.far.posted}),
        }  # fmt: skip


@pytest.fixture
def play(tmp_path: Path, sqlite_template: Path, make_world: Callable[..., World]) -> Callable[[], Day]:
    made: list[Day] = []

    def begin() -> Day:
        path = tmp_path / f"day{len(made)}.db"
        shutil.copyfile(sqlite_template, path)
        made.append(Day(tmp_path, f"sqlite:///{path}", make_world))
        return made[-1]

    return begin


def test_a_worker_dies_at_every_line_in_turn(play: Callable[[], Day], monkeypatch: pytest.MonkeyPatch) -> None:
    with mortal(monkeypatch) as deaths:
        calm = play().play()
        lines = list(deaths.passed)
    assert calm["texts"] == sorted(
        ["First", "From the template", "You are in the club", "How old?", "Write a number.", "Aged 30, coupon DIWALI5"]
    )
    assert (calm["told"], calm["ways"], calm["keys"], calm["result"], calm["loose"]) == (1, 1, 1, "done", [])
    assert {"turn.before_commit", "turn.after_commit", "step.called", "send.accepted", "settle.before_commit"} <= set(
        lines
    )
    for at in range(1, len(lines) + 1):
        with mortal(monkeypatch) as deaths:
            deaths.at = at
            day = play()
            ended = day.play()
        missing, where = set(calm["texts"]) - set(ended["texts"]), (at, lines[at - 1])
        assert len(set(ended["texts"])) == len(ended["texts"]), where
        assert set(ended["loose"]) <= {"uncertain"}, (
            where
        )  # marked as being sent when it died: in doubt, never sent again
        assert len(missing) == len(ended["loose"]) <= 1, where
        same = {"texts": 0, "loose": 0, "letters": 0}
        assert {**ended, **same} == {**calm, **same}, where


@pytest.mark.parametrize("failures", range(5))
def test_an_address_that_fails_is_called_with_one_key_until_it_answers(play: Callable[[], Day], failures: int) -> None:
    day, left = play(), [failures]

    def answer() -> bytes:
        if left[0]:
            left[0] -= 1
            raise Unavailable(provider="address", reason="no_answer")
        return b'{"coupon": "DIWALI5"}'

    day.far.there[HOOK] = answer
    day.shop.say("zzstart", settle=False)
    for _ in range(8):
        day.settle()
        day.world.clock.advance(timedelta(minutes=10))
    assert "How old?" in day.shop.texts()
    assert len({headers["Idempotency-Key"] for _, _, headers in day.far.posted}) == 1
    assert len(day.far.posted) == min(failures, 4) + 1
