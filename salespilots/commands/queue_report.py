"""What ``queue status`` tells: one object for programs, lines for people. Never a customer's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from salespilots.doctor import duration
from salespilots.domain.conversation import Message
from salespilots.domain.inbox import InboxRow
from salespilots.ports.work import UNDECIDED, Worker
from salespilots.services.container import Services
from salespilots.services.stuck import Figures, event_id, is_alive


def facts_and_lines(services: Services) -> tuple[dict[str, Any], list[str]]:
    """Both forms of the same figures."""
    stuck, now = services.stuck, services.core.clock.now()
    figures, events, sends = stuck.figures(), stuck.events(), stuck.sends()
    slugs = stuck.slugs([*(one.business_id or "" for one in events), *(one.business_id for one in sends)])
    dead = [_dead(one, slugs, now) for one in events]
    uncertain = [_uncertain(one, slugs, now) for one in sends]
    facts = {
        "backlog": {**figures.backlog, "workers_alive": figures.alive, "last_sweep_seconds": _rounded(figures.last_sweep)},
        "workers": [_worker(one) for one in figures.workers], "dead": dead, "uncertain": uncertain,
    }  # fmt: skip
    return facts, _lines(figures, dead, uncertain)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def _worker(one: Worker) -> dict[str, Any]:
    return {
        "id": one.id, "host": one.host, "pid": one.pid, "version": one.version, "alive": is_alive(one),
        "seen_seconds": _rounded(one.seen_age), "swept_seconds": _rounded(one.swept_age), "lanes": one.lanes,
    }  # fmt: skip


def _dead(row: InboxRow, slugs: Mapping[str, str], now: datetime) -> dict[str, Any]:
    return {
        "id": event_id(row), "shop": slugs.get(row.business_id or "", ""), "channel": row.provider, "kind": row.kind,
        "age_seconds": _age(row.received_at, now), "tries": row.attempts, "error": row.error or "",
    }  # fmt: skip


def _uncertain(one: Message, slugs: Mapping[str, str], now: datetime) -> dict[str, Any]:
    return {
        "id": one.id, "shop": slugs.get(one.business_id, ""), "channel": one.provider, "kind": one.kind,
        "age_seconds": _age(one.sending_since or one.created_at, now), "tries": one.attempts, "error": one.reason or "",
        "needs_decision": one.reason == UNDECIDED,
    }  # fmt: skip


def _age(since: datetime, now: datetime) -> float:
    return max(0.0, round((now - since).total_seconds(), 1))


def _lines(figures: Figures, dead: Sequence[dict[str, Any]], uncertain: Sequence[dict[str, Any]]) -> list[str]:
    backlog = figures.backlog
    lines = [f"Workers: {figures.alive} alive" + ("" if figures.alive else ", start `salespilots work`")]
    for one in figures.workers:
        swept = "never looked for work" if one.swept_age is None else f"looked for work {duration(one.swept_age)} ago"
        silent = "" if is_alive(one) else f", silent for {duration(one.seen_age)}"
        lines.append(f"  {one.host} {one.pid}, version {one.version}: {swept}, {one.lanes} lanes{silent}")
    oldest = f", the oldest for {duration(backlog['oldest_seconds'])}" if backlog["inbox_new"] else ""
    could_leave = f", one could have left {duration(due)} ago" if (due := backlog["outbox_due_seconds"]) >= 1 else ""
    lines.append(
        f"Waiting: {backlog['inbox_new']:.0f} events{oldest}, {backlog['outbox_queued']:.0f} messages{could_leave}"
    )
    lines.append(f"Lanes held: {backlog['lanes_held']:.0f}")
    lines.append(f"Given up: {backlog['inbox_dead']:.0f} events" + _shown(dead, backlog["inbox_dead"]))
    lines += _table(dead)
    asked = f", {backlog['outbox_undecided']:.0f} of them wait for a decision" if uncertain else ""
    lines.append(
        f"Uncertain: {backlog['outbox_uncertain']:.0f} sends{asked}" + _shown(uncertain, backlog["outbox_uncertain"])
    )
    lines += _table(uncertain)
    if dead:
        lines.append("`salespilots queue retry ID` handles an event again, `discard ID` leaves it for good.")
    if uncertain:
        lines.append(
            "`salespilots queue retry ID` sends a message again that waits for a decision, `discard ID` takes any as arrived."
        )
    return lines


def _shown(items: Sequence[object], number: float) -> str:
    return f" ({len(items)} shown)" if len(items) < number else ""


def _table(items: Sequence[dict[str, Any]]) -> list[str]:
    rows = [
        (one["id"], one["shop"], one["channel"], one["kind"], duration(one["age_seconds"]), f"tries {one['tries']}", one["error"])
        for one in items
    ]  # fmt: skip
    widths = [max((len(row[place]) for row in rows), default=0) for place in range(7)]
    return [
        "  " + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
