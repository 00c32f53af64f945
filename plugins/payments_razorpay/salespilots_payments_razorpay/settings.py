"""A shop's Razorpay account, and the address of Razorpay itself."""

from __future__ import annotations

from marshmallow import fields, validate

from salespilots.ports.settings import Secret, SettingsSchema


class RazorpaySettings(SettingsSchema):
    """Each shop enters its own keys; there is no account in between."""

    key_id = fields.Str(
        required=True,
        validate=validate.Regexp(r"^[A-Za-z0-9_]{3,64}$", error="Like rzp_live_…, or rzp_test_… to try."),
        metadata={"label": "Key id", "help": "Razorpay dashboard, Account and settings, API keys."},
    )
    key_secret = Secret(
        required=True,
        validate=validate.Length(min=1, max=200),
        metadata={"label": "Key secret", "help": "Shown once when the key is generated."},
    )
    webhook_secret = Secret(
        required=True,
        validate=validate.Length(min=1, max=200),
        metadata={"label": "Webhook secret", "help": "Any words of your own; the same in Razorpay's webhook form."},
    )
    webhook_secret_previous = Secret(
        validate=validate.Length(max=200),
        metadata={
            "label": "Previous webhook secret",
            "help": "After a change of the secret keep the old one here for a day: repeats still carry it.",
            "advanced": True,
        },
    )


class RazorpayInstance(SettingsSchema):
    """For the whole installation."""

    url = fields.Str(
        load_default="https://api.razorpay.com",
        validate=validate.Regexp(r"^https?://[^/\s]+/?$", error="Scheme, host and port only."),
    )


def is_test_key(key_id: str) -> bool:
    """Whether these are keys of Razorpay's test mode (razorpay.com/docs/payments/dashboard/account-settings/api-keys)."""
    return key_id.startswith("rzp_test_")
