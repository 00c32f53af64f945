"""Inbox, lanes, due work, throttle."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from salespilots.domain.inbox import InboxRow, InboxState
from salespilots.plugins.builtin.storage_memory.tables import Tables
from salespilots.ports.work import Lease

PENDING = ("queued", "sending", "uncertain")


def fair(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """(shop, thing): one of each shop in turn, each thing once."""
    turns: dict[str, int] = {}
    ranked: list[tuple[int, int, tuple[str, str]]] = []
    for place, pair in enumerate(dict.fromkeys(pairs)):
        turns[pair[0]] = turns.get(pair[0], 0) + 1
        ranked.append((turns[pair[0]], place, pair))
    return [pair for _, _, pair in sorted(ranked)]


class MemoryScopedInbox:
    """See `salespilots.ports.storage.ScopedInbox`."""

    def __init__(self, tables: Tables, business_id: str) -> None:
        self._inbox, self._business_id = tables.inbox, business_id

    def waiting(self, lane: str, limit: int = 20) -> list[InboxRow]:
        rows = [
            one
            for one in self._inbox
            if one.lane == lane and one.state is InboxState.NEW and one.business_id == self._business_id
        ]
        return copy.deepcopy(sorted(rows, key=lambda one: (one.sent_at, one.position))[:limit])

    def done(self, row: InboxRow, now: datetime) -> None:
        self._set(row, state=InboxState.DONE, done_at=now, error=None)

    def retry(self, row: InboxRow, *, next_at: datetime, error: str) -> None:
        self._set(row, attempts=row.attempts + 1, next_at=next_at, error=error)

    def park(self, row: InboxRow, *, error: str) -> None:
        self._set(row, state=InboxState.DEAD, attempts=row.attempts + 1, error=error)

    def kept(self, lane: str, since: datetime) -> list[InboxRow]:
        mine = (one for one in self._inbox if one.lane == lane and one.business_id == self._business_id)
        return copy.deepcopy([one for one in mine if one.received_at >= since])

    def rewrite(self, row: InboxRow, payload: dict[str, Any]) -> None:
        self._set(row, payload=copy.deepcopy(payload))

    def _set(self, row: InboxRow, **values: Any) -> None:
        for index, one in enumerate(self._inbox):
            if one.position == row.position and one.business_id == self._business_id:
                self._inbox[index] = copy.deepcopy(one)
                for name, value in values.items():
                    setattr(self._inbox[index], name, value)


class MemoryInbox:
    """See `salespilots.ports.storage.Inbox`."""

    def __init__(self, tables: Tables) -> None:
        self._inbox = tables.inbox

    def accept(self, rows: Sequence[InboxRow]) -> list[InboxRow]:
        known = {(one.endpoint, one.event_id) for one in self._inbox}
        new: list[InboxRow] = []
        for row in rows:
            if (row.endpoint, row.event_id) in known:
                continue
            known.add((row.endpoint, row.event_id))
            kept = copy.deepcopy(row)
            kept.position = len(self._inbox) + 1
            self._inbox.append(kept)
            new.append(row)
        return new


class MemoryLanes:
    """See `salespilots.ports.storage.Lanes`."""

    def __init__(self, tables: Tables, clock: Callable[[], float]) -> None:
        self._lanes, self._clock = tables.lanes, clock

    def claim(self, lane: str, owner: str, ttl: timedelta) -> Lease | None:
        holder, until, fence = self._lanes.get(lane, (None, 0.0, 0))
        if holder is not None and until > self._clock():
            return None
        self._lanes[lane] = (owner, self._clock() + ttl.total_seconds(), fence + 1)
        return Lease(lane=lane, owner=owner, fence=fence + 1)

    def renew(self, lease: Lease, ttl: timedelta) -> bool:
        if not self.mine(lease):
            return False
        self._lanes[lease.lane] = (lease.owner, self._clock() + ttl.total_seconds(), lease.fence)
        return True

    def release(self, lease: Lease) -> None:
        if self.mine(lease):
            self._lanes[lease.lane] = (None, 0.0, lease.fence)

    def mine(self, lease: Lease) -> bool:
        """Whether the lease is the newest."""
        holder, _, fence = self._lanes.get(lease.lane, (None, 0.0, 0))
        return holder == lease.owner and fence == lease.fence


class MemoryWork:
    """See `salespilots.ports.storage.Work`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def _due(self, now: datetime) -> list[tuple[datetime, str, str]]:
        """(time of arrival, shop, lane) of each piece of due work."""
        found: list[tuple[datetime, str, str]] = []
        for one in self._tables.inbox:
            if one.state is InboxState.NEW and (one.next_at is None or one.next_at <= now):
                found.append((one.received_at, one.business_id or "", one.lane))
        for message in self._tables.rows["messages"].values():
            unset = message.next_at is None and message.state != "uncertain"  # else a person's decision
            if message.state in PENDING and (unset or (message.next_at is not None and message.next_at <= now)):
                found.append((message.created_at, message.business_id, message.lane))
        for run in self._tables.rows["runs"].values():
            ready = run.state in ("ready", "running") and (run.wake_at is None or run.wake_at <= now)
            if ready or (run.state == "waiting" and run.wake_at is not None and run.wake_at <= now):
                found.append((run.created_at, run.business_id, run.lane))
        return sorted(found)

    def due_lanes(self, now: datetime, limit: int = 200) -> list[str]:
        return [lane for _, lane in fair([(shop, lane) for _, shop, lane in self._due(now)])][:limit]

    def is_due(self, lane: str, now: datetime) -> bool:
        return any(one == lane for _, _, one in self._due(now))

    def businesses_due(self, lane: str, now: datetime) -> list[str]:
        return list(dict.fromkeys(shop for _, shop, one in self._due(now) if one == lane and shop))

    def orders_to_expire(self, now: datetime, limit: int = 100) -> list[tuple[str, str]]:
        return [
            (one.business_id, one.id)
            for one in self._tables.rows["orders"].values()
            if one.state == "placed" and one.expires_at is not None and one.expires_at <= now
        ][:limit]

    def payments_to_check(self, now: datetime, limit: int = 40) -> list[tuple[str, str]]:
        return self._to_check("payments", now)[:limit]

    def refunds_to_ask(self, now: datetime, limit: int = 40) -> list[tuple[str, str]]:
        return self._to_check("refunds", now)[:limit]

    def _to_check(self, name: str, now: datetime) -> list[tuple[str, str]]:
        rows = [one for one in self._tables.rows[name].values() if one.next_check_at and one.next_check_at <= now]
        return fair([(one.business_id, one.id) for one in sorted(rows, key=lambda one: one.next_check_at)])

    def backlog(self, now: datetime) -> dict[str, float]:
        new = [one for one in self._tables.inbox if one.state is InboxState.NEW]
        states = [one.state for one in self._tables.rows["messages"].values()]
        return {
            "inbox_new": float(len(new)),
            "inbox_dead": float(sum(one.state is InboxState.DEAD for one in self._tables.inbox)),
            "outbox_queued": float(states.count("queued")),
            "outbox_uncertain": float(states.count("uncertain")),
            "oldest_seconds": max(((now - one.received_at).total_seconds() for one in new), default=0.0),
        }

    def last_webhooks(self, business_id: str | None = None) -> dict[str, datetime]:
        newest: dict[str, datetime] = {}
        for one in sorted(self._tables.inbox, key=lambda one: one.received_at):
            if one.provider != "practice" and business_id in (None, one.business_id):
                newest[one.provider] = one.received_at
        return newest

    def purge(self, now: datetime) -> int:
        before = len(self._tables.inbox)
        self._tables.inbox[:] = [
            one
            for one in self._tables.inbox
            if not (one.state is InboxState.DONE and one.received_at < now - timedelta(days=90))
            and not (one.state is InboxState.UNROUTED and one.received_at < now - timedelta(days=5))
        ]
        return before - len(self._tables.inbox)


class MemoryThrottle:
    """See `salespilots.ports.storage.Throttle`."""

    def __init__(self, tables: Tables) -> None:
        self._hits = tables.throttle

    def hit(self, key: str, *, now: datetime, window: timedelta) -> int:
        start, hits = self._hits.get(key, (now, 0))
        self._hits[key] = (now, 1) if start <= now - window else (start, hits + 1)
        return self._hits[key][1]

    def clear(self, key: str) -> None:
        self._hits.pop(key, None)
