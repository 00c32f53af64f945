"""Steps about the customer: tag, remember."""

from __future__ import annotations

from marshmallow import fields, validate

from salespilots.ports.extensions import ActionContext, ActionType, AddTag, Advance, SetCustomer
from salespilots.ports.settings import SettingsSchema


class TagSettings(SettingsSchema):
    """Which tag."""

    tag = fields.Str(required=True, validate=validate.Length(1, 40), metadata={"label": "Tag"})


class SetSettings(SettingsSchema):
    """Which profile field gets which remembered answer."""

    field = fields.Str(
        required=True, validate=validate.OneOf(["name", "phone", "line1", "line2", "city", "state", "pincode"]),
        metadata={"label": "Field"},
    )  # fmt: skip
    value_of = fields.Str(required=True, validate=validate.Length(1, 40), metadata={"label": "Answer saved as"})


def _tag(context: ActionContext) -> Advance:
    tag = context.settings["tag"]
    return Advance(effects=(AddTag(tag=tag),), reason=f"Tagged {tag}")


def _set(context: ActionContext) -> Advance:
    value = context.data.get(context.settings["value_of"])
    effects = (SetCustomer(values={context.settings["field"]: value}),) if value else ()
    return Advance(effects=effects, reason=f"Kept the {context.settings['field']}")


ACTIONS = (
    ActionType(
        key="customer.tag", label="Tag the customer", settings=TagSettings, run=_tag, tone="tag",
        sentence=lambda settings: f"Tag the customer “{settings.get('tag', '')}”",
    ),
    ActionType(
        key="customer.set", label="Remember an answer", settings=SetSettings, run=_set, tone="tag",
        sentence=lambda settings: f"Keep the customer's {settings.get('field', '')}",
    ),
)  # fmt: skip
