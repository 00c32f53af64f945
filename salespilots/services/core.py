"""What every use case is given, and the one way to repeat a use case that lost a race."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from salespilots.domain.errors import StaleEntity
from salespilots.ports.runtime import Clock, Doorbell, IdFactory, Mailer, Metrics, PasswordHasher, Vault
from salespilots.ports.storage import Storage
from salespilots.ports.understanding import Understander
from salespilots.services.shop_memory import ShopMemory

T = TypeVar("T")


class Providers(Protocol):
    """The registry of installed providers, as the services use it: shelves looked up by key."""

    channels: Any
    ais: Any
    payments: Any
    shipping: Any
    triggers: Any
    actions: Any
    problems: dict[str, str]

    def shelf_of(self, provider_key: str) -> tuple[str, Any] | None: ...

    def connectable(self) -> list[tuple[str, Any]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """Dependencies of all services. ``base_url`` is the public address without a slash at the end."""

    storage: Storage
    registry: Providers
    clock: Clock
    ids: IdFactory
    vault: Vault
    doorbell: Doorbell
    metrics: Metrics
    hasher: PasswordHasher
    mailer: Mailer
    understander: Understander
    base_url: str
    production: bool = False
    allow_private_urls: bool = False
    signup: str = "open"
    environ: dict[str, str] = field(default_factory=dict, repr=False)
    memory: ShopMemory = field(default_factory=ShopMemory, repr=False)


def retrying(use_case: Callable[[], T], attempts: int = 8) -> T:
    """Run a use case again, from its first read, when somebody else saved first."""
    for attempt in range(attempts):
        try:
            return use_case()
        except StaleEntity:
            if attempt == attempts - 1:
                raise
    raise AssertionError("unreachable")


class NullMetrics:
    """Notes nothing."""

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Ignore."""
