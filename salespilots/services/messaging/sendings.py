"""What waits to leave, and for how long: the visible queue of a shop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from salespilots.domain.conversation import Message, MessageState
from salespilots.ports.storage import Where, eq
from salespilots.services.core import Core

MOST = 5000
"""Waiting messages that are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Messages of a channel that wait for the same reason. ``to_comments``: they answer comments in private, which has a
    pace of its own. ``last_at``: when the last of them leaves, by that pace; None where that depends on the channel."""

    provider: str
    reason: str
    to_comments: bool
    count: int
    oldest_at: datetime
    last_at: datetime | None


class Sendings:
    """Reads the queue."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def waiting(self, business_id: str) -> list[Queue]:
        """By channel and reason, the longest first."""
        with self._core.storage.unit_of_work(business_id, read_only=True) as uow:
            found = uow.messages.select(
                eq("state", MessageState.QUEUED), Where("reason", "not_null"), order="created_at", limit=MOST
            )
        groups: dict[tuple[str, str, bool], list[Message]] = {}
        for one in found:
            to_comments = one.comment_ref is not None and one.kind != "public_reply"
            groups.setdefault((one.provider, one.reason or "", to_comments), []).append(one)
        queues = [
            Queue(
                provider=provider, reason=reason, to_comments=to_comments, count=len(rows), oldest_at=rows[0].created_at,
                last_at=self._last_at(provider, len(rows), to_comments=to_comments) if reason == "paced" else None,
            )
            for (provider, reason, to_comments), rows in groups.items()
        ]  # fmt: skip
        return sorted(queues, key=lambda one: -one.count)

    def _last_at(self, provider: str, count: int, *, to_comments: bool) -> datetime | None:
        found = self._core.registry.channels.find(provider)
        if found is None:
            return None
        can = found.capabilities
        rate = can.private_replies_per_second if to_comments else can.sends_per_second
        return self._core.clock.now() + timedelta(seconds=count / rate) if rate else None
