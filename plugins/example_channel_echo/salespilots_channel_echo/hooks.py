"""Nothing but hook implementations: what this plugin adds to SalesPilots."""

from __future__ import annotations

from collections.abc import Sequence

from salespilots.ports.channel import ChannelProvider
from salespilots.ports.markers import hookimpl
from salespilots_channel_echo.adapter import CAPABILITIES, EchoChannel, EchoWebhooks
from salespilots_channel_echo.settings import EchoSettings

PROVIDER = ChannelProvider(
    key="echo",
    label="Echo",
    capabilities=CAPABILITIES,
    settings=EchoSettings,
    build=EchoChannel.from_settings,
    webhooks=EchoWebhooks.from_settings,
    account_field="account",
    summary="The example of the plugin guide: a message service that exists on your own machine only.",
)


@hookimpl
def salespilots_channel_providers() -> Sequence[ChannelProvider]:
    """The echo channel."""
    return [PROVIDER]
