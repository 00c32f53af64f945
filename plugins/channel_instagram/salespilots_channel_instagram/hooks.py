"""What this plugin adds to SalesPilots."""

from __future__ import annotations

from collections.abc import Sequence

from salespilots.ports.channel import Channel, ChannelProvider
from salespilots.ports.markers import hookimpl
from salespilots.ports.settings import PluginSettings
from salespilots_channel_instagram.settings import InstagramInstance, InstagramSettings
from salespilots_channel_instagram.webhooks import InstagramWebhooks
from salespilots_channel_instagram.wire import CAPABILITIES


def build(settings: PluginSettings) -> Channel:
    """The adapter; its HTTP library is loaded with the first shop that connects."""
    from salespilots_channel_instagram.adapter import InstagramChannel

    return InstagramChannel.from_settings(settings)


PROVIDER = ChannelProvider(
    key="instagram",
    label="Instagram",
    capabilities=CAPABILITIES,
    settings=InstagramSettings,
    build=build,
    webhooks=InstagramWebhooks.from_settings,
    instance_settings=InstagramInstance,
    account_field="account_id",
    chat_link="https://ig.me/m/{username}",
    summary="Direct messages of an Instagram professional account.",
)


@hookimpl
def salespilots_channel_providers() -> Sequence[ChannelProvider]:
    """The Instagram channel."""
    return [PROVIDER]
