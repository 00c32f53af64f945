"""What is due: the sweeper's questions, and the figures of the backlog."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from salespilots.domain.conversation import Message
from salespilots.domain.inbox import InboxRow, InboxState
from salespilots.domain.waiting import WaitingState
from salespilots.plugins.builtin.storage_sql.conditions import bound, parameters, shape
from salespilots.plugins.builtin.storage_sql.lanes import REST, is_held
from salespilots.plugins.builtin.storage_sql.tables import CODECS, TABLES
from salespilots.plugins.builtin.storage_sql.types import UTCDateTime
from salespilots.plugins.builtin.storage_sql.wire import Wire
from salespilots.ports.storage import one_of
from salespilots.ports.work import (
    BLOCK_TIME,
    COMMENTS_KEPT,
    DELETIONS_KEPT,
    FARTHEST,
    FARTHEST_JOB,
    HELD,
    JOBS_KEPT,
    LEFT_BEHIND,
    LOGINS_KEPT,
    PUT_ASIDE,
    UNDECIDED,
)

LONGEST_LEASE = 300.0
"""Seconds; no lease is given for longer."""

KINDS = 3
"""Of work: events, messages, runs."""


def state_is(table: sa.FromClause, *states: str) -> sa.ColumnElement:
    """In the words of the table's work index, so that it is used."""
    return table.c.state.in_([sa.literal_column(f"'{one}'") for one in states])


def of_shop(table: sa.Table, business_id: str | None) -> list[sa.ColumnElement]:
    """Whose row it is, said so that the work index is used and not one over all that a shop ever had."""
    return [] if business_id is None else [sa.func.coalesce(table.c.business_id, "") == business_id]


class SqlWork:
    """See `salespilots.ports.work.Work`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def _due(self) -> list[tuple[sa.Table, sa.Column, sa.ColumnElement]]:
        """(table, its time of arrival, what makes a row due) of each kind of work, with parameters now and far."""
        inbox, messages, runs = TABLES["inbox"], TABLES["messages"], TABLES["runs"]
        now, far = (sa.bindparam(name, type_=UTCDateTime()) for name in ("now", "far"))

        def due(column: sa.Column) -> sa.ColumnElement:
            return sa.or_(column.is_(None), column <= now, column > far)

        sending = state_is(messages, "queued", "sending", "uncertain")
        decided = sa.or_(messages.c.state != "uncertain", messages.c.next_at.is_not(None))  # else a person's turn
        active = state_is(runs, "ready", "running", "waiting")
        ready = sa.and_(state_is(runs, "ready", "running"), due(runs.c.wake_at))
        waited = sa.and_(runs.c.state == "waiting", runs.c.wake_at <= now)
        new = inbox.c.state == sa.literal_column(f"'{InboxState.NEW}'")
        return [
            (inbox, inbox.c.received_at, sa.and_(new, due(inbox.c.next_at), inbox.c.business_id.is_not(None))),
            (messages, messages.c.created_at, sa.and_(sending, due(messages.c.next_at), decided)),
            (runs, runs.c.created_at, sa.and_(active, sa.or_(ready, waited))),
        ]

    def _free(self) -> list[sa.ColumnElement]:
        """What keeps a row of each kind, in the order of `_due`, from waiting behind another of its lane."""
        rows, inbox = TABLES["inbox"], TABLES["inbox"].alias()
        now, far = (sa.bindparam(name, type_=UTCDateTime()) for name in ("now", "far"))
        put_off = sa.and_(
            inbox.c.state == sa.literal_column(f"'{InboxState.NEW}'"), inbox.c.next_at.is_not(None),
            inbox.c.next_at > now, inbox.c.next_at <= far,
        )  # fmt: skip
        sooner = sa.or_(
            inbox.c.sent_at < rows.c.sent_at,
            sa.and_(inbox.c.sent_at == rows.c.sent_at, inbox.c.position < rows.c.position),
        )
        of_lane = sa.and_(inbox.c.lane == rows.c.lane, inbox.c.business_id == rows.c.business_id)
        messages, ahead = TABLES["messages"], TABLES["messages"].alias()
        passed_by = ahead.c.reason.in_([sa.literal_column(f"'{one}'") for one in LEFT_BEHIND])
        holds = sa.or_(
            messages.c.order_id.is_not(None), ahead.c.state != "uncertain", passed_by.isnot(sa.true()),
            ahead.c.sending_since > sa.bindparam("blocked", type_=UTCDateTime()),
        )  # fmt: skip
        before = sa.and_(
            ahead.c.business_id == messages.c.business_id, ahead.c.lane == messages.c.lane,
            ahead.c.seq < messages.c.seq, state_is(ahead, "queued", "sending", "uncertain"),
            sa.func.coalesce(ahead.c.reason, "") != sa.literal_column(f"'{PUT_ASIDE}'"),
        )  # fmt: skip
        return [
            ~sa.exists().where(of_lane, put_off, sooner),
            ~sa.exists().where(before, holds),
            sa.true(),
        ]

    def due_lanes(self, now: datetime, limit: int = 200) -> list[tuple[str, str]]:
        oldest: dict[tuple[str, str], datetime] = {}
        given = {"now": now, "far": now + FARTHEST, "blocked": now - BLOCK_TIME, "most": limit}
        for index in range(KINDS):
            for shop, lane, at in self._wire.rows(("due_lanes", index), partial(self._due_lanes_of, index), given):
                oldest[shop, lane] = min(at, oldest.get((shop, lane), at))
        return _fair([(at, shop, lane) for (shop, lane), at in oldest.items()], limit)

    def _due_lanes_of(self, index: int) -> sa.Select[Any]:
        """The lanes that one kind of work makes due, a shop's longest waiting first, one of each shop in turn."""
        (table, arrived, due), free, lanes = self._due()[index], self._free()[index], TABLES["lanes"]
        held = sa.select(lanes.c.name).where(is_held(self._wire.dialect, lanes, LONGEST_LEASE))
        first = sa.func.min(arrived)
        turn = sa.func.row_number().over(partition_by=table.c.business_id, order_by=first)
        found = (
            sa.select(table.c.lane, table.c.business_id, first.label("at"), turn.label("turn"))
            .where(due, table.c.lane.not_in(held), free)
            .group_by(table.c.lane, table.c.business_id)
            .subquery()
        )
        columns = (found.c.business_id, found.c.lane, sa.type_coerce(found.c["at"], UTCDateTime()))
        query = sa.select(*columns).order_by(found.c.turn, found.c["at"])
        return query.limit(sa.bindparam("most", type_=sa.Integer))

    def due_of(self, lanes: Sequence[str], now: datetime) -> list[tuple[str, str]]:
        if not lanes:
            return []
        where = [one_of("lane", lanes)]

        def build() -> Any:
            return sa.union(
                *(
                    sa.select(table.c.business_id, table.c.lane).where(*bound(table, where), due)
                    for table, _, due in self._due()
                )
            )

        given = {**parameters(where), "now": now, "far": now + FARTHEST}
        return [(shop, lane) for shop, lane in self._wire.rows(("due_of", shape(where)), build, given)]

    def orders_to_expire(self, now: datetime, limit: int = 100) -> list[tuple[str, str]]:
        table = TABLES["orders"]
        query = sa.select(table.c.business_id, table.c.id).where(table.c.state == "placed", table.c.expires_at <= now)
        return [(shop, order) for shop, order in self._wire.execute(query.order_by("expires_at").limit(limit))]

    def orders_to_remind(self, now: datetime, limit: int = 100) -> list[tuple[str, str]]:
        table = TABLES["orders"]
        query = sa.select(table.c.business_id, table.c.id).where(table.c.remind_at <= now)
        return [(shop, order) for shop, order in self._wire.execute(query.order_by("remind_at").limit(limit))]

    def promises_to_lapse(self, since: datetime, limit: int = 100) -> list[tuple[str, str]]:
        table = TABLES["waiting"]
        query = sa.select(table.c.business_id, table.c.variant_id).distinct()
        query = query.where(
            table.c.state == sa.literal_column(f"'{WaitingState.TOLD}'"), table.c.told_at <= since
        ).limit(limit)
        return [(shop, variant) for shop, variant in self._wire.execute(query)]

    def imports_to_do(self, now: datetime, limit: int = 20) -> list[tuple[str, str]]:
        table = TABLES["imports"]
        query = sa.select(table.c.business_id, table.c.id).where(table.c.next_at.is_not(None), table.c.next_at <= now)
        return [(shop, one) for shop, one in self._wire.execute(query.order_by("next_at").limit(limit))]

    def jobs_to_do(self, now: datetime, limit: int = 200) -> list[tuple[str, str]]:
        return self._to_check("jobs", now, limit, "next_at", FARTHEST_JOB)

    def connections_to_renew(self, now: datetime, limit: int = 40) -> list[tuple[str, str]]:
        table = TABLES["connections"]
        come = sa.or_(table.c.renew_at <= now, table.c.renew_at > now + FARTHEST_JOB)
        due = sa.select(table.c.business_id, table.c.provider).where(come)
        return [(shop, one) for shop, one in self._wire.execute(due.order_by("renew_at").limit(limit))]

    def payments_to_check(self, now: datetime, limit: int = 40) -> list[tuple[str, str]]:
        return self._to_check("payments", now, limit)

    def refunds_to_ask(self, now: datetime, limit: int = 40) -> list[tuple[str, str]]:
        return self._to_check("refunds", now, limit)

    def _to_check(
        self, name: str, now: datetime, limit: int, time: str = "next_check_at", farthest: timedelta = FARTHEST
    ) -> list[tuple[str, str]]:
        """One of each shop in turn, the longest due first."""
        table = TABLES[name]
        at = table.c[time]
        turn = sa.func.row_number().over(partition_by=table.c.business_id, order_by=at)
        due = (
            sa.select(table.c.business_id, table.c.id, at.label("at"), turn.label("turn"))
            .where(sa.or_(at <= now, at > now + farthest))
            .subquery()
        )
        query = sa.select(due.c.business_id, due.c.id).order_by(due.c.turn, due.c.at).limit(limit)
        return [(shop, one) for shop, one in self._wire.execute(query)]

    def backlog(self, now: datetime, business_id: str | None = None) -> dict[str, float]:
        inbox, messages, lanes = TABLES["inbox"], TABLES["messages"], TABLES["lanes"]

        def mine(table: sa.Table) -> list[sa.ColumnElement]:
            return [] if business_id is None else [table.c.business_id == business_id]

        new = inbox.c.state == sa.literal_column(f"'{InboxState.NEW}'")
        dead = inbox.c.state == sa.literal_column(f"'{InboxState.DEAD}'")
        waiting, first = self._wire.execute(
            sa.select(sa.func.count(), sa.func.min(inbox.c.received_at)).where(new, *mine(inbox))
        ).one()
        figures = {"inbox_new": float(waiting), "outbox_queued": 0.0, "outbox_uncertain": 0.0, "outbox_undecided": 0.0}
        counted = sa.select(sa.func.count()).select_from(inbox)
        figures["inbox_dead"] = float(self._wire.execute(counted.where(dead, *mine(inbox))).scalar_one())
        asked = sa.func.coalesce(messages.c.reason, "") == UNDECIDED
        for state, waits, number in self._wire.execute(
            sa.select(messages.c.state, asked, sa.func.count())
            .where(state_is(messages, "queued", "sending", "uncertain"), *of_shop(messages, business_id))
            .group_by(messages.c.state, asked)
        ):
            figures["outbox_uncertain" if state == "uncertain" else "outbox_queued"] += float(number)
            if state == "uncertain" and waits:
                figures["outbox_undecided"] += float(number)
        due, leaves = self._due_since(now, mine(inbox)), self._leaves_since(now, business_id)
        for name, since in (("oldest_seconds", first), ("due_seconds", due), ("outbox_due_seconds", leaves)):
            figures[name] = max(0.0, (now - since).total_seconds()) if since else 0.0
        if business_id is None:
            held = sa.select(sa.func.count()).select_from(lanes)
            holding = sa.and_(is_held(self._wire.dialect, lanes, LONGEST_LEASE), lanes.c.owner != REST)
            figures["lanes_held"] = float(self._wire.execute(held.where(holding)).scalar_one())
        return figures

    def _due_since(self, now: datetime, mine: Sequence[sa.ColumnElement]) -> datetime | None:
        """Since when the longest waiting event could have been handled: of each lane the first counts, as it holds back
        the others."""
        table = TABLES["inbox"]
        place = sa.func.row_number().over(
            partition_by=[table.c.business_id, table.c.lane], order_by=[table.c.sent_at, table.c.position]
        )
        new = table.c.state == sa.literal_column(f"'{InboxState.NEW}'")
        ranked = (
            sa.select(table.c.received_at, table.c.next_at, place.label("place"))
            .where(new, table.c.business_id.is_not(None), *mine)
            .subquery()
        )
        first, come = _waits_since(ranked.c.received_at, ranked.c.next_at, now)
        return self._wire.execute(sa.select(first).where(ranked.c.place == 1, come)).scalar()

    def _leaves_since(self, now: datetime, business_id: str | None) -> datetime | None:
        """Since when the longest waiting message could have left: of each lane that nobody holds the first counts."""
        table, lanes = TABLES["messages"], TABLES["lanes"]
        shop = sa.func.coalesce(table.c.business_id, "")  # as in `of_shop`
        place = sa.func.row_number().over(partition_by=[table.c.lane, shop], order_by=table.c.seq)
        columns = [table.c[name] for name in ("lane", "state", "reason", "created_at", "next_at")]
        ranked = (
            sa.select(*columns, place.label("place"))
            .where(state_is(table, "queued", "sending", "uncertain"), *of_shop(table, business_id))
            .subquery()
        )
        first, come = _waits_since(ranked.c.created_at, ranked.c.next_at, now)
        free = sa.func.coalesce(ranked.c.reason, "").not_in(HELD)
        in_hand = sa.select(lanes.c.name).where(is_held(self._wire.dialect, lanes, LONGEST_LEASE))
        query = sa.select(first).where(ranked.c.place == 1, ranked.c.state == "queued", come, free)
        return self._wire.execute(query.where(ranked.c.lane.not_in(in_hand))).scalar()

    def dead(self, business_id: str | None = None, limit: int = 200, *, before: int | None = None) -> list[InboxRow]:
        table = TABLES["inbox"]
        query = self._events().where(table.c.state == sa.literal_column(f"'{InboxState.DEAD}'"))
        if business_id is not None:
            query = query.where(table.c.business_id == business_id)
        if before is not None:
            query = query.where(table.c.position < before)
        rows = self._wire.execute(query.order_by(table.c.position.desc()).limit(limit))
        return [CODECS["inbox"].make(row) for row in rows]

    def event(self, position: int) -> InboxRow | None:
        if not 0 < position < 2**63:
            return None
        row = self._wire.execute(self._events().where(TABLES["inbox"].c.position == position)).first()
        return CODECS["inbox"].make(row) if row else None

    def _events(self) -> sa.Select[Any]:
        return sa.select(*(TABLES["inbox"].c[name] for name in CODECS["inbox"].names))

    def uncertain(self, business_id: str | None = None, limit: int = 200) -> list[Message]:
        table = TABLES["messages"]
        asked = sa.case((table.c.reason == UNDECIDED, 0), else_=1)
        query = (
            sa.select(*(table.c[name] for name in CODECS["messages"].names))
            .where(state_is(table, "queued", "sending", "uncertain"), table.c.state == "uncertain")
            .where(*of_shop(table, business_id))
            .order_by(asked, table.c.created_at, table.c.seq)
        )
        return [CODECS["messages"].make(row) for row in self._wire.execute(query.limit(limit))]

    def shop_of(self, message_id: str) -> str | None:
        shops, table = TABLES["businesses"], TABLES["messages"]
        query = sa.select(table.c.business_id).where(
            table.c.business_id.in_(sa.select(shops.c.id)), table.c.id == message_id
        )
        return self._wire.execute(query).scalar()

    def last_webhooks(self, business_id: str | None = None) -> dict[str, datetime]:
        inbox = TABLES["inbox"]
        query = sa.select(inbox.c.provider, sa.func.max(inbox.c.received_at)).group_by(inbox.c.provider)
        if business_id is not None:
            query = query.where(inbox.c.business_id == business_id)
        return {provider: at for provider, at in self._wire.execute(query) if provider != "practice"}

    def purge(self, now: datetime) -> int:
        inbox, sessions, links = TABLES["inbox"], TABLES["sessions"], TABLES["password_links"]
        idempotency, throttle, states = TABLES["idempotency"], TABLES["throttle"], TABLES["login_states"]
        jobs, comments, deletions = TABLES["jobs"], TABLES["comments"], TABLES["deletions"]
        # Provider redeliveries stop after 36 hours, but neither provider signs a time: keys stay 90 days.
        statements = [
            sa.delete(inbox).where(inbox.c.state == InboxState.DONE, inbox.c.received_at < now - timedelta(days=90)),
            sa.delete(inbox).where(
                inbox.c.state == InboxState.DISCARDED, inbox.c.received_at < now - timedelta(days=90)
            ),
            sa.delete(inbox).where(inbox.c.state == InboxState.DEAD, inbox.c.received_at < now - timedelta(days=365)),
            sa.delete(inbox).where(inbox.c.state == InboxState.UNROUTED, inbox.c.received_at < now - timedelta(days=5)),
            sa.delete(sessions).where(sessions.c.last_seen_at < now - timedelta(days=14)),
            sa.delete(links).where(links.c.expires_at < now - timedelta(days=1)),
            sa.delete(states).where(states.c.expires_at < now - LOGINS_KEPT),
            sa.delete(jobs).where(jobs.c.next_at.is_(None), jobs.c.created_at < now - JOBS_KEPT),
            sa.delete(comments).where(comments.c.created_at < now - COMMENTS_KEPT),
            sa.delete(deletions).where(deletions.c.done_at < now - DELETIONS_KEPT),
            sa.delete(idempotency).where(idempotency.c.created_at < now - timedelta(days=2)),
            sa.delete(throttle).where(throttle.c.window_start < now - timedelta(days=1)),
        ]
        return sum(self._wire.execute(one).rowcount for one in statements)


def _waits_since(
    arrived: sa.ColumnElement, later: sa.ColumnElement, now: datetime
) -> tuple[sa.ColumnElement[datetime | None], sa.ColumnElement]:
    """The earliest time since which such rows are due, and which of them are."""
    since = sa.case((sa.and_(later > arrived, later <= now), later), else_=arrived)
    come = sa.or_(later.is_(None), later <= now, later > now + FARTHEST)
    return sa.type_coerce(sa.func.min(since), UTCDateTime()), come


def _fair(rows: list[tuple[datetime, str, str]], limit: int) -> list[tuple[str, str]]:
    """Oldest first within a shop, one lane of each shop in turn: a flood at one delays no other."""
    shops: dict[str, deque[str]] = {}
    for _, shop, lane in sorted(rows):
        shops.setdefault(shop, deque()).append(lane)
    picked: list[tuple[str, str]] = []
    while shops and len(picked) < limit:
        for shop in list(shops):
            picked.append((shop, shops[shop].popleft()))
            if not shops[shop]:
                del shops[shop]
    return picked[:limit]
