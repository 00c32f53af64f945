"""What every use case is given, and the one way to repeat a use case that lost a race."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol, TypeVar

from salespilots.domain.automation import FestivalOf
from salespilots.domain.errors import StaleEntity
from salespilots.ports.fetching import Fetcher
from salespilots.ports.runtime import Clock, Doorbell, IdFactory, Mailer, Metrics, PasswordHasher, Vault
from salespilots.ports.storage import Storage
from salespilots.ports.understanding import Understander
from salespilots.services.shop_memory import ShopMemory

T = TypeVar("T")


def no_festival(day: date) -> str:
    """A calendar without festivals."""
    return ""


PAUSE_SECONDS = 0.002
"""At most twice this is waited before the third try, twice as long before each that follows: a quarter of a second in all."""


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
    fetcher: Fetcher
    understander: Understander
    base_url: str
    festival_of: FestivalOf = no_festival
    production: bool = False
    allow_private_urls: bool = False
    signup: str = "open"
    environ: dict[str, str] = field(default_factory=dict, repr=False)
    memory: ShopMemory = field(default_factory=ShopMemory, repr=False)


def retrying(use_case: Callable[[], T], attempts: int = 8) -> T:
    """Run a use case again, from its first read, when somebody else saved first. Who loses several times in a row waits
    a little, longer each time and by chance, so that many at the same row do not go on beating each other."""
    for attempt in range(attempts):
        try:
            return use_case()
        except StaleEntity:
            if attempt == attempts - 1:
                raise
            if attempt:
                time.sleep(random.uniform(0, PAUSE_SECONDS * 2**attempt))  # noqa: S311 - no secret
    raise AssertionError("unreachable")


class NullMetrics:
    """Notes nothing."""

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Ignore."""
