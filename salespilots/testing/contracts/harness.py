"""What every provider's harness has: how to build the provider, how to break it, what must stay secret."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest


@dataclass(kw_only=True)
class Harness:
    """How a suite reaches one provider.

    ``break_with(kind, **options)`` makes the next call go wrong; ``can`` lists the kinds it knows.
    ``limit``: seconds within which a call to a silent provider must give up (lower the plugin's limit in the fixture); a
    stand-in is silent for thirty, and a busy machine takes its time.
    """

    provider: Any
    settings: dict[str, Any]
    instance: dict[str, Any] = field(default_factory=dict)
    break_with: Callable[..., None] | None = None
    can: frozenset[str] = frozenset()
    limit: float = 15.0
    allow_private_urls: bool = True

    def plugin_settings(self, **changed: Any) -> Any:
        """The `PluginSettings`; ``changed`` replaces values of settings or instance by name."""
        from salespilots.ports.settings import PluginSettings

        instance = {name: changed.get(name, value) for name, value in self.instance.items()}
        others = {name: value for name, value in changed.items() if name in self.settings or name not in instance}
        return PluginSettings(
            provider=self.provider.key, business_id="biz_contract", values={**self.settings, **others},
            instance=instance, base_url="https://shop.example", allow_private_urls=self.allow_private_urls,
        )  # fmt: skip

    def webhooks(self, **changed: Any) -> Any:
        """The incoming side."""
        if self.provider.webhooks is None:
            pytest.skip("no webhooks")
        return self.provider.webhooks(self.plugin_settings(**changed))

    def breaks(self, kind: str, **options: Any) -> None:
        """Script a failure, or skip the test when this provider cannot have it."""
        if self.break_with is None or kind not in self.can:
            pytest.skip(f"this provider has no {kind}")
        self.break_with(kind, **options)

    def secrets(self) -> list[str]:
        """Every secret value in play."""
        from salespilots.ports.settings import secret_names

        found = [str(self.settings[name]) for name in secret_names(self.provider.settings) if self.settings.get(name)]
        instance_settings = getattr(self.provider, "instance_settings", None)
        if instance_settings is not None:
            names = secret_names(instance_settings)
            found += [str(self.instance[name]) for name in names if self.instance.get(name)]
        return found
