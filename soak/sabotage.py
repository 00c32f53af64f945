"""What a campaign changes in the processes under test: nothing, time that passes quicker, or a defence taken away.

A judge that never says "guilty" proves nothing. Each of the controls takes away one thing that the promise stands on; the
same campaign must then fail. They are here and nowhere else: the product has no switch for them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

VARIABLE = "SOAK_SABOTAGE"


def quick() -> None:
    """Leases, echo times and back-offs of seconds instead of half minutes: an hour's worth of trouble in minutes."""
    from salespilots.domain import gate
    from salespilots.services.messaging import doubts, evidence, pieces, turns
    from salespilots.tasks import crew

    evidence.CLOCKS_APART = timedelta(seconds=3)  # a chat of an hour in ten seconds would be too long to read back
    doubts.ECHO_TIME, doubts.LOOK_SELDOM = timedelta(seconds=2), timedelta(seconds=10)
    doubts.CALL_OVER = 1.5
    turns.TTL = crew.TTL = timedelta(seconds=6)
    turns.RENEW_SECONDS = crew.RENEW_SECONDS = 2.0
    pieces.BEGIN_WITHIN = 3.0
    gate.PAUSES = (1, 1, 2, 2, 3, 3)
    _look_often()


def _look_often() -> None:
    """Read chats back as often as needed: the waiting that the real limit asks for was made short, too."""
    import dataclasses

    from salespilots_channel_instagram import hooks

    hooks.PROVIDER = dataclasses.replace(
        hooks.PROVIDER, capabilities=dataclasses.replace(hooks.PROVIDER.capabilities, looks_per_second=50.0)
    )


def blind_resend() -> None:
    """A send without an answer is sent again at once."""
    from salespilots.services.messaging.marks import later_in
    from salespilots.services.messaging.uncertain import Uncertain

    def again(self: Uncertain, uow: Any, message: Any, now: Any, reason: str) -> None:
        later_in(uow, message, now, reason)

    Uncertain.doubt_in = again  # type: ignore[method-assign]


def no_fence() -> None:
    """Whoever was frozen for longer than its lease goes on as if it still held its lanes."""
    from salespilots.plugins.builtin.storage_sql import lanes
    from salespilots.services.messaging import outbox, pieces

    def everybody(self: lanes.SqlLanes, leases: Any, also: Any = ()) -> Any:
        asked = honest(self, leases, also)
        return lanes.Ask(asked.key, asked.build, asked.values, lambda statement, rows: {one.lane for one in leases})

    honest = lanes.SqlLanes.ask_hold
    pieces.BEGIN_WITHIN = outbox.FRESH_SECONDS = float("inf")
    lanes.SqlLanes.ask_hold = everybody  # type: ignore[method-assign]


def no_unique_key() -> None:
    """An event that comes again is another event."""
    from salespilots.plugins.builtin.storage_sql.inbox import SqlInbox
    from salespilots.services.messaging.desk import Desk

    honest = SqlInbox.accept

    def accept(self: SqlInbox, rows: Any) -> Any:
        import secrets

        for row in rows:
            row.event_id = f"{row.event_id}:{secrets.token_hex(4)}"
            if row.port == "channel" and row.payload.get("kind") != "echo":
                row.payload = {**row.payload, "message_ref": row.event_id}
        return honest(self, rows)

    SqlInbox.accept = accept  # type: ignore[method-assign]
    Desk.is_known = lambda self, conversation, ref: False  # type: ignore[method-assign]


def deaf() -> None:
    """No wake-up ever arrives: only the sweepers find work."""
    from salespilots.bells import BellReceiver, LocalBell
    from salespilots.queueing import HueyDoorbell

    LocalBell.ring = HueyDoorbell.ring = lambda self, *lanes: None  # type: ignore[method-assign]
    BellReceiver._listen = lambda self: None  # type: ignore[method-assign]


def no_guard() -> None:
    """Stock is promised without looking whether it is there."""
    from salespilots.plugins.builtin.storage_sql.ledger import SqlStockBook

    honest = SqlStockBook.move

    def move(self: SqlStockBook, movements: Any) -> bool:
        import dataclasses

        there = self.levels([one.variant_id for one in movements])
        free = [
            dataclasses.replace(one, reserved_delta=0) if one.reserved_delta > there[one.variant_id].available else one
            for one in movements
        ]
        return honest(self, free)

    SqlStockBook.move = move  # type: ignore[method-assign]


CHANGES: dict[str, Callable[[], None]] = {
    one.__name__: one for one in (quick, blind_resend, no_fence, no_unique_key, deaf, no_guard)
}


def apply(names: str) -> None:
    """Change what is named, comma separated."""
    for name in filter(None, names.split(",")):
        CHANGES[name]()
