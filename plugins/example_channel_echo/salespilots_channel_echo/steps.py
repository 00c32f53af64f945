"""A trigger and a step of the plugin's own, as the plugin guide explains them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from salespilots.ports.channel import Text
from salespilots.ports.extensions import ActionContext, ActionType, Advance, SendMessage, TriggerFact, TriggerType
from salespilots.ports.settings import SettingsSchema, Words


class ShoutSettings(SettingsSchema):
    """How many capital letters in a row are shouting."""

    letters = fields.Int(
        load_default=5,
        validate=validate.Range(3, 50),
        metadata={"label": "Capital letters", "help": "At least so many."},
    )


def _shouts(settings: Mapping[str, Any], fact: TriggerFact) -> str | None:
    letters = [one for one in fact.text if one.isalpha()]
    loud = len(letters) >= int(settings.get("letters", 5)) and all(one.isupper() for one in letters)
    return "written in capital letters" if loud else None


class EchoStepSettings(SettingsSchema):
    """What is said around the customer's own words."""

    before = Words(
        load_default="I hear you, {customer}:", validate=validate.Length(1, 200),
        metadata={"label": "Say first", "widget": "message"},
    )  # fmt: skip
    times = fields.Int(load_default=1, validate=validate.Range(1, 3), metadata={"label": "How often"})


def _echo(context: ActionContext) -> Advance:
    first = (context.customer.name or "friend").split(" ")[0]
    words = context.settings["before"].replace("{customer}", first)
    text = " ".join([words, *[context.message[:200].lower()] * context.settings["times"]])
    return Advance(effects=(SendMessage(content=Text(text=text)),), reason="Said it back")


SHOUTED = TriggerType(
    key="echo.shouted", label="Somebody shouts", settings=ShoutSettings, event_types=("message.received",),
    matches=_shouts, misses=lambda settings, fact: "It is not written in capital letters.",
    sentence=lambda settings: f"A customer writes {settings.get('letters', 5)} or more capital letters",
)  # fmt: skip
REPEAT = ActionType(
    key="echo.repeat", label="Say it back", settings=EchoStepSettings, run=_echo, sends=True, reads_message="never",
    sentence=lambda settings: "Say the customer's words back to them",
)  # fmt: skip
