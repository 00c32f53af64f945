"""Events of an account that is nobody's when they come: the shop that connects it has them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta

import pytest
from marshmallow import fields

from salespilots.domain.inbox import InboxState
from salespilots.ports.channel import ChannelProvider
from salespilots.ports.markers import hookimpl
from salespilots.ports.settings import SettingsSchema
from tests.support.fake_channel import FakeChannelPlugin, FarSide
from tests.support.shop import World


class OfAnAccount(SettingsSchema):
    """Which account it is."""

    account = fields.String(required=True)


class AccountPlugin(FakeChannelPlugin):
    """A channel whose events name their account."""

    @hookimpl
    def salespilots_channel_providers(self) -> list[ChannelProvider]:
        (made,) = super().salespilots_channel_providers()
        return [dataclasses.replace(made, settings=OfAnAccount, account_field="account")]


class Side(FarSide):
    """Not connected yet."""

    def __init__(self, world: World, plugin: FakeChannelPlugin) -> None:
        self.shop, self.channel, self._number = world.practice_shop(), plugin.channel, 0

    def connect(self, account: str = "acc") -> None:
        self.shop.world.services.connections.connect(self.shop.id, "fake", {"account": account})
        self.shop.world.settle()

    def arrives(self, text: str, **more: object) -> int:
        """A webhook without a shop."""
        taken = self.shop.world.services.inbox.keep_channel("fake", [self.event("message", text, **more)])
        self.shop.world.settle()
        return taken

    def said(self) -> list[str]:
        return [one.text for one in self.messages() if one.direction == "in"]


@pytest.fixture
def side(make_world: Callable[..., World], sqlite_url: str) -> Side:
    plugin = AccountPlugin()
    return Side(make_world(sqlite_url, extra=[plugin]), plugin)


def test_what_came_between_two_connections_is_answered_after_the_second(side: Side) -> None:
    side.connect()
    side.arrives("Hi")
    side.shop.world.services.connections.disconnect(side.shop.id, "fake")
    assert side.arrives("blue saree kitna hai?") == 1
    assert side.said() == ["Hi"]
    side.connect()
    assert side.said() == ["Hi", "blue saree kitna hai?"]
    assert any("₹1,499.00" in text for text in side.channel.texts())


def test_what_came_before_the_first_connection_is_answered_and_known(side: Side) -> None:
    event = {"message_ref": "m-1", "event_id": "m-1:message"}
    assert side.arrives("blue saree kitna hai?", **event) == 1
    side.connect()
    assert side.arrives("blue saree kitna hai?", **event) == 0
    assert side.said() == ["blue saree kitna hai?"]


def test_what_is_older_than_a_day_is_kept_and_not_answered(side: Side) -> None:
    side.arrives("blue saree kitna hai?")
    side.shop.world.clock.advance(timedelta(hours=25))
    side.connect()
    assert side.said() == ["blue saree kitna hai?"]
    assert side.channel.sent == []


def test_another_accounts_events_stay_nobodys(side: Side) -> None:
    side.arrives("blue saree kitna hai?")
    side.connect("acc2")
    with side.shop.world.storage.system_unit_of_work(read_only=True) as system:
        row = system.work.event(1)
    assert row is not None
    assert (row.state, row.business_id) == (InboxState.UNROUTED, None)


def test_an_event_that_is_stored_while_its_account_is_connected_finds_its_shop(
    side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its shop was looked up before, and the shop took up what waited before it was there."""
    inbox = side.shop.world.services.inbox
    honest = inbox._owner

    def too_early(*asked: object) -> None:
        monkeypatch.setattr(inbox, "_owner", honest)

    side.connect()
    monkeypatch.setattr(inbox, "_owner", too_early)
    side.arrives("blue saree kitna hai?")
    assert side.said() == ["blue saree kitna hai?"]
