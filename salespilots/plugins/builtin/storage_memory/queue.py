"""Inbox, lanes, due work, throttle."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from salespilots.domain.conversation import Message
from salespilots.domain.copies import own_copy
from salespilots.domain.inbox import InboxRow, InboxState, lane_of
from salespilots.domain.waiting import WaitingState
from salespilots.plugins.builtin.storage_memory.purging import purge
from salespilots.plugins.builtin.storage_memory.tables import Holding, Tables
from salespilots.ports.work import (
    BLOCK_TIME,
    FARTHEST_JOB,
    HELD,
    LEFT_BEHIND,
    PUT_ASIDE,
    RESTS,
    UNDECIDED,
    Lease,
    Worker,
    has_come,
)

REST = "-"
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

    def waiting(self, lanes: Sequence[str], limit: int = 20) -> dict[str, list[InboxRow]]:
        found: dict[str, list[InboxRow]] = {}
        for lane in lanes:
            mine = [one for one in self._inbox.new(lane) if one.business_id == self._business_id]
            if mine:
                mine.sort(key=lambda one: (one.sent_at, one.position))
                found[lane] = [own_copy(one) for one in mine[:limit]]
        return found

    def done(self, row: InboxRow, now: datetime) -> None:
        self._set(row, state=InboxState.DONE, done_at=now, error=None)

    def retry(self, row: InboxRow, *, next_at: datetime, error: str) -> None:
        self._set(row, attempts=row.attempts + 1, next_at=next_at, error=error)

    def park(self, row: InboxRow, *, error: str) -> None:
        self._set(row, state=InboxState.DEAD, attempts=row.attempts + 1, error=error)

    def parked(self, position: int) -> InboxRow | None:
        row = self._inbox.get(position)
        dead = row is not None and row.business_id == self._business_id and row.state is InboxState.DEAD
        return own_copy(row) if dead else None

    def again(self, row: InboxRow, now: datetime) -> None:
        self._set(row, state=InboxState.NEW, attempts=0, next_at=now)

    def discard(self, row: InboxRow, now: datetime) -> None:
        self._set(row, state=InboxState.DISCARDED, done_at=now)

    def adopt(self, provider: str, account_ref: str) -> list[str]:
        lanes = []
        for position, one in list(self._inbox.items()):
            mine = one.provider == provider and one.lane.startswith(lane_of(provider, account_ref, ""))
            if one.state is InboxState.UNROUTED and mine:
                self._inbox[position] = dataclasses.replace(one, state=InboxState.NEW, business_id=self._business_id)
                lanes.append(one.lane)
        return list(dict.fromkeys(lanes))

    def kept(self, lane: str, since: datetime) -> list[InboxRow]:
        mine = (one for one in self._inbox.values() if one.lane == lane and one.business_id == self._business_id)
        return [own_copy(one) for one in mine if one.received_at >= since]

    def of_account(self, provider: str, account_ref: str, after: int = 0, limit: int = 100) -> list[InboxRow]:
        start = lane_of(provider, account_ref, "")
        rows = (one for one in self._inbox.values() if one.position > after and one.provider == provider)
        mine = [one for one in rows if one.lane.startswith(start) and self._mine_or_nobodys(one)]
        return [own_copy(one) for one in mine[:limit]]

    def rewrite(self, row: InboxRow, payload: dict[str, Any]) -> None:
        self._set(row, nobodys=True, payload=own_copy(payload))

    def _mine_or_nobodys(self, one: InboxRow) -> bool:
        return one.business_id == self._business_id or (one.business_id is None and one.state is InboxState.UNROUTED)

    def _set(self, row: InboxRow, *, nobodys: bool = False, **values: Any) -> None:
        one = self._inbox.get(row.position)
        if one is None:
            return
        mine = self._mine_or_nobodys(one) if nobodys else one.business_id == self._business_id
        if mine:
            self._inbox[row.position] = dataclasses.replace(one, **values)


class MemoryInbox:
    """See `salespilots.ports.storage.Inbox`."""

    def __init__(self, tables: Tables) -> None:
        self._inbox = tables.inbox

    def accept(self, rows: Sequence[InboxRow]) -> list[InboxRow]:
        new: list[InboxRow] = []
        for row in rows:
            if (row.endpoint, row.event_id) in self._inbox.known:
                continue
            kept = own_copy(row)
            kept.position = next(reversed(self._inbox), 0) + 1
            self._inbox[kept.position] = kept
            new.append(row)
        return new


class MemoryLanes:
    """See `salespilots.ports.work.Lanes`."""

    def __init__(self, tables: Tables, clock: Callable[[], float]) -> None:
        self._lanes, self._clock = tables.lanes, clock

    def _held(self, lane: str, longest: float) -> bool:
        found, now = self._lanes.get(lane, Holding()), self._clock()
        return found.owner is not None and now < found.until <= now + longest

    def held(self) -> set[str]:
        """Lanes in somebody's hands."""
        return {lane for lane in self._lanes if self._held(lane, 300.0)}

    def resting(self) -> set[str]:
        """Those of them that rest."""
        return {lane for lane in self.held() if self._lanes[lane].owner == REST}

    def claim(self, lanes: Sequence[str], owner: str, ttl: timedelta) -> dict[str, Lease]:
        claimed: dict[str, Lease] = {}
        seconds = ttl.total_seconds()
        for lane in sorted(set(lanes)):
            if self._held(lane, 2 * seconds + RESTS[-1]):
                continue
            before = self._lanes.get(lane, Holding())
            orphaned = before.orphaned + (before.owner not in (None, REST))
            self._lanes[lane] = Holding(owner, self._clock() + seconds, before.fence + 1, orphaned)
            claimed[lane] = Lease(lane=lane, owner=owner, fence=before.fence + 1, orphaned=orphaned)
        return claimed

    def hold(self, leases: Sequence[Lease]) -> set[str]:
        return {one.lane for one in leases if self._mine(one)}

    def _mine(self, lease: Lease) -> Holding | None:
        found = self._lanes.get(lease.lane, Holding())
        return found if (found.owner, found.fence) == (lease.owner, lease.fence) else None

    def renew(self, leases: Sequence[Lease], ttl: timedelta) -> None:
        for lease in leases:
            found = self._mine(lease)
            if found:
                until = self._clock() + ttl.total_seconds()
                self._lanes[lease.lane] = dataclasses.replace(found, until=until)

    def release(self, leases: Sequence[Lease]) -> None:
        for lease in leases:
            found = self._mine(lease)
            if found:
                self._lanes[lease.lane] = dataclasses.replace(found, owner=None, orphaned=0)

    def free(self, owner: str) -> int:
        freed = {name: one for name, one in self._lanes.items() if one.owner == owner}
        for name, one in freed.items():
            rest = RESTS[min(one.orphaned + 1, len(RESTS) - 1)]
            self._lanes[name] = Holding(REST if rest else None, self._clock() + rest, one.fence, one.orphaned + 1)
        return len(freed)


class MemoryWorkers:
    """See `salespilots.ports.work.Workers`."""

    def __init__(self, tables: Tables, clock: Callable[[], float]) -> None:
        self._tables, self._clock = tables, clock

    def beat(self, worker: Worker, *, swept: bool) -> None:
        now, before = self._clock(), self._tables.workers.get(worker.id)
        self._tables.workers[worker.id] = (worker, now, now if swept else before[2] if before else None)

    def all(self) -> list[Worker]:
        now = self._clock()
        return [
            dataclasses.replace(
                worker, seen_age=now - seen, swept_age=None if swept is None else now - swept,
                lanes=sum(one.owner == worker.id for one in self._tables.lanes.values()),
            )
            for worker, seen, swept in self._tables.workers.values()
        ]  # fmt: skip

    def forget(self, worker_id: str) -> None:
        if worker_id in self._tables.workers:
            del self._tables.workers[worker_id]


def _job_has_come(at: datetime | None, now: datetime) -> bool:
    return at is not None and (at <= now or at > now + FARTHEST_JOB)


def _since(arrived: datetime, next_at: datetime | None, now: datetime) -> datetime:
    """Since when what has come is due."""
    return max(arrived, next_at) if next_at and next_at <= now else arrived


class MemoryWork:
    """See `salespilots.ports.storage.Work`."""

    def __init__(self, tables: Tables, clock: Callable[[], float]) -> None:
        self._tables, self._lanes = tables, MemoryLanes(tables, clock)

    def _due(self, now: datetime, *, free: bool = False) -> list[tuple[datetime, str, str]]:
        """(time of arrival, shop, lane) of each piece of due work. ``free``: that waits behind nothing else."""
        found: list[tuple[datetime, str, str]] = []

        for one in self._tables.inbox.all_new():
            new = one.state is InboxState.NEW and has_come(one.next_at, now) and one.business_id
            if new and one.business_id and not (free and self._behind(one, now)):
                found.append((one.received_at, one.business_id, one.lane))
        for message in self._tables.rows["messages"].values():
            decided = message.state != "uncertain" or message.next_at is not None  # else a person's decision
            sends = message.state in PENDING and has_come(message.next_at, now) and decided
            if sends and not (free and self._held_back(message, now)):
                found.append((message.created_at, message.business_id, message.lane))
        for run in self._tables.rows["runs"].values():
            ready = run.state in ("ready", "running") and has_come(run.wake_at, now)
            if ready or (run.state == "waiting" and run.wake_at is not None and run.wake_at <= now):
                found.append((run.created_at, run.business_id, run.lane))
        return sorted(found)

    def due_lanes(self, now: datetime, limit: int = 200) -> list[tuple[str, str]]:
        held = self._lanes.held()
        return fair([(shop, lane) for _, shop, lane in self._due(now, free=True) if lane not in held])[:limit]

    def _behind(self, one: InboxRow, now: datetime) -> bool:
        """Whether an event before this one is tried again later."""
        return any(
            other.state is InboxState.NEW and (other.business_id, other.lane) == (one.business_id, one.lane)
            and (other.sent_at, other.position) < (one.sent_at, one.position) and not has_come(other.next_at, now)
            for other in self._tables.inbox.new(one.lane)
        )  # fmt: skip

    def _held_back(self, one: Message, now: datetime) -> bool:
        """Whether a message before this one has to leave first."""
        return any(
            other.state in PENDING and (other.business_id, other.lane) == (one.business_id, one.lane)
            and other.seq < one.seq
            and other.reason != PUT_ASIDE
            and (
                one.order_id or other.state != "uncertain" or other.reason not in LEFT_BEHIND
                or (other.sending_since or now) > now - BLOCK_TIME
            )
            for other in self._tables.rows["messages"].values()
        )  # fmt: skip

    def due_of(self, lanes: Sequence[str], now: datetime) -> list[tuple[str, str]]:
        return list(dict.fromkeys((shop, lane) for _, shop, lane in self._due(now) if lane in lanes))

    def orders_to_expire(self, now: datetime, limit: int = 100) -> list[tuple[str, str]]:
        return [
            (one.business_id, one.id)
            for one in self._tables.rows["orders"].values()
            if one.state == "placed" and one.expires_at is not None and one.expires_at <= now
        ][:limit]

    def orders_to_remind(self, now: datetime, limit: int = 100) -> list[tuple[str, str]]:
        due = [one for one in self._tables.rows["orders"].values() if one.remind_at and one.remind_at <= now]
        return [(one.business_id, one.id) for one in sorted(due, key=lambda one: one.remind_at)][:limit]

    def promises_to_lapse(self, since: datetime, limit: int = 100) -> list[tuple[str, str]]:
        told = (one for one in self._tables.rows["waiting"].values() if one.state is WaitingState.TOLD)
        late = [(one.business_id, one.variant_id) for one in told if one.told_at is not None and one.told_at <= since]
        return list(dict.fromkeys(late))[:limit]

    def imports_to_do(self, now: datetime, limit: int = 20) -> list[tuple[str, str]]:
        due = [one for one in self._tables.rows["imports"].values() if one.next_at is not None and one.next_at <= now]
        return [(one.business_id, one.id) for one in sorted(due, key=lambda one: one.next_at)][:limit]

    def jobs_to_do(self, now: datetime, limit: int = 40) -> list[tuple[str, str]]:
        rows = [one for one in self._tables.rows["jobs"].values() if _job_has_come(one.next_at, now)]
        return fair([(one.business_id, one.id) for one in sorted(rows, key=lambda one: one.next_at)])[:limit]

    def connections_to_renew(self, now: datetime, limit: int = 40) -> list[tuple[str, str]]:
        rows = [one for one in self._tables.rows["connections"].values() if _job_has_come(one.renew_at, now)]
        return [(one.business_id, one.provider) for one in sorted(rows, key=lambda one: one.renew_at)][:limit]

    def payments_to_check(self, now: datetime, limit: int = 40) -> list[tuple[str, str]]:
        return self._to_check("payments", now)[:limit]

    def refunds_to_ask(self, now: datetime, limit: int = 40) -> list[tuple[str, str]]:
        return self._to_check("refunds", now)[:limit]

    def _to_check(self, name: str, now: datetime) -> list[tuple[str, str]]:
        rows = [
            one for one in self._tables.rows[name].values() if one.next_check_at and has_come(one.next_check_at, now)
        ]
        return fair([(one.business_id, one.id) for one in sorted(rows, key=lambda one: one.next_check_at)])

    def backlog(self, now: datetime, business_id: str | None = None) -> dict[str, float]:
        inbox = [one for one in self._tables.inbox.values() if business_id in (None, one.business_id)]
        new = [one for one in inbox if one.state is InboxState.NEW]
        heads: dict[tuple[str, str], InboxRow] = {}
        for one in sorted(new, key=lambda one: (one.sent_at, one.position)):
            if one.business_id is not None:
                heads.setdefault((one.business_id, one.lane), one)
        due = [_since(one.received_at, one.next_at, now) for one in heads.values() if has_come(one.next_at, now)]
        pending = [one for one in self._tables.rows["messages"].values() if business_id in (None, one.business_id)]
        states = [one.state for one in pending]
        first: dict[tuple[str, str], Message] = {}
        for message in sorted((one for one in pending if one.state in PENDING), key=lambda one: one.seq):
            first.setdefault((message.business_id, message.lane), message)
        held = self._lanes.held()
        leaves = [
            _since(one.created_at, one.next_at, now)
            for one in first.values()
            if one.state == "queued" and has_come(one.next_at, now) and one.reason not in HELD and one.lane not in held
        ]
        undecided = [one for one in pending if one.state == "uncertain" and one.reason == UNDECIDED]
        figures = {
            "inbox_new": float(len(new)),
            "inbox_dead": float(sum(one.state is InboxState.DEAD for one in inbox)),
            "outbox_queued": float(states.count("queued") + states.count("sending")),
            "outbox_uncertain": float(states.count("uncertain")),
            "outbox_undecided": float(len(undecided)),
            "oldest_seconds": max([0.0, *((now - one.received_at).total_seconds() for one in new)]),
            "due_seconds": max([0.0, *((now - at).total_seconds() for at in due)]),
            "outbox_due_seconds": max([0.0, *((now - at).total_seconds() for at in leaves)]),
        }
        return figures | ({} if business_id else {"lanes_held": float(len(self._lanes.held() - self._lanes.resting()))})

    def dead(self, business_id: str | None = None, limit: int = 200, *, before: int | None = None) -> list[InboxRow]:
        rows = [
            one
            for one in self._tables.inbox.values()
            if one.state is InboxState.DEAD
            and business_id in (None, one.business_id)
            and (before is None or one.position < before)
        ]
        return [own_copy(one) for one in sorted(rows, key=lambda one: -one.position)[:limit]]

    def event(self, position: int) -> InboxRow | None:
        return own_copy(self._tables.inbox.get(position))

    def uncertain(self, business_id: str | None = None, limit: int = 200) -> list[Message]:
        rows = [
            one
            for one in self._tables.rows["messages"].values()
            if one.state == "uncertain" and business_id in (None, one.business_id)
        ]
        ordered = sorted(rows, key=lambda one: (one.reason != UNDECIDED, one.created_at, one.seq))
        return [own_copy(one) for one in ordered[:limit]]

    def shop_of(self, message_id: str) -> str | None:
        found = (one.business_id for one in self._tables.rows["messages"].values() if one.id == message_id)
        return next(found, None)

    def last_webhooks(self, business_id: str | None = None) -> dict[str, datetime]:
        newest: dict[str, datetime] = {}
        for one in sorted(self._tables.inbox.values(), key=lambda one: one.received_at):
            if one.provider != "practice" and business_id in (None, one.business_id):
                newest[one.provider] = one.received_at
        return newest

    def purge(self, now: datetime) -> int:
        return purge(self._tables, now)


class MemoryThrottle:
    """See `salespilots.ports.storage.Throttle`."""

    def __init__(self, tables: Tables) -> None:
        self._hits = tables.throttle

    def hit(self, key: str, *, now: datetime, window: timedelta) -> int:
        start, hits = self._hits.get(key, (now, 0))
        self._hits[key] = (now, 1) if start <= now - window else (start, hits + 1)
        return self._hits[key][1]

    def clear(self, key: str) -> None:
        if key in self._hits:
            del self._hits[key]
