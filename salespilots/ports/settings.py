"""How a plugin declares the settings of a shop: one marshmallow schema, used by form, command line and API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import RAISE, Schema, fields


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
