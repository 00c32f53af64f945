"""The shape of a workflow definition, checked before its meaning."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from salespilots.domain.errors import InvalidInput
from salespilots.domain.workflow import BRANCHES, MAX_STEPS, modernised
from salespilots.domain.workflow_problems import KindOfStep, structure_of
from salespilots.services.core import Core, Providers

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


MAX_BYTES = 200_000
"""Of a definition as JSON."""


def kinds_of(registry: Providers) -> dict[str, KindOfStep]:
    """What is known of every kind of step that is installed."""
    return {
        one.key: KindOfStep(
            key=one.key, exits=frozenset(one.exits), sends=one.sends, waits=one.waits or one.answers is not None,
            ends=one.ends,
        )
        for one in registry.actions.all()
    }  # fmt: skip


def load_definition(given: Any, core: Core, *, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A definition of the right shape, in today's words, with each trigger's and step's settings checked. ``before``: what is
    stored; a step that is as it was there is not checked again, so that what an older release took can be mended step by
    step.

    Raises `InvalidInput` with the place of each problem.
    """
    if not isinstance(given, Mapping):
        raise InvalidInput({"definition": ["A definition is an object with trigger and steps."]})
    if not isinstance(given.get("steps", []), list) or not isinstance(given.get("trigger", {}), Mapping):
        raise InvalidInput({"definition": ["trigger is an object and steps is a list."]})
    if len(given.get("steps", [])) > MAX_STEPS:
        raise InvalidInput({"definition": [f"At most {MAX_STEPS} steps."]})
    if _size(given) > MAX_BYTES:
        raise InvalidInput({"definition": [f"At most {MAX_BYTES // 1000} kB in all."]})
    try:
        definition: dict[str, Any] = DefinitionShape().load(modernised(dict(given)))
    except ValidationError as error:
        raise InvalidInput({"definition": _flat(error.normalized_messages())}) from None
    registry = core.registry
    structure = structure_of(definition, triggers=registry.triggers.keys(), kinds=kinds_of(registry))
    problems = [one.sentence for one in structure]
    kept = {one.get("id"): one for one in (before or {}).get("steps") or []}
    trigger = registry.triggers.find(definition["trigger"]["kind"])
    if trigger is not None and definition["trigger"] != (before or {}).get("trigger"):
        found = settings_problems(core, trigger.settings, definition["trigger"]["settings"])
        problems += [f"When: {one}" for one in found]
    for step in definition["steps"]:
        action = registry.actions.find(step["kind"])
        if action is not None and step != kept.get(step["id"]):
            found = settings_problems(core, action.settings, step["settings"])
            problems += [f"Step {step['id']}: {one}" for one in found]
    if problems:
        raise InvalidInput({"definition": problems})
    return definition


def _size(given: Any) -> int:
    """Bytes as JSON; more than is allowed for what has no such form."""
    try:
        return len(json.dumps(given, ensure_ascii=False).encode("utf-8", "replace"))
    except (TypeError, ValueError, RecursionError):
        return MAX_BYTES + 1


def settings_problems(core: Core, schema: type[Schema], settings: Mapping[str, Any]) -> list[str]:
    """What is wrong with the settings of a trigger or step, with the field."""
    try:
        errors = schema().validate(dict(settings))
    except RecursionError:
        return ["its settings are nested too deeply."]
    found = [f"{name}: {' '.join(map(str, _flat(texts)))}" for name, texts in errors.items()]
    for name, one in schema().fields.items():
        address = settings.get(one.data_key or name)
        if one.metadata.get("widget") == "address" and isinstance(address, str) and core.fetcher.refuses(address):
            found.append(f"{name}: This address cannot be called: only public https addresses can.")
    return list(dict.fromkeys(found))


def _flat(messages: Any, path: str = "") -> list[str]:
    if isinstance(messages, Mapping):
        return [one for name, inner in messages.items() for one in _flat(inner, f"{path}{name}: ")]
    if isinstance(messages, list):
        return [one for inner in messages for one in _flat(inner, path)]
    return [f"{path}{messages}"]
