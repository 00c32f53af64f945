"""Typed look-up of what the plugins registered: one unique key per provider, trigger and action."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import pluggy

from salespilots.ports.ai import AiProvider
from salespilots.ports.channel import ChannelProvider
from salespilots.ports.errors import NotConnected, PluginConflict, PluginIncompatible
from salespilots.ports.extensions import ActionType, TriggerType
from salespilots.ports.markers import PORT_VERSION
from salespilots.ports.payments import PaymentsProvider
from salespilots.ports.shipping import ShippingProvider
from salespilots.ports.storage import StorageProvider

P = TypeVar("P")


class Shelf(Generic[P]):
    """Providers of one kind by key."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._items: dict[str, P] = {}
        self.sources: dict[str, str] = {}

    def put(self, item: Any, source: str) -> None:
        """Add one; raises when the key is taken."""
        if item.key in self._items:
            raise PluginConflict(f"{self.kind} {item.key!r} is registered by {self.sources[item.key]} already")
        self._items[item.key] = item
        self.sources[item.key] = source

    def get(self, key: str) -> P:
        """The provider; raises `NotConnected` when no installed plugin supplies it."""
        if key not in self._items:
            raise NotConnected(f"No installed plugin supplies the {self.kind} {key!r}.", key=key)
        return self._items[key]

    def find(self, key: str) -> P | None:
        """The provider or None."""
        return self._items.get(key)

    def all(self) -> list[P]:
        """In order of registration."""
        return list(self._items.values())

    def keys(self) -> set[str]:
        """The keys taken."""
        return set(self._items)


@dataclass(slots=True)
class Registry:
    """Everything supplied by plugins. ``problems`` names what was refused and why."""

    channels: Shelf[ChannelProvider] = field(default_factory=lambda: Shelf("channel"))
    ais: Shelf[AiProvider] = field(default_factory=lambda: Shelf("ai"))
    payments: Shelf[PaymentsProvider] = field(default_factory=lambda: Shelf("payments"))
    shipping: Shelf[ShippingProvider] = field(default_factory=lambda: Shelf("shipping"))
    storages: Shelf[StorageProvider] = field(default_factory=lambda: Shelf("storage"))
    triggers: Shelf[TriggerType] = field(default_factory=lambda: Shelf("trigger"))
    actions: Shelf[ActionType] = field(default_factory=lambda: Shelf("action"))
    problems: dict[str, str] = field(default_factory=dict)

    def shelf_of(self, provider_key: str) -> tuple[str, Any] | None:
        """(kind, provider) of a connectable provider key; keys are unique over channel, ai, payments, shipping first."""
        for kind, shelf in self.connectable():
            found = shelf.find(provider_key)
            if found is not None:
                return kind, found
        return None

    def connectable(self) -> list[tuple[str, Shelf[Any]]]:
        """The kinds an owner sees on the connections page."""
        return [("channel", self.channels), ("payments", self.payments), ("ai", self.ais), ("shipping", self.shipping)]


HOOKS: tuple[tuple[str, str, type], ...] = (
    ("salespilots_channel_providers", "channels", ChannelProvider),
    ("salespilots_ai_providers", "ais", AiProvider),
    ("salespilots_payments_providers", "payments", PaymentsProvider),
    ("salespilots_shipping_providers", "shipping", ShippingProvider),
    ("salespilots_storage_providers", "storages", StorageProvider),
    ("salespilots_workflow_triggers", "triggers", TriggerType),
    ("salespilots_workflow_actions", "actions", ActionType),
)


def build_registry(manager: pluggy.PluginManager, problems: dict[str, str], builtin: set[str]) -> Registry:
    """Ask every plugin for its providers. A wrong one is refused with its plugin's name; a built-in's raises."""
    registry = Registry(problems=dict(problems))
    for name, plugin in manager.list_name_plugin():
        if plugin is None:
            continue
        try:
            for hook, shelf, kind in HOOKS:
                for caller in manager.get_hookcallers(plugin) or []:
                    if caller.name == hook:
                        _shelve(getattr(registry, shelf), getattr(plugin, hook)(), kind, name)
        except Exception as error:
            if name in builtin:
                raise
            registry.problems[name] = f"does not register: {type(error).__name__}: {error}"
    return registry


def _shelve(shelf: Shelf[Any], items: Any, kind: type, source: str) -> None:
    for item in items:
        if not isinstance(item, kind):
            raise PluginIncompatible(f"{source} returned {type(item).__name__} where {kind.__name__} is due")
        version = getattr(item, "port_version", PORT_VERSION)
        if version != PORT_VERSION:
            raise PluginIncompatible(f"{source} speaks port version {version}, this is {PORT_VERSION}")
        shelf.put(item, source)
