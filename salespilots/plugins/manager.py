"""Finding plugins: the built-ins, then whatever is installed under the entry-point group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from importlib.metadata import entry_points

import pluggy

from salespilots.ports import ai, channel, extensions, payments, shipping, storage
from salespilots.ports.errors import PluginIncompatible
from salespilots.ports.markers import PROJECT

GROUP = "salespilots.plugins"
SPEC_MODULES = (channel, ai, payments, shipping, storage, extensions)
BUILTIN = (
    "salespilots.plugins.builtin.storage_sql",
    "salespilots.plugins.builtin.storage_memory",
    "salespilots.plugins.builtin.channel_practice",
    "salespilots.plugins.builtin.ai_rules",
    "salespilots.plugins.builtin.payments_practice",
    "salespilots.plugins.builtin.payments_manual",
    "salespilots.plugins.builtin.shipping_manual",
    "salespilots.plugins.builtin.steps",
)


def create_plugin_manager(
    *, disabled: Iterable[str] = (), discover: bool = True, extra: Sequence[object] = ()
) -> tuple[pluggy.PluginManager, dict[str, str]]:
    """A fresh manager and the problems met: plugin name to a sentence. A broken add-on is skipped, by name.

    Raises `PluginIncompatible` when a built-in or an ``extra`` plugin misnames a hook.
    """
    manager = pluggy.PluginManager(PROJECT)
    for spec in SPEC_MODULES:
        manager.add_hookspecs(spec)
    problems: dict[str, str] = {}
    for name in BUILTIN:
        manager.register(import_module(name), name=name.rpartition(".")[2])
    for plugin in extra:
        manager.register(plugin)
    _refuse_unknown_hooks(manager)
    if discover:
        blocked = set(disabled)
        for entry in sorted(entry_points(group=GROUP), key=lambda one: one.name):
            if entry.name in blocked:
                continue
            try:
                plugin = entry.load()
                manager.register(plugin, name=entry.name)
            except Exception as error:
                problems[entry.name] = f"does not load: {type(error).__name__}: {error}"
                continue
            unknown = _unknown_hooks(manager, plugin)
            if unknown:
                manager.unregister(plugin)
                problems[entry.name] = f"implements unknown hooks: {', '.join(unknown)}"
    manager.check_pending()
    return manager, problems


def _unknown_hooks(manager: pluggy.PluginManager, plugin: object) -> list[str]:
    callers = manager.get_hookcallers(plugin) or []
    return sorted(caller.name for caller in callers if not caller.has_spec())


def _refuse_unknown_hooks(manager: pluggy.PluginManager) -> None:
    for name, plugin in manager.list_name_plugin():
        unknown = _unknown_hooks(manager, plugin) if plugin else []
        if unknown:
            raise PluginIncompatible(f"plugin {name} implements unknown hooks: {', '.join(unknown)}")
