"""A shop's key, model and budget."""

from __future__ import annotations

from marshmallow import fields, validate

from salespilots.ports.settings import Secret, SettingsSchema


class OpenAiSettings(SettingsSchema):
    """No model is preset: names change with every season."""

    api_key = Secret(
        required=True,
        validate=validate.Length(min=1, max=500),
        metadata={"label": "API key", "help": "From platform.openai.com, API keys."},
    )
    model = fields.Str(
        required=True,
        validate=validate.Length(min=1, max=100),
        metadata={"label": "Model", "help": "A chat model your key may use, by its exact name."},
    )
    base_url = fields.Str(
        load_default="",
        validate=validate.Regexp(r"^$|^https?://[^/\s?#@]+(/[^\s?#]*)?$", error="Like https://models.example.com/v1"),
        metadata={
            "label": "Address of another server",
            "help": "Only for a compatible server, with /v1. A private address needs the operator's permission.",
            "advanced": True,
        },
    )
    daily_budget_paise = fields.Int(
        load_default=None,
        allow_none=True,
        validate=validate.Range(min=0, max=100_000_00),
        metadata={
            "label": "Most a day, in paise",
            "help": "When it is used up the built-in rules answer.",
            "advanced": True,
        },
    )
