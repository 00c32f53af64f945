"""Stock as an append-only ledger with levels kept in step.

``on_hand`` is what lies on the shelf, ``reserved`` what is promised to orders, ``available`` the rest. Each
movement changes one or both and carries a unique ``cause_key``, so the same cause never counts twice. The
level row always equals the sum of its movements.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class MovementKind(StrEnum):
    """Why stock changed."""

    RECEIVE = "receive"
    ADJUST = "adjust"
    SOLD_ELSEWHERE = "sold_elsewhere"
    DAMAGED = "damaged"
    RETURN = "return"
    RESERVE = "reserve"  # an order was placed: reserved +n
    RELEASE = "release"  # it was cancelled or expired: reserved -n
    SHIP = "ship"  # it left: reserved -n, on_hand -n


OWNER_REASONS = (
    MovementKind.RECEIVE,
    MovementKind.ADJUST,
    MovementKind.SOLD_ELSEWHERE,
    MovementKind.DAMAGED,
    MovementKind.RETURN,
)
"""The reasons an owner may give for a change by hand."""


@dataclass(slots=True, kw_only=True)
class StockLevel:
    """The current figures of one variant."""

    variant_id: str
    on_hand: int = 0
    reserved: int = 0

    @property
    def available(self) -> int:
        """Pieces that can still be promised."""
        return max(0, self.on_hand - self.reserved)


@dataclass(frozen=True, slots=True, kw_only=True)
class StockMovement:
    """One line of the ledger."""

    id: str
    business_id: str
    variant_id: str
    kind: MovementKind
    on_hand_delta: int
    reserved_delta: int
    cause_key: str
    at: datetime
    order_id: str | None = None
    note: str = ""
    actor: str = "system"
