"""What a shop fills in. The form, the command line and the API are made from this schema."""

from __future__ import annotations

from marshmallow import fields, validate

from salespilots.ports.settings import Secret, SettingsSchema


class EchoSettings(SettingsSchema):
    """One account at the echo service."""

    account = fields.Str(
        required=True,
        validate=validate.Regexp(r"^[a-z0-9-]{2,40}$"),
        metadata={"label": "Account", "help": "Small letters, digits and hyphens."},
    )
    base_url = fields.Str(
        required=True,
        validate=validate.Regexp(r"^https?://[^/\s]+$"),
        metadata={"label": "Address", "help": "For example http://127.0.0.1:9000"},
    )
    secret = Secret(
        required=True,
        validate=validate.Length(min=1),
        metadata={"label": "Secret", "help": "Sent with each message, and signs what comes in."},
    )
