"""The plugin manager: one bad add-on is named and skipped; a bad built-in stops the start."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest

from salespilots.plugins import manager as managing
from salespilots.plugins.registry import build_registry
from salespilots.ports.channel import ChannelProvider
from salespilots.ports.errors import PluginIncompatible
from salespilots.ports.markers import hookimpl
from tests.support.fake_channel import FakeChannelPlugin


def install(monkeypatch: pytest.MonkeyPatch, **plugins: object) -> None:
    """Pretend that these are installed distributions."""
    points = []
    for name, plugin in plugins.items():
        module = ModuleType(f"installed_{name}")
        if isinstance(plugin, str):
            points.append(EntryPoint(name, plugin, managing.GROUP))
            continue
        module.plugin = plugin  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        points.append(EntryPoint(name, f"{module.__name__}:plugin", managing.GROUP))
    monkeypatch.setattr(managing, "entry_points", lambda group: points)


class Misspelt:
    @hookimpl
    def salespilots_chanel_providers(self) -> list[ChannelProvider]:
        return []


class Old:
    @hookimpl
    def salespilots_channel_providers(self) -> list[ChannelProvider]:
        [provider] = FakeChannelPlugin().salespilots_channel_providers()
        return [
            ChannelProvider(
                key="old", label="Old", capabilities=provider.capabilities, settings=provider.settings,
                build=provider.build, port_version=0,
            )
        ]  # fmt: skip


class WrongType:
    @hookimpl
    def salespilots_channel_providers(self) -> list[object]:
        return ["instagram"]


def test_bad_plugins_are_named_and_good_ones_work(monkeypatch: pytest.MonkeyPatch) -> None:
    install(
        monkeypatch, absent="no_such_module.hooks", misspelt=Misspelt(), old=Old(), wrong=WrongType(),
        good=FakeChannelPlugin(), twin=FakeChannelPlugin(),
    )  # fmt: skip
    manager, problems = managing.create_plugin_manager()
    registry = build_registry(manager, problems, set())
    assert registry.channels.find("fake") is not None
    assert set(registry.problems) == {"absent", "misspelt", "old", "wrong", "twin"}
    assert "salespilots_chanel_providers" in registry.problems["misspelt"]
    assert "ModuleNotFoundError" in registry.problems["absent"]
    assert "registered by good already" in registry.problems["twin"]


def test_disabled_plugins_are_not_even_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, absent="no_such_module.hooks")
    _, problems = managing.create_plugin_manager(disabled=["absent"])
    assert problems == {}


def test_a_misspelt_hook_of_our_own_stops_the_start() -> None:
    with pytest.raises(PluginIncompatible, match="salespilots_chanel_providers"):
        managing.create_plugin_manager(discover=False, extra=[Misspelt()])


def test_the_shipped_plugins_load() -> None:
    manager, problems = managing.create_plugin_manager()
    registry = build_registry(manager, problems, set())
    assert registry.problems == {}
    assert {"practice", "instagram", "echo"} <= registry.channels.keys()
    assert {"practice", "cod", "upi", "razorpay"} <= registry.payments.keys()
    assert {"rules", "openai"} <= registry.ais.keys()
