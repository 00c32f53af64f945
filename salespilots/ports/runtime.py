"""What the core needs from its surroundings; injected by the composition root, replaced in tests."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """Aware and in UTC. It may be wrong, and be set right."""
        ...

    def steady(self) -> float:
        """Seconds since some moment, the same for all threads of this process: never set, never back."""
        ...


class IdFactory(Protocol):
    """New ids and unguessable tokens."""

    def new(self, kind: str) -> str:
        """An id with the prefix of ``kind``."""
        ...

    def token(self) -> str:
        """At least 128 random bits, fit for a URL."""
        ...


class Doorbell(Protocol):
    """Tells a worker that lanes have work. Best effort: a lost ring costs one sweep, never a message."""

    def ring(self, *lanes: str) -> None: ...


class Metrics(Protocol):
    """Timings of the web process; labels come from small fixed sets."""

    def observe(self, name: str, seconds: float, **labels: str) -> None: ...


class Vault(Protocol):
    """Encrypts a shop's secrets at rest; the ciphertext is bound to the shop and the provider."""

    def seal(self, business_id: str, provider: str, secrets: dict[str, str]) -> str: ...

    def open(self, business_id: str, provider: str, sealed: str | None) -> dict[str, str]: ...


class PasswordHasher(Protocol):
    """Slow, salted hashing of passwords."""

    def hash(self, password: str) -> str: ...

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Constant work also when ``password_hash`` is None."""
        ...


class Mailer(Protocol):
    """Sends one plain-text letter. ``enabled`` False: nothing is mailed."""

    enabled: bool

    def send(self, to: str, subject: str, text: str) -> None:
        """Raises `Unavailable`."""
        ...
