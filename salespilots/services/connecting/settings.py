"""A provider's settings as they come: of the installation from the environment, of a shop from a form or a command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError

from salespilots.domain.errors import InvalidInput
from salespilots.ports.settings import Secret, SettingsSchema, secret_names


def variable(provider: Any, name: str) -> str:
    """The environment variable of a provider's setting for the whole installation."""
    return f"SALESPILOTS_{provider.key}_{name}".upper()


def instance_settings(environ: Mapping[str, str], provider: Any) -> dict[str, Any]:
    """A provider's settings of the whole installation, checked. Raises `InvalidInput` naming the variable."""
    schema_type = getattr(provider, "instance_settings", None)
    if schema_type is None:
        return {}
    try:
        return schema_type().load(_given(environ, provider))
    except ValidationError as error:
        name, texts = sorted(error.normalized_messages().items())[0]
        raise InvalidInput({variable(provider, name): texts}) from None


def instance_problems(environ: Mapping[str, str], provider: Any) -> dict[str, list[str]]:
    """What is wrong with the provider's variables that are set: variable to sentences."""
    schema_type = getattr(provider, "instance_settings", None)
    given = _given(environ, provider)
    wrong = schema_type().validate(given) if schema_type is not None else {}
    secrets = secret_names(schema_type) if schema_type is not None else ()
    found = {}
    for name, texts in sorted(wrong.items()):
        if name in given:
            got = "" if name in secrets else f"got {given[name]!r}. "
            found[variable(provider, name)] = [got + " ".join(map(str, texts))]
    return found


def _given(environ: Mapping[str, str], provider: Any) -> dict[str, str]:
    schema_type = getattr(provider, "instance_settings", None)
    names = schema_type().fields if schema_type is not None else ()
    values = {name: environ.get(variable(provider, name), "") for name in names}
    return {name: value for name, value in values.items() if value.strip()}


def merged(schema_type: type[SettingsSchema], stored: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Stored settings with what was given now, checked. A blank secret keeps what is stored, a blank of an optional field
    takes it away. Raises `InvalidInput` by field."""
    schema, values = schema_type(), dict(stored)
    for name, value in given.items():
        one = schema.fields.get(name)
        if isinstance(one, Secret) and (value is None or value == ""):
            continue
        if isinstance(value, str) and not isinstance(one, Secret):
            value = value.strip()
        if value == "" and one is not None and not one.required:
            values.pop(name, None)
            continue
        values[name] = value
    try:
        return schema.load(values)
    except ValidationError as error:
        raise InvalidInput(error.normalized_messages()) from None
