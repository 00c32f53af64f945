"""The event log as a stream: what changed since a number."""

from __future__ import annotations

from salespilots.domain.events import Event
from salespilots.services.core import Core

NAMES = {
    "message": "message", "conversation": "chat", "order": "order", "payment": "order", "refund": "order", "document": "order",
    "product": "stats", "import": "stats", "waiting": "stats", "stock": "stats", "customer": "chat", "run": "run", "workflow": "run",
    "connection": "integration", "channel": "integration", "inbox": "notice", "owner": "notice", "shop": "stats",
    "schedule": "run",
    "comment": "comment", "post": "comment",
}  # fmt: skip


def stream_name(event: Event) -> str:
    """The browser's event name for a log entry."""
    return NAMES[event.type.partition(".")[0]]


class Live:
    """Reading the log from a number on."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def after(self, business_id: str, seq: int, limit: int = 200) -> list[Event]:
        """Events with a larger number, in order."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.events.after(seq, limit)

    def last_seq(self, business_id: str) -> int:
        """The newest number."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            return uow.events.last_seq()
