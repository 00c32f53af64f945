"""The practice channel: a chat box in the browser and in the terminal. Nothing leaves the installation."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from salespilots.ports.channel import (
    ChannelCapabilities,
    ChannelProvider,
    CustomerProfile,
    Health,
    Outbound,
    Receipt,
    SentMessage,
)
from salespilots.ports.errors import Unsupported
from salespilots.ports.markers import hookimpl
from salespilots.ports.settings import NoSettings, PluginSettings

CAPABILITIES = ChannelCapabilities(
    reply_window=timedelta(hours=24),  # as the real channel, so that practice shows what will happen
    max_text_bytes=1000,
    content=frozenset({"text", "image", "quick_replies", "product_cards"}),
    echoes_own_messages=False,
)


class PracticeChannel:
    """Takes every message: the chat page reads the shop's own message rows."""

    @classmethod
    def from_settings(cls, settings: PluginSettings) -> PracticeChannel:
        """Needs none."""
        return cls()

    def send(self, message: Outbound) -> Receipt:
        """The same key gives the same reference."""
        message.begin()
        digest = hashlib.sha256(f"{message.recipient_ref}:{message.idempotency_key}".encode()).hexdigest()
        return Receipt(provider_ref=f"practice-{digest[:32]}")

    def profile(self, customer_ref: str) -> CustomerProfile:
        """Practice customers bring their name along."""
        return CustomerProfile()

    def history(self, customer_ref: str, *, since: datetime) -> Sequence[SentMessage]:
        """There is no other side to read."""
        raise Unsupported(provider="practice")

    def check(self) -> Health:
        """Always there."""
        return Health(ok=True, detail="Practice works without any account.")


@hookimpl
def salespilots_channel_providers() -> Sequence[ChannelProvider]:
    """The practice channel."""
    return [
        ChannelProvider(
            key="practice",
            label="Practice chat",
            summary="Play a customer in the chat simulator. Nothing leaves this shop.",
            capabilities=CAPABILITIES,
            settings=NoSettings,
            build=PracticeChannel.from_settings,
        )
    ]
