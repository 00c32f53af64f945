"""Fetching in the test's process: what lies at each address is what the test put there."""

from __future__ import annotations

from collections.abc import Callable

from salespilots.ports.errors import Rejected
from salespilots.ports.fetching import Fetched


class FakeFetcher:
    """``there``: address to bytes, to an error to raise, or to a callable that gives the bytes. ``asked``: what was opened."""

    def __init__(self) -> None:
        self.there: dict[str, bytes | Exception | Callable[[], bytes]] = {}
        self.asked: list[str] = []

    def fetch(self, url: str, *, limit: int, seconds: float = 20.0) -> Fetched:
        """See the port."""
        self.asked.append(url)
        found = self.there.get(url, Rejected(provider="address", reason="gone"))
        if isinstance(found, Exception):
            raise found
        body = found() if callable(found) else found
        if len(body) > limit:
            raise Rejected(provider="address", reason="too_large")
        return Fetched(body=body)
