"""The fetching port: the one way in which addresses that strangers wrote are ever opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What an address gave. ``kind`` is what the far side says it is, to be doubted."""

    body: bytes = field(repr=False)
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What an address answered to a POST."""

    status: int
    body: bytes = field(default=b"", repr=False)


class Fetcher(Protocol):
    """Opens addresses on the public internet and nowhere else."""

    def refuses(self, url: str) -> bool:
        """Whether an address can be called by nobody, by how it is written alone; no name is looked up."""
        ...

    def post(self, url: str, body: bytes, headers: Mapping[str, str], *, limit: int, seconds: float = 8.0) -> Answered:
        """Send ``body`` there once; at most ``limit`` bytes of its answer are read. A redirect is not followed.

        Raises `salespilots.ports.errors.Rejected` for an address that may not be called (as `fetch`) or that refuses
        (``refused``), `salespilots.ports.errors.Unavailable` for trouble that may pass: it may have been taken then.
        """
        ...

    def fetch(self, url: str, *, limit: int, seconds: float = 20.0) -> Fetched:
        """What the address gives: at most ``limit`` bytes, within ``seconds``, without cookies or credentials.

        Raises `salespilots.ports.errors.Rejected` for an address that may not be opened (``bad_address``,
        ``private_address``), that is gone (``gone``), leads on and on (``redirects``), or gives too much (``too_large``);
        `salespilots.ports.errors.Unavailable` for trouble that may pass.
        """
        ...
