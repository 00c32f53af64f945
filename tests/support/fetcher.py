"""Fetching in the test's process: what lies at each address is what the test put there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from salespilots.plugins.fetching import address_problem
from salespilots.ports.errors import Rejected
from salespilots.ports.fetching import Answered, Fetched


class FakeFetcher:
    """``there``: address to bytes, to an error to raise, or to a callable that gives the bytes. ``asked``: what was opened."""

    def __init__(self) -> None:
        self.there: dict[str, bytes | Exception | Callable[[], bytes]] = {}
        self.asked: list[str] = []
        self.posted: list[tuple[str, bytes, Mapping[str, str]]] = []

    def refuses(self, url: str) -> bool:
        """As the real one does where nothing private is allowed."""
        return bool(address_problem(url))

    def post(self, url: str, body: bytes, headers: Mapping[str, str], *, limit: int, seconds: float = 8.0) -> Answered:
        """See the port. ``there`` says what is answered."""
        self.posted.append((url, body, headers))
        found = self.there.get(url, Rejected(provider="address", reason="gone"))
        if isinstance(found, Exception):
            raise found
        return Answered(status=200, body=found() if callable(found) else found)

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
