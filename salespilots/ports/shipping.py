"""The shipping port: couriers. The built-in manual provider lets the owner type courier and number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from salespilots.ports.channel import Health
from salespilots.ports.markers import PORT_VERSION, hookspec
from salespilots.ports.settings import PluginSettings, SettingsSchema


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentRef:
    """A parcel in the courier's words; ``tracking_url`` may be empty."""

    courier: str
    tracking_number: str
    tracking_url: str = ""


class Shipping(Protocol):
    """One shop's courier account."""

    def tracking(self, courier: str, tracking_number: str) -> ShipmentRef:
        """Describe a parcel the owner handed over. Raises `Rejected` when the number cannot be one of theirs."""
        ...

    def check(self) -> Health: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippingProvider:
    """A courier as registered."""

    key: str
    label: str
    settings: type[SettingsSchema]
    build: Callable[[PluginSettings], Shipping]
    summary: str = ""
    port_version: int = PORT_VERSION


@hookspec
def salespilots_shipping_providers() -> Sequence[ShippingProvider]:
    """Shipping providers this plugin supplies. Called once, at start-up."""
