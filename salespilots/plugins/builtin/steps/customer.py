"""Steps about the customer: tags, fields of the shop's own, what they answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import fields, validate

from salespilots.plugins.builtin.steps.wording import fill
from salespilots.ports.extensions import ActionContext, ActionType, AddTag, Advance, RemoveTag, SetCustomer, SetField
from salespilots.ports.settings import SettingsSchema, Words

PROFILE = {
    "name": "Name", "phone": "Phone", "line1": "Address", "line2": "Second line", "city": "City", "state": "State",
    "pincode": "Pincode",
}  # fmt: skip


class TagSettings(SettingsSchema):
    """Which tag."""

    tag = fields.Str(required=True, validate=validate.Length(1, 40), metadata={"label": "Tag", "widget": "tag"})


class SetSettings(SettingsSchema):
    """Which profile field gets which remembered answer."""

    field = fields.Str(
        required=True, validate=validate.OneOf(list(PROFILE)), metadata={"label": "Field", "choices": PROFILE}
    )
    value_of = fields.Str(required=True, validate=validate.Length(1, 40), metadata={"label": "Answer saved as"})


class FieldSettings(SettingsSchema):
    """A field of the shop's own, and what is written into it."""

    name = fields.Str(
        required=True, validate=validate.Regexp(r"^[a-z0-9_]{1,40}$", error="Small letters, digits and _ only."),
        metadata={"label": "Field", "help": "For example birthday or shoe_size."},
    )  # fmt: skip
    value = Words(
        load_default="", validate=validate.Length(max=300),
        metadata={"label": "Value", "help": "Empty: the field is taken off.", "widget": "line"},
    )  # fmt: skip


def _tag(context: ActionContext) -> Advance:
    tag = context.settings["tag"]
    return Advance(effects=(AddTag(tag=tag),), reason=f"Tagged {tag}")


def _untag(context: ActionContext) -> Advance:
    tag = context.settings["tag"]
    return Advance(effects=(RemoveTag(tag=tag),), reason=f"Took the tag {tag} off")


OF_THE_RUN = frozenset(
    {"trigger", "intent", "language", "comment_ref", "comment_id", "order_id", "product_id", "variant_id"}
)
"""What a run remembers for itself: no answer of the customer."""


def _set(context: ActionContext) -> Advance:
    name = context.settings["value_of"]
    value = context.data.get(name) if name not in OF_THE_RUN else None
    value = value if isinstance(value, (str, int)) and not isinstance(value, bool) else None
    effects = (SetCustomer(values={context.settings["field"]: value}),) if value else ()
    return Advance(effects=effects, reason=f"Kept the {context.settings['field']}")


def _field(context: ActionContext) -> Advance:
    name, value = context.settings["name"], fill(context.settings["value"], context)
    return Advance(effects=(SetField(name=name, value=value),), reason=f"{'Wrote' if value else 'Took off'} {name}")


def _with(text: str, name: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda settings: text.replace("{}", str(settings.get(name, "")))


ACTIONS = (
    ActionType(
        key="customer.tag", label="Tag the customer", settings=TagSettings, run=_tag, tone="tag",
        sentence=_with("Tag the customer “{}”", "tag"), label_hi="टैग लगाना", sentence_hi=_with("ग्राहक को टैग “{}” दें", "tag"),
    ),
    ActionType(
        key="customer.untag", label="Take a tag off", settings=TagSettings, run=_untag, tone="tag",
        sentence=_with("Take the tag “{}” off", "tag"), label_hi="टैग हटाना", sentence_hi=_with("टैग “{}” हटाएँ", "tag"),
    ),
    ActionType(
        key="customer.set", label="Remember an answer", settings=SetSettings, run=_set, tone="tag",
        sentence=_with("Keep the customer's {}", "field"), label_hi="जवाब याद रखना",
        sentence_hi=_with("ग्राहक का {} याद रखें", "field"),
    ),
    ActionType(
        key="customer.field", label="Set a field", settings=FieldSettings, run=_field, tone="tag",
        sentence=lambda settings: (
            f"Write “{settings['value']}” into {settings.get('name', '')}" if settings.get("value")
            else f"Take the field {settings.get('name', '')} off"
        ),
        label_hi="फ़ील्ड भरना", sentence_hi=_with("ग्राहक का फ़ील्ड {} भरें", "name"),
    ),
)  # fmt: skip
