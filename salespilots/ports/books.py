"""The two append-only books of a shop: stock with its ledger, and what happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from salespilots.domain.events import Event
from salespilots.domain.stock import StockLevel, StockMovement


class StockBook(Protocol):
    """Levels and their ledger, changed together."""

    def levels(self, variant_ids: Sequence[str]) -> dict[str, StockLevel]:
        """The level of each id; a variant without movements has zeroes."""
        ...

    def move(self, movements: Sequence[StockMovement]) -> dict[str, StockLevel]:
        """Book all, or raise `OutOfStock` (on_hand or available would go below zero): leave the unit without commit then.

        Returns the levels of what was booked; a movement whose ``cause_key`` was booked before is left out. One guarded
        update per variant, in order of variant id, so that buyers at the same moment never oversell and never deadlock.
        """
        ...

    def movements(self, variant_id: str, limit: int = 50) -> list[StockMovement]:
        """Newest first."""
        ...


class EventLog(Protocol):
    """The shop's log. Recorded events get their ``seq`` on commit."""

    def after(self, seq: int, limit: int = 200) -> list[Event]:
        """Events with a larger ``seq``, in order."""
        ...

    def last_seq(self) -> int:
        """The newest number given."""
        ...

    def about(self, key: str, value: str, limit: int = 100, but: str = "") -> list[Event]:
        """Events whose ids contain ``key: value``, oldest first; without those whose type begins with ``but``."""
        ...

    def latest(self, types: Sequence[str], limit: int = 20) -> list[Event]:
        """The newest events of these types, newest first."""
        ...
