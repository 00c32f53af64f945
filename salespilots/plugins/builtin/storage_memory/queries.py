"""The read models over dictionaries; the contract suite holds them to what SQL answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from salespilots.domain.inbox import InboxState
from salespilots.domain.order_states import ACCEPTED
from salespilots.domain.stock import MovementKind, StockLevel
from salespilots.ports.figures import Figures
from salespilots.ports.storage import Where
from salespilots.ports.work import UNDECIDED

GONE = ("cancelled", "skipped", "failed")
ARRIVED = ("sent", "delivered", "read")


class MemoryQueries:
    """See `salespilots.ports.storage.Queries`."""

    def __init__(self, tables: Any, business_id: str, holds: Callable[[Any, Where], bool]) -> None:
        self._tables, self._business_id, self._holds = tables, business_id, holds

    def _rows(self, name: str, practice: bool = True) -> list[Any]:
        return [
            one
            for one in self._tables.rows[name].values()
            if one.business_id == self._business_id and (practice or not getattr(one, "practice", False))
        ]

    def _refunds(self, practice: bool) -> list[Any]:
        payments = {one.id for one in self._rows("payments", practice)}
        return [one for one in self._rows("refunds") if one.payment_id in payments and one.state != "failed"]

    def figures(self, start: datetime, end: datetime, *, practice: bool) -> Figures:
        def within(at: datetime | None) -> bool:
            return at is not None and start <= at < end

        payments = [
            one for one in self._rows("payments", practice) if one.state == "captured" and within(one.captured_at)
        ]
        orders = self._rows("orders", practice)
        messages = [one for one in self._rows("messages", practice) if within(one.created_at)]
        alive = [one for one in messages if one.kind != "event" and one.state not in GONE]
        chats = {one.id for one in self._rows("conversations", practice)}
        shown = {one.ids.get("conversation_id") for one in self._shown() if within(one.at)}
        automated, answered, waits = self._replies(messages)
        given_back = sum(one.amount_paise for one in self._refunds(practice) if within(one.created_at))
        return Figures(
            revenue_paise=sum(one.amount_paise for one in payments) - given_back,
            orders=sum(within(one.placed_at) for one in orders),
            paid_orders=sum(within(one.paid_at) for one in orders),
            new_customers=sum(within(one.created_at) for one in self._rows("customers", practice)),
            messages_in=sum(one.direction == "in" for one in alive),
            messages_out=sum(one.direction == "out" for one in alive),
            chats=len({one.conversation_id for one in messages if one.direction == "in"}),
            shown=len(shown & chats),
            ordered=len({one.conversation_id for one in orders if within(one.placed_at) and one.conversation_id}),
            paid=len({one.conversation_id for one in orders if within(one.paid_at) and one.conversation_id}),
            answered_chats=answered,
            automated_chats=automated,
            reply_seconds=tuple(waits),
        )

    def _shown(self) -> list[Any]:
        log = self._tables.events.get(self._business_id)
        return log.by_type.get("product.shown", []) if log else []

    def _replies(self, messages: list[Any]) -> tuple[int, int, list[float]]:
        chats: dict[str, list[Any]] = {}
        for one in messages:
            if one.author != "system":
                chats.setdefault(one.conversation_id, []).append(one)
        automated = answered = 0
        waits: list[float] = []
        for rows in chats.values():
            replies = [one for one in rows if one.direction == "out" and one.state in ARRIVED]
            if not replies:
                continue
            answered += 1
            automated += all(one.author != "agent" for one in rows)
            asked = [one.created_at for one in rows if one.direction == "in"]
            told = [one.sent_at for one in replies if one.sent_at]
            if asked and told and min(told) >= min(asked):
                waits.append((min(told) - min(asked)).total_seconds())
        return automated, answered, waits

    def revenue(
        self, start: datetime, end: datetime, step: timedelta, *, practice: bool
    ) -> list[tuple[datetime, int, int]]:
        size = max(1, int((end - start) / step))
        money, paid = [0] * size, [0] * size

        def place(at: datetime) -> int:
            return min(size - 1, max(0, int((at - start) / step)))

        for one in self._rows("payments", practice):
            if one.state == "captured" and one.captured_at and start <= one.captured_at < end:
                money[place(one.captured_at)] += one.amount_paise
        for one in self._refunds(practice):
            if start <= one.created_at < end:
                money[place(one.created_at)] -= one.amount_paise
        for one in self._rows("orders", practice):
            if one.paid_at and start <= one.paid_at < end:
                paid[place(one.paid_at)] += 1
        return [(start + step * index, money[index], paid[index]) for index in range(size)]

    def count_by(self, collection: str, field: str, *where: Where) -> dict[str, int]:
        some = self._tables.rows[collection].candidates(where)
        mine = (one for one in some if one.business_id == self._business_id)
        rows = [one for one in mine if all(self._holds(one, each) for each in where)]
        return dict(Counter(str(getattr(one, field)) for one in rows))

    def product_stock(self, *, low_at: int) -> dict[str, tuple[int, int, bool]]:
        found: dict[str, list[StockLevel]] = {}
        own = {one.id: one.low_stock for one in self._rows("products")}
        low = {product_id: low_at if level is None else level for product_id, level in own.items()}
        for one in self._rows("variants"):
            if not one.archived:
                level = self._tables.levels.get((self._business_id, one.id), StockLevel(variant_id=one.id))
                found.setdefault(one.product_id, []).append(level)
        return {
            product_id: (
                sum(one.on_hand for one in levels),
                sum(one.on_hand - one.reserved for one in levels),
                min(one.on_hand - one.reserved for one in levels) <= low[product_id],
            )
            for product_id, levels in found.items()
        }

    def sold(self, variant_ids: Sequence[str], since: datetime) -> dict[str, int]:
        accepted = {one.id for one in self._rows("orders") if one.state in ACCEPTED}
        found: Counter[str] = Counter()
        for one in self._tables.movements.values():
            mine = one.business_id == self._business_id and one.variant_id in variant_ids and one.order_id in accepted
            if mine and one.kind is MovementKind.RESERVE and one.at >= since:
                found[one.variant_id] += one.reserved_delta
        return dict(found)

    def undecided(self) -> tuple[int, str | None]:
        found = [one for one in self._rows("messages") if one.state == "uncertain" and one.reason == UNDECIDED]
        oldest = min(found, key=lambda one: one.created_at, default=None)
        return len(found), oldest.conversation_id if oldest else None

    def given_up(self) -> int:
        mine = (one for one in self._tables.inbox.values() if one.business_id == self._business_id)
        return sum(one.state is InboxState.DEAD for one in mine)

    def preview_counts(self) -> dict[str, int]:
        chats = [one for one in self._rows("conversations") if one.state != "closed"]
        orders = self._rows("orders")
        return {
            "waiting": sum(one.waiting_since is not None for one in chats),
            "unread": sum(one.unread > 0 for one in chats),
            "to_pack": sum(one.state == "confirmed" for one in orders),
            "attention": sum(one.needs_attention for one in orders),
        }
