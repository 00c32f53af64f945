"""The scripted channel of the product's tests keeps a channel's promises, and the core keeps its own on it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from salespilots.ports.webhook import WebhookRequest
from salespilots.testing.contracts.channel import ChannelContract
from salespilots.testing.contracts.channel_harness import ChannelHarness, Delivered, Said
from salespilots.testing.contracts.delivery import DeliveryContract
from tests.support.fake_channel import SECRET, FakeChannelPlugin, signed


def signed_request(*said: Said, secret: str | None = None) -> WebhookRequest:
    """What the fake provider would post."""
    events = [
        {"ref": one.ref, "kind": one.kind, "who": one.customer_ref, "text": one.text, "at": one.at.isoformat()}
        for one in said
    ]
    return signed(events, SECRET if secret is None else secret)


def make_harness() -> ChannelHarness:
    """A fake channel, how to write to it and what it took."""
    plugin = FakeChannelPlugin()

    def delivered() -> Sequence[Delivered]:
        return [
            Delivered(
                recipient_ref=one.recipient_ref,
                text=getattr(one.content, "text", "[cards]"),
                provider_ref=f"far-{place}",
            )
            for place, one in enumerate(plugin.channel.sent, 1)
        ]

    return ChannelHarness(
        provider=plugin.salespilots_channel_providers()[0], settings={"secret": SECRET}, account_ref="acc",
        signed_request=signed_request, secret_at=("settings", "secret"), delivered=delivered,
    )  # fmt: skip


@pytest.fixture
def harness() -> ChannelHarness:
    return make_harness()


class TestFake(ChannelContract):
    """As any channel."""


class TestDelivery(DeliveryContract):
    """A hundred bad days."""

    seeds = 100
