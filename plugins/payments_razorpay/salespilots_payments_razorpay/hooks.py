"""What this plugin adds to SalesPilots."""

from __future__ import annotations

from collections.abc import Sequence

from salespilots.ports.markers import hookimpl
from salespilots.ports.payments import Payments, PaymentsProvider
from salespilots.ports.settings import PluginSettings
from salespilots_payments_razorpay.settings import RazorpayInstance, RazorpaySettings, is_test_key
from salespilots_payments_razorpay.webhooks import EVENTS, RazorpayWebhooks


def build(settings: PluginSettings) -> Payments:
    """The adapter; the SDK is loaded with the first shop that connects."""
    from salespilots_payments_razorpay.adapter import RazorpayPayments

    return RazorpayPayments.from_settings(settings)


PROVIDER = PaymentsProvider(
    key="razorpay",
    label="Razorpay",
    settings=RazorpaySettings,
    build=build,
    webhooks=RazorpayWebhooks.from_settings,
    is_test=lambda values: is_test_key(str(values.get("key_id") or "")),
    instance_settings=RazorpayInstance,
    webhook_events=EVENTS,
    summary="UPI, cards and net banking by payment link; the money goes straight to your own Razorpay account.",
)


@hookimpl
def salespilots_payments_providers() -> Sequence[PaymentsProvider]:
    """Razorpay."""
    return [PROVIDER]
