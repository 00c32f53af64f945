"""What this plugin adds to SalesPilots."""

from __future__ import annotations

from collections.abc import Sequence

from salespilots.ports.channel import ChannelProvider
from salespilots.ports.markers import hookimpl
from salespilots_channel_instagram.adapter import CAPABILITIES, InstagramChannel
from salespilots_channel_instagram.settings import InstagramInstance, InstagramSettings
from salespilots_channel_instagram.webhooks import InstagramWebhooks

PROVIDER = ChannelProvider(
    key="instagram",
    label="Instagram",
    capabilities=CAPABILITIES,
    settings=InstagramSettings,
    build=InstagramChannel.from_settings,
    webhooks=InstagramWebhooks.from_settings,
    instance_settings=InstagramInstance,
    account_field="account_id",
    summary="Direct messages of an Instagram professional account.",
)


@hookimpl
def salespilots_channel_providers() -> Sequence[ChannelProvider]:
    """The Instagram channel."""
    return [PROVIDER]
