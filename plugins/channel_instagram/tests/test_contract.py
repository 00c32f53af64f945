"""Instagram against the public contract of channels: real adapter, stand-in Graph API, loopback HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from salespilots.ports.webhook import WebhookRequest
from salespilots.testing.contracts.channel import ChannelContract
from salespilots.testing.contracts.channel_harness import ChannelHarness, Delivered, Said
from salespilots.testing.contracts.delivery import DeliveryContract
from salespilots.testing.contracts.social import SocialContract
from salespilots.testing.twin import TwinServer
from salespilots_channel_instagram import client
from salespilots_channel_instagram.hooks import PROVIDER
from salespilots_channel_instagram.twin import ACCOUNT, InstagramTwin, entry, item, signed_body

SECRET = "contract-app-secret"


KINDS = {
    "message": "text", "reaction": "react", "unreaction": "unreact", "edited": "edited", "deleted": "deleted", "echo": "echo",
}  # fmt: skip


def signed_request(*said: Said, secret: str | None = None) -> WebhookRequest:
    """What Meta would post."""
    items = [
        item(
            ACCOUNT,
            {
                "kind": KINDS.get(one.kind, "brand_new_thing"), "about": one.ref,
                "from": one.customer_ref, "text": one.text, "mid": one.ref, "at": int(one.at.timestamp() * 1000),
            },
        )
        for one in said
    ]  # fmt: skip
    body, headers = signed_body(SECRET if secret is None else secret, [entry(ACCOUNT, items, at_ms=1)])
    return WebhookRequest(body=body, headers=headers)


@pytest.fixture
def twin() -> Iterator[TwinServer]:
    with TwinServer(InstagramTwin(app_secret=SECRET)) as server:
        yield server


def far_of(server: TwinServer) -> InstagramTwin:
    """The stand-in in this process."""
    assert isinstance(server.twin, InstagramTwin)
    return server.twin


def make_harness(twin: TwinServer) -> ChannelHarness:
    for number in range(60):
        twin.twin.posts.add({"at": 1_790_000_000 + number, "picture": "https://cdn.example.com/1.jpg"})

    def break_with(kind: str, **options: Any) -> None:
        if kind == "refuse_connection":
            twin.stop()
        else:
            twin.fail_next(kind, **{"match": "/messages", **options})

    def delivered() -> list[Delivered]:
        return [
            Delivered(recipient_ref=one["recipient_id"], text=one["text"], provider_ref=one["mid"])
            for one in twin.state()["sent"]
        ]

    return ChannelHarness(
        provider=PROVIDER,
        settings={"account_id": ACCOUNT, "access_token": "IGAA-contract-token", "username": "the_shop"},
        instance={
            "app_id": "123456789012345",
            "app_secret": SECRET,
            "verify_token": "contract-verify",
            "graph_url": twin.url,
        },
        account_ref=ACCOUNT,
        signed_request=signed_request,
        secret_at=("instance", "app_secret"),
        tells=frozenset(KINDS) - {"message"},
        wrote=lambda one: far_of(twin).wrote(one.customer_ref, one.ref, one.text, at=one.at),
        delivered=delivered,
        comment=lambda: str(twin.twin.posts.comment({"from": "200000000000009", "text": "price?"})[1]["id"]),
        posts=60,
        break_with=break_with,
        can=frozenset(
            [
                "refuse_connection",
                "429",
                "token_expired",
                "400",
                "outside_window",
                "500",
                "500_after_accept",
                "502_html",
                "200_rubbish",
                "200_empty",
                "timeout",
                "timeout_after_accept",
                "drop_after_accept",
                "drop_before",
            ]
        ),
    )


class TestInstagram(ChannelContract, SocialContract):
    @pytest.fixture
    def harness(self, twin: TwinServer, monkeypatch: pytest.MonkeyPatch) -> ChannelHarness:
        monkeypatch.setattr(client, "ANSWER_TIMEOUT", 0.5)
        return make_harness(twin)


class TestDelivery(DeliveryContract):
    @pytest.fixture
    def harness(self, twin: TwinServer) -> ChannelHarness:
        return make_harness(twin)
