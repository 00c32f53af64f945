"""Stock and the event log."""

from __future__ import annotations

from collections.abc import Sequence

from salespilots.domain.copies import own_copy
from salespilots.domain.errors import OutOfStock
from salespilots.domain.events import Event
from salespilots.domain.stock import StockLevel, StockMovement
from salespilots.plugins.builtin.storage_memory.tables import Log, Tables


class MemoryStockBook:
    """See `salespilots.ports.books.StockBook`."""

    def __init__(self, tables: Tables, business_id: str) -> None:
        self._tables, self._business_id = tables, business_id

    def levels(self, variant_ids: Sequence[str]) -> dict[str, StockLevel]:
        return {
            one: own_copy(self._tables.levels.get((self._business_id, one), StockLevel(variant_id=one)))
            for one in variant_ids
        }

    def move(self, movements: Sequence[StockMovement]) -> dict[str, StockLevel]:
        new: dict[str, list[StockMovement]] = {}
        causes: set[str] = set()
        for one in sorted(movements, key=lambda each: each.variant_id):
            key = (self._business_id, one.cause_key)
            if key not in self._tables.movements and one.cause_key not in causes:
                causes.add(one.cause_key)
                new.setdefault(one.variant_id, []).append(one)
        moved: dict[str, StockLevel] = {}
        for variant_id, some in new.items():
            level = self.levels([variant_id])[variant_id]
            on_hand = level.on_hand + sum(one.on_hand_delta for one in some)
            reserved = level.reserved + sum(one.reserved_delta for one in some)
            if reserved < 0 or on_hand < reserved:
                raise OutOfStock(
                    f"Only {level.available} available.", variant_id=variant_id, available=level.available,
                    reserved=level.reserved, on_hand=level.on_hand,
                )  # fmt: skip
            for one in some:
                self._tables.movements[(self._business_id, one.cause_key)] = one
            level = StockLevel(variant_id=variant_id, on_hand=on_hand, reserved=reserved)
            self._tables.levels[(self._business_id, variant_id)] = level
            moved[variant_id] = own_copy(level)
        return moved

    def movements(self, variant_id: str, limit: int = 50) -> list[StockMovement]:
        rows = [
            one
            for one in self._tables.movements.values()
            if one.business_id == self._business_id and one.variant_id == variant_id
        ]
        return sorted(rows, key=lambda one: (one.at, one.id), reverse=True)[:limit]


class MemoryEventLog:
    """See `salespilots.ports.books.EventLog`."""

    def __init__(self, tables: Tables, business_id: str) -> None:
        self._kept = tables.events.get(business_id) or Log()
        self._log = self._kept.all

    def after(self, seq: int, limit: int = 200) -> list[Event]:
        return self._log[max(0, seq) : max(0, seq) + limit]

    def last_seq(self) -> int:
        return len(self._log)

    def about(self, key: str, value: str, limit: int = 100, but: str = "") -> list[Event]:
        found = (one for one in self._log if one.ids.get(key) == value)
        return [one for one in found if not but or not one.type.startswith(but)][:limit]

    def latest(self, types: Sequence[str], limit: int = 20) -> list[Event]:
        found = [one for kind in set(types) for one in self._kept.by_type.get(kind, [])[-limit:]]
        return sorted(found, key=lambda one: -one.seq)[:limit]
