"""How a plugin declares the settings of a shop: one marshmallow schema, used by form, command line and API."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields


class SettingsSchema(Schema):
    """Base of every settings schema. Unknown keys are refused. ``metadata``: label, help, advanced."""

    class Meta:
        unknown = RAISE


class NoSettings(SettingsSchema):
    """For providers that need none."""


class Secret(fields.String):
    """A string that can be written and never read back; a blank form field keeps what is stored."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(load_only=True, **kwargs)


_CODE = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|\$\{|<%|%\([^)]{0,40}\)[a-z]|\{\d*\}|\{[^{}\s]{0,60}[.\[!:][^{}]{0,200}\}")
_PLACEHOLDER = re.compile(r"\{([a-z_]{1,30})\}")


class Words(fields.String):
    """What a customer is told: plain words in which ``{price}`` and the like stand for values. Anything that looks like a
    template language or a format string is refused: placeholders are looked up, never evaluated."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        text = super()._deserialize(value, attr, data, **more)
        found = _CODE.search(text[:20_000]) if isinstance(text, str) else None
        if found:
            raise ValidationError(f"{found[0][:30]} is no placeholder. Write {{product}}, {{price}} and the like.")
        return text


def placeholders(text: str) -> tuple[str, ...]:
    """The names that a text asks for, in order."""
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(text)))


def words_in(schema: type[Schema], settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(field, text) of everything a customer may be told by these settings."""
    for name, one in schema().fields.items():
        value = settings.get(one.data_key or name)
        inner = one.inner if isinstance(one, fields.List) else one
        for part in value if isinstance(value, list) else [value]:
            if isinstance(inner, Words) and isinstance(part, str):
                yield name, part
            elif isinstance(inner, fields.Nested) and isinstance(part, Mapping):
                for below, text in words_in(type(inner.schema), part):
                    yield f"{name}.{below}", text


def secret_names(schema: type[SettingsSchema]) -> tuple[str, ...]:
    """The names of a schema's secret fields."""
    return tuple(name for name, one in schema().fields.items() if isinstance(one, Secret))


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginSettings:
    """What a provider's ``build`` gets: the values of its schema, and what it may need of the instance.

    ``instance``: the values of ``instance_settings`` (read from the environment). ``base_url``: the public
    address of this installation. ``repr`` shows no value.
    """

    provider: str
    business_id: str
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    instance: Mapping[str, Any] = field(default_factory=dict, repr=False)
    base_url: str = ""
    allow_private_urls: bool = False

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def get(self, name: str, default: Any = None) -> Any:
        """A value, or ``default``."""
        value = self.values.get(name)
        return default if value is None else value
