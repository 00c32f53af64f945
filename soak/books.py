"""The product's own books of a campaign, opened past its processes: a second opinion, after the judge's."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any, TypeVar

from salespilots.ports.storage import StorageUnavailable, eq, one_of
from soak.scripts import BUYERS, SCRIPTS, Cast
from soak.stage import Stage

PATIENCE = 60
"""Seconds for which a database that is away is asked again: it may be part of the trouble."""

T = TypeVar("T")


def patiently(read: Callable[..., T]) -> Callable[..., T]:
    """Read again while the database is away."""

    @functools.wraps(read)
    def wrapper(*args: Any) -> T:
        ends = time.monotonic() + PATIENCE
        while True:
            try:
                return read(*args)
            except StorageUnavailable:
                if time.monotonic() > ends:
                    raise
                time.sleep(0.2)

    return wrapper


class Books:
    """Chats, orders and payments as they are stored."""

    def __init__(self, stage: Stage) -> None:
        self._services, self._shop = stage.product.application().services, stage.shop_id

    @patiently
    def of(self, people: Cast) -> list[str]:
        """What is wrong with these customers' messages and orders, a line each."""
        wrong: list[str] = []
        with self._services.core.storage.unit_of_work(self._shop, read_only=True) as uow:
            chats = uow.conversations.select(one_of("customer_ref", list(people)))
            by_ref = {one.customer_ref: one for one in chats}
            if len(by_ref) != len(chats):
                wrong.append(f"{len(chats)} chats of {len(by_ref)} customers")
            for who, script in people.items():
                if who not in by_ref:
                    wrong.append(f"{who} has no chat")
                    continue
                messages = uow.messages.select(eq("conversation_id", by_ref[who].id), order="seq")
                said = [one.text for one in messages if one.direction == "in"]
                if said != list(SCRIPTS[script]):
                    wrong.append(f"{who} wrote {list(SCRIPTS[script])}, stored is {said}")
                ends = {(str(one.state), one.reason) for one in messages if one.direction == "out"}
                if ends - {("sent", None), ("read", None)}:
                    wrong.append(f"{who} has messages that ended as {ends}")
                orders = uow.orders.select(eq("customer_id", by_ref[who].customer_id))
                wanted = [("confirmed", "paid")] if script in BUYERS else []
                if [(str(one.state), str(one.payment_status)) for one in orders] != wanted:
                    wrong.append(f"{who} has orders {[(str(one.state), str(one.payment_status)) for one in orders]}")
        return wrong

    @patiently
    def story(self, who: str) -> list[str]:
        """What happened to a customer, a line each: for whoever has to find out why."""
        lines: list[tuple[str, str]] = []
        with self._services.core.storage.unit_of_work(self._shop, read_only=True) as uow:
            for chat in uow.conversations.select(eq("customer_ref", who)):
                for run in uow.runs.select(eq("conversation_id", chat.id)):
                    lines.append((f"{run.created_at:%T.%f}", f"run {run.id[-5:]} {run.state} {run.result} {run.data}"))
                    for step in uow.steps.select(eq("run_id", run.id)):
                        said = f"step {run.id[-5:]} {step.step_id} {step.outcome} try {step.attempt} {step.branch} {step.reason}"
                        lines.append((f"{step.started_at:%T.%f}", said))
                for one in uow.messages.select(eq("conversation_id", chat.id)):
                    said = f"{one.direction} {one.seq} {one.state} {one.reason} tries {one.attempts} {one.text[:40]!r}"
                    lines.append((f"{one.created_at:%T.%f}", said))
                for event in uow.events.about("conversation_id", chat.id, limit=300):
                    if event.type.startswith(("conversation", "message.unc", "message.arr", "message.can", "inbox")):
                        lines.append((f"{event.at:%T.%f}", f"{event.type} {event.data}"))
        return [f"{at} {said}" for at, said in sorted(lines)]

    @patiently
    def unpaid(self, people: Cast) -> set[str]:
        """References of the payments that these customers have not made."""
        with self._services.core.storage.unit_of_work(self._shop, read_only=True) as uow:
            chats = uow.conversations.select(one_of("customer_ref", list(people)))
            orders = uow.orders.select(one_of("customer_id", [one.customer_id for one in chats]))
            payments = uow.payments.select(one_of("order_id", [one.id for one in orders]))
        return {one.reference for one in payments}

    @patiently
    def backlog(self) -> dict[str, float]:
        """What waits."""
        now = self._services.core.clock.now()
        with self._services.core.storage.system_unit_of_work(read_only=True) as system:
            found = system.work.backlog(now)
            due = len(system.work.due_lanes(now, 10))
        return {**{name: found[name] for name in ("inbox_new", "outbox_queued", "outbox_uncertain")}, "due": due}
