"""Which way of a test a run took, and the paid order that came of it: what tells the ways apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

CREDITED_FOR = timedelta(days=7)
"""An order that the same customer pays within so long after the way was taken counts for it, once."""


@dataclass(slots=True, kw_only=True)
class SplitTaken:
    """One run at one test. ``paid_paise``: what the order was worth when it was fully paid."""

    id: str
    business_id: str
    workflow_id: str
    step_id: str
    way: str
    run_id: str
    customer_id: str
    taken_at: datetime
    order_id: str | None = None
    paid_paise: int = 0
    practice: bool = False
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WayFigures:
    """What came of one way: runs that took it, how many of them led to a paid order, and what those were worth."""

    way: str
    taken: int
    paid_orders: int
    paid_paise: int
