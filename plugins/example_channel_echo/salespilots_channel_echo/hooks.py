"""Nothing but hook implementations: what this plugin adds to SalesPilots."""

from __future__ import annotations

from collections.abc import Sequence

from salespilots.ports.channel import ChannelProvider
from salespilots.ports.extensions import ActionType, TriggerType
from salespilots.ports.markers import hookimpl
from salespilots_channel_echo.adapter import CAPABILITIES, EchoChannel, EchoWebhooks
from salespilots_channel_echo.settings import EchoSettings
from salespilots_channel_echo.steps import REPEAT, SHOUTED

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


@hookimpl
def salespilots_workflow_triggers() -> Sequence[TriggerType]:
    """A way to start a workflow."""
    return [SHOUTED]


@hookimpl
def salespilots_workflow_actions() -> Sequence[ActionType]:
    """A step."""
    return [REPEAT]
