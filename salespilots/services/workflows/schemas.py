"""The shape of a workflow definition, checked before its meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from salespilots.domain.errors import InvalidInput
from salespilots.domain.workflow import BRANCHES, modernised
from salespilots.services.core import Providers

STEP_ID = r"^[A-Za-z0-9_-]{1,40}$"


class TriggerShape(Schema):
    """``{"kind": ..., "settings": {...}}``."""

    class Meta:
        unknown = RAISE

    kind = fields.Str(required=True, validate=validate.Length(1, 60))
    settings = fields.Dict(keys=fields.Str(), load_default=dict)


class StepShape(Schema):
    """A step with its branches."""

    class Meta:
        unknown = RAISE

    id = fields.Str(required=True, validate=validate.Regexp(STEP_ID))
    kind = fields.Str(required=True, validate=validate.Length(1, 60))
    settings = fields.Dict(keys=fields.Str(), load_default=dict)


for _branch in BRANCHES:
    StepShape._declared_fields[_branch] = fields.Str(allow_none=True, validate=validate.Regexp(STEP_ID))


class DefinitionShape(Schema):
    """The whole definition."""

    class Meta:
        unknown = RAISE

    format = fields.Int(load_default=1, strict=True, validate=validate.Equal(1))
    trigger = fields.Nested(TriggerShape, required=True)
    steps = fields.List(fields.Nested(StepShape), required=True, validate=validate.Length(0, 60))


def load_definition(given: Any, registry: Providers) -> dict[str, Any]:
    """A definition of the right shape, in today's words, with each trigger's and step's settings checked.

    Raises `InvalidInput` with the place of each problem.
    """
    if not isinstance(given, Mapping):
        raise InvalidInput({"definition": ["A definition is an object with trigger and steps."]})
    if not isinstance(given.get("steps", []), list) or not isinstance(given.get("trigger", {}), Mapping):
        raise InvalidInput({"definition": ["trigger is an object and steps is a list."]})
    try:
        definition: dict[str, Any] = DefinitionShape().load(modernised(dict(given)))
    except ValidationError as error:
        raise InvalidInput({"definition": _flat(error.normalized_messages())}) from None
    problems: list[str] = []
    trigger = registry.triggers.find(definition["trigger"]["kind"])
    if trigger is not None:
        problems += _settings_problems("When", trigger.settings, definition["trigger"]["settings"])
    for step in definition["steps"]:
        action = registry.actions.find(step["kind"])
        if action is not None:
            problems += _settings_problems(f"Step {step['id']}", action.settings, step["settings"])
    if problems:
        raise InvalidInput({"definition": problems})
    return definition


def _settings_problems(where: str, schema: Any, settings: Mapping[str, Any]) -> list[str]:
    errors = schema().validate(settings)
    return [f"{where}: {name}: {' '.join(map(str, _flat(texts)))}" for name, texts in errors.items()]


def _flat(messages: Any, path: str = "") -> list[str]:
    if isinstance(messages, Mapping):
        return [one for name, inner in messages.items() for one in _flat(inner, f"{path}{name}: ")]
    if isinstance(messages, list):
        return [one for inner in messages for one in _flat(inner, path)]
    return [f"{path}{messages}"]
