"""Settings of a shop's account, and of the Meta app that this installation uses."""

from __future__ import annotations

from marshmallow import fields, validate

from salespilots.ports.settings import Secret, SettingsSchema

_HOST = validate.Regexp(r"^https?://[^/\s]+/?$", error="Scheme, host and port only, like https://graph.instagram.com")


class InstagramSettings(SettingsSchema):
    """One professional account."""

    account_id = fields.Str(
        required=True,
        validate=validate.Regexp(r"^[0-9]{3,30}$", error="Digits only, like 17841400000000000."),
        metadata={
            "label": "Instagram account id",
            "help": "The professional account id (17841…) that Meta's dashboard shows beside the account.",
        },
    )
    access_token = Secret(
        required=True,
        validate=validate.Length(min=1, max=2000),
        metadata={"label": "Access token", "help": "Generated in Meta's dashboard for this account; lasts 60 days."},
    )
    username = fields.Str(
        load_default="",
        validate=validate.Length(max=100),
        metadata={"label": "User name", "help": "Shown on your pages only.", "advanced": True},
    )


class InstagramInstance(SettingsSchema):
    """The Meta app. All optional: without a secret every webhook is refused, the rest of the product works."""

    app_id = fields.Str(
        load_default="",
        validate=validate.Regexp(r"^[0-9]{3,30}$", error="Digits only."),
        metadata={"label": "Instagram app id"},
    )
    app_secret = Secret(
        load_default="",
        metadata={"label": "App secret", "help": "One, or several with commas between them: any may have signed."},
    )
    verify_token = Secret(load_default="", metadata={"label": "Verify token of the webhook"})
    graph_url = fields.Str(load_default="https://graph.instagram.com", validate=_HOST)
    api_url = fields.Str(load_default="https://api.instagram.com", validate=_HOST)
    login_url = fields.Str(load_default="https://www.instagram.com", validate=_HOST)
