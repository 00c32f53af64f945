"""Nothing gets out of a rehearsal: no write to the shop's store, and no call to anybody."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from salespilots.ports.channel import Text
from salespilots.ports.extensions import ActionType, Advance, SendMessage
from salespilots.ports.markers import hookimpl
from salespilots.ports.settings import NoSettings
from salespilots.services.rehearsal.dry_run import DryRuns
from salespilots.services.rehearsal.script import Happening, Script, say
from tests.services.test_rehearsal import make, shown, starter, words
from tests.support.fake_channel import FakeChannelPlugin
from tests.support.fake_payments import FakePaymentsPlugin
from tests.support.shop import TO_CONFIRM, Shop, World


class ReadOnly:
    """The real storage, of which only reading units can be opened."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self.read = 0

    def unit_of_work(self, business_id: str, *, read_only: bool = False) -> Any:
        assert read_only, "a rehearsal opened a writing unit"
        self.read += 1
        return self._real.unit_of_work(business_id, read_only=True)

    def system_unit_of_work(self, *, read_only: bool = False) -> Any:
        raise AssertionError("a rehearsal opened a unit across shops")


class Reaching:
    """A third party's step that tries every way out it is given."""

    def __init__(self) -> None:
        self.got: list[Any] = []

    def reach(self, context: Any) -> Advance:
        self.got.append(context.ports.ai_reply(goal="say hello", fallback="own words"))
        self.got.append(context.ports.payment_link(context.order_id) if context.order_id else "")
        self.got.append([one.title for one in context.reader.catalogue(1)])
        return Advance(effects=(SendMessage(content=Text(text="Reached")),))

    @hookimpl
    def salespilots_workflow_actions(self) -> list[ActionType]:
        return [
            ActionType(
                key="third.reach", label="Reach", settings=NoSettings, run=self.reach, sentence=lambda _: "Reach out",
                calls_ports=True,
            )
        ]  # fmt: skip


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*given: Any, **more: Any) -> Any:
        raise AssertionError("a rehearsal opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def reaching() -> Reaching:
    return Reaching()


@pytest.fixture
def closed(make_world: Callable[..., World], sqlite_url: str, reaching: Reaching) -> Shop:
    world = make_world(sqlite_url, extra=[FakeChannelPlugin(), FakePaymentsPlugin(), reaching])
    return world.practice_shop()


def closed_runs(shop: Shop) -> tuple[DryRuns, ReadOnly]:
    from dataclasses import replace
    from functools import partial

    from salespilots.bootstrap import open_memory

    core = shop.world.services.core
    store = ReadOnly(core.storage)
    return DryRuns(replace(core, storage=store), partial(open_memory, shop.world.application.registry)), store


def test_no_write_and_no_call_is_possible(
    closed: Shop, reaching: Reaching, no_network: None, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    third = make(closed, words("reach"), {"id": "reach", "kind": "third.reach", "settings": {}})
    paid = make(closed, {"kind": "order.paid", "settings": {}}, {"id": "reach", "kind": "third.reach", "settings": {}})
    runs, store = closed_runs(closed)
    database = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
    before = database.execute("PRAGMA data_version").fetchone()
    buy = starter(closed, "price_and_buy")
    told = runs.run(closed.id, buy, say(*TO_CONFIRM, "yes", silence=True))
    assert {"order.placed", "payment.link_made"} <= {one.kind for one in told.effects}
    reached = runs.run(closed.id, third, say("reach", known=True))
    assert shown(reached) == ["Reached"]
    assert reaching.got[0][0] == "own words"
    runs.run(closed.id, paid, Script(inputs=(Happening(event="order.paid"),)))
    there = runs.run(closed.id, third, say("reach", channel="fake", known=True))
    assert [one.state for one in there.messages] == ["received", "sent"]
    assert store.read == 4
    assert database.execute("PRAGMA data_version").fetchone() == before
    database.close()


def test_a_link_of_a_rehearsal_leads_nowhere(closed: Shop, reaching: Reaching, no_network: None) -> None:
    waits = make(closed, {"kind": "order.placed", "settings": {}}, {"id": "a", "kind": "third.reach", "settings": {}})
    runs, _ = closed_runs(closed)
    runs.run(closed.id, waits, Script(inputs=(Happening(event="order.placed"),)))
    assert reaching.got[1].endswith("/pay/rehearsal")


def test_secrets_stay_outside(closed: Shop, no_network: None) -> None:
    closed.world.services.connections.connect(closed.id, "fake", {"secret": "very-secret"})
    runs, _ = closed_runs(closed)
    tried = runs.prepare(closed.id, starter(closed, "price_and_buy"), say("hi"))
    [copied] = tried.base.connections
    assert (copied.provider, copied.secrets, copied.endpoint_token) == ("fake", None, None)
    assert closed.world.services.connections.find(closed.id, "fake").secrets
