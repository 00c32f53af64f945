"""The echo channel against the public contract of channels, over loopback HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from salespilots.ports.webhook import WebhookRequest
from salespilots.testing.contracts.channel import ChannelContract
from salespilots.testing.contracts.channel_harness import ChannelHarness, Delivered, Said
from salespilots.testing.contracts.delivery import DeliveryContract
from salespilots.testing.twin import TwinServer
from salespilots_channel_echo import client
from salespilots_channel_echo.hooks import PROVIDER
from salespilots_channel_echo.twin import EchoTwin, signed_body

SECRET = "echo-contract-secret"


def signed_request(*said: Said, secret: str | None = None) -> WebhookRequest:
    """What the echo service would post."""
    events = [
        {"id": one.ref, "type": one.kind, "from": one.customer_ref, "text": one.text, "at": int(one.at.timestamp())}
        for one in said
    ]
    body, headers = signed_body(SECRET if secret is None else secret, "shop", events)
    return WebhookRequest(body=body, headers=headers)


@pytest.fixture
def echo_twin() -> Iterator[TwinServer]:
    with TwinServer(EchoTwin(secret=SECRET)) as server:
        yield server


def make_harness(echo_twin: TwinServer) -> ChannelHarness:
    def break_with(kind: str, **options: Any) -> None:
        if kind == "refuse_connection":
            echo_twin.stop()
        else:
            echo_twin.fail_next(kind, **options)

    def delivered() -> list[Delivered]:
        return [
            Delivered(recipient_ref=one["to"], text=one["text"], provider_ref=one["id"])
            for one in echo_twin.state()["messages"]
        ]

    return ChannelHarness(
        provider=PROVIDER,
        settings={"account": "shop", "base_url": echo_twin.url, "secret": SECRET},
        account_ref="shop",
        signed_request=signed_request,
        secret_at=("settings", "secret"),
        tick=timedelta(seconds=1),
        delivered=delivered,
        break_with=break_with,
        can=frozenset(
            [
                "refuse_connection",
                "429",
                "token_expired",
                "400",
                "500",
                "500_after_accept",
                "502_html",
                "200_rubbish",
                "timeout",
                "timeout_after_accept",
                "drop_after_accept",
                "drop_before",
            ]
        ),
    )


class TestEcho(ChannelContract):
    @pytest.fixture
    def harness(self, echo_twin: TwinServer, monkeypatch: pytest.MonkeyPatch) -> ChannelHarness:
        monkeypatch.setattr(client, "TIMEOUT", 0.5)
        return make_harness(echo_twin)


class TestDelivery(DeliveryContract):
    @pytest.fixture
    def harness(self, echo_twin: TwinServer) -> ChannelHarness:
        return make_harness(echo_twin)
