"""A channel plugin for tests: a registered plugin like any other, told by the test how to behave."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from salespilots.ports.channel import (
    ChannelCapabilities,
    ChannelProvider,
    CustomerProfile,
    Health,
    HistoryIncomplete,
    Inbound,
    Outbound,
    Receipt,
    SentMessage,
)
from salespilots.ports.errors import BadSignature, Unsupported
from salespilots.ports.markers import hookimpl
from salespilots.ports.settings import PluginSettings, Secret, SettingsSchema
from salespilots.ports.webhook import WebhookRequest
from tests.support.shop import Shop


class FakeChannel:
    """Keeps what it sends; ``script`` holds what to do with the next sends: an error to raise, or a callable."""

    def __init__(self) -> None:
        self.sent: list[Outbound] = []
        self.script: list[Exception | Callable[[Outbound], None]] = []
        self.shown: list[SentMessage] | None = None
        self.profiles: dict[str, CustomerProfile | Exception] = {}
        self.asked: list[str] = []
        self.shows_all = True
        self.accepted_then_failed = False

    def send(self, message: Outbound) -> Receipt:
        if self.script:
            step = self.script.pop(0)
            if isinstance(step, Exception):
                if self.accepted_then_failed:
                    message.begin()
                    self.sent.append(message)
                raise step
            step(message)
        message.begin()
        self.sent.append(message)
        return Receipt(provider_ref=f"far-{len(self.sent)}")

    def profile(self, customer_ref: str) -> CustomerProfile:
        self.asked.append(customer_ref)
        told = self.profiles.get(customer_ref, CustomerProfile())
        if isinstance(told, Exception):
            raise told
        return told

    def history(self, customer_ref: str, *, since: datetime) -> Sequence[SentMessage]:
        if self.shown is None:
            raise Unsupported(provider="fake")
        if not self.shows_all:
            raise HistoryIncomplete(provider="fake", shown=self.shown)
        return self.shown

    def check(self) -> Health:
        return Health(ok=True, detail="fine")

    def texts(self) -> list[str]:
        """What was sent, as words."""
        return [getattr(one.content, "text", "[cards]") for one in self.sent]


SECRET = "fake-webhook-secret"


class FakeSettings(SettingsSchema):
    """Everything may stay empty; then its webhooks are refused."""

    secret = Secret(load_default="")


def signed(events: Sequence[dict[str, Any]], secret: str = SECRET) -> WebhookRequest:
    """A webhook of the fake provider."""
    body = json.dumps({"events": list(events)}).encode()
    return WebhookRequest(body=body, headers={"x-fake": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()})


class FakeWebhooks:
    """Events as JSON, signed with the shop's secret."""

    def __init__(self, settings: PluginSettings) -> None:
        self._secret = str(settings.get("secret", ""))

    def handshake(self, request: WebhookRequest) -> str | None:
        return None

    def verify(self, request: WebhookRequest) -> None:
        expected = hmac.new(self._secret.encode(), request.body, hashlib.sha256).hexdigest()
        given = request.header("x-fake").encode("utf-8", "replace")
        if not self._secret or not hmac.compare_digest(expected.encode(), given):
            raise BadSignature(provider="fake")

    def parse(self, request: WebhookRequest) -> Sequence[Inbound]:
        body = request.json()
        if not isinstance(body, dict) or "events" not in body:
            raise ValueError("not a webhook of the fake provider")
        return [
            Inbound(
                event_id=f"{one['ref']}:{one['kind']}", account_ref="acc", customer_ref=one["who"], message_ref=one["ref"],
                kind="message" if one["kind"] == "message" else "other", text=one["text"],
                sent_at=datetime.fromisoformat(one["at"]),
            )
            for one in body["events"]
        ]  # fmt: skip


class FakeChannelPlugin:
    """The plugin object to pass as ``extra``."""

    def __init__(self) -> None:
        self.channel = FakeChannel()

    def _build(self, settings: PluginSettings) -> FakeChannel:
        return self.channel

    @hookimpl
    def salespilots_channel_providers(self) -> list[ChannelProvider]:
        return [
            ChannelProvider(
                key="fake", label="Fake", settings=FakeSettings, build=self._build, webhooks=FakeWebhooks,
                capabilities=ChannelCapabilities(
                    reply_window=timedelta(hours=24), max_text_bytes=1000, echoes_own_messages=True, reads_history=True,
                    content=frozenset({"text", "image", "quick_replies", "product_cards"}),
                ),
            )
        ]  # fmt: skip


class FarSide:
    """Customers of one shop on the fake channel."""

    def __init__(self, shop: Shop, plugin: FakeChannelPlugin) -> None:
        self.shop, self.channel = shop, plugin.channel
        self._number = 0
        shop.world.services.connections.connect(shop.id, "fake", {})

    def event(self, kind: str = "message", text: str = "", who: str = "asha", **more: Any) -> Inbound:
        """One event as the plugin would parse it."""
        self._number += 1
        ref = more.pop("message_ref", f"in-{who}-{self._number}")
        return Inbound(
            event_id=more.pop("event_id", f"{ref}:{kind}"), account_ref="acc", customer_ref=who, kind=kind,
            sent_at=more.pop("sent_at", self.shop.world.clock.now()), message_ref=ref, text=text, **more,
        )  # fmt: skip

    def deliver(self, *events: Inbound, settle: bool = True) -> int:
        """Take events in; returns how many were new."""
        new = self.shop.world.services.inbox.keep_channel("fake", list(events), self.shop.id)
        if settle:
            self.shop.world.settle()
        return new

    def say(self, text: str, who: str = "asha", **more: Any) -> list[str]:
        """A customer writes; returns what was sent because of it."""
        before = len(self.channel.sent)
        self.deliver(self.event("message", text, who, **more))
        return self.channel.texts()[before:]

    def chat(self, who: str = "asha") -> Any:
        """The conversation."""
        lane = f"fake:acc:{who}"
        rows = [one.conversation for one in self.shop.world.services.conversations.page(self.shop.id, limit=200).items]
        return next(one for one in rows if one.lane == lane)

    def messages(self, who: str = "asha") -> list[Any]:
        """All messages of the chat."""
        return self.shop.world.services.conversations.messages(self.shop.id, self.chat(who).id, limit=200)
