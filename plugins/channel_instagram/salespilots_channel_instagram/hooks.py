"""What this plugin adds to SalesPilots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from salespilots.ports.channel import Channel, ChannelProvider
from salespilots.ports.channel_account import ChannelLogin, MenuLimits
from salespilots.ports.markers import hookimpl
from salespilots.ports.settings import PluginSettings
from salespilots_channel_instagram.settings import InstagramInstance, InstagramSettings
from salespilots_channel_instagram.webhooks import InstagramWebhooks
from salespilots_channel_instagram.wire import CAPABILITIES


def build(settings: PluginSettings) -> Channel:
    """The adapter; its HTTP library is loaded with the first shop that connects."""
    from salespilots_channel_instagram.account import InstagramAccount

    return InstagramAccount.from_settings(settings)


def login(settings: PluginSettings) -> ChannelLogin:
    """Signing in with the installation's Meta app."""
    from salespilots_channel_instagram.login import InstagramLogin

    return InstagramLogin.from_settings(settings)


MENU = MenuLimits(questions=4, question_length=80, entries=5, entry_length=30)
"""Meta, "Ice Breakers" and "Persistent Menu"; how long a title may be is not said."""


PROVIDER = ChannelProvider(
    key="instagram",
    label="Instagram",
    capabilities=replace(CAPABILITIES, account=frozenset({"diagnose", "subscribe", "renew"}), menu=MENU),
    settings=InstagramSettings,
    build=build,
    webhooks=InstagramWebhooks.from_settings,
    instance_settings=InstagramInstance,
    login=login,
    account_field="account_id",
    chat_link="https://ig.me/m/{username}",
    summary="Direct messages of an Instagram professional account.",
)


@hookimpl
def salespilots_channel_providers() -> Sequence[ChannelProvider]:
    """The Instagram channel."""
    return [PROVIDER]
