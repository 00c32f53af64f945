"""Deleting what nobody needs any more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from salespilots.domain.inbox import InboxRow, InboxState
from salespilots.plugins.builtin.storage_memory.tables import Tables
from salespilots.ports.work import COMMENTS_KEPT, DELETIONS_KEPT, JOBS_KEPT, LOGINS_KEPT

EVENTS_KEPT = {
    InboxState.DONE: timedelta(days=90), InboxState.DISCARDED: timedelta(days=90), InboxState.DEAD: timedelta(days=365),
    InboxState.UNROUTED: timedelta(days=5),
}  # fmt: skip


def purge(tables: Tables, now: datetime) -> int:
    """See `salespilots.ports.work.Work.purge`."""

    def old(one: InboxRow) -> bool:
        kept = EVENTS_KEPT.get(one.state)
        return kept is not None and one.received_at < now - kept

    gone = 0
    for position in [position for position, one in tables.inbox.items() if old(one)]:
        del tables.inbox[position]
        gone += 1
    rules: dict[str, Callable[[Any], bool]] = {
        "jobs": lambda one: one.next_at is None and one.created_at < now - JOBS_KEPT,
        "comments": lambda one: one.created_at < now - COMMENTS_KEPT,
        "deletions": lambda one: one.done_at is not None and one.done_at < now - DELETIONS_KEPT,
        "login_states": lambda one: one.expires_at < now - LOGINS_KEPT,
    }
    for name, is_old in rules.items():
        rows = tables.rows[name]
        for id in [id for id, one in rows.items() if is_old(one)]:
            del rows[id]
            gone += 1
    return gone
