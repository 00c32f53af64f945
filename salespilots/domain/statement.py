"""Lines of a bank or UPI statement, kept until each is matched with a payment or set aside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class LineState(StrEnum):
    """What became of a line."""

    UNMATCHED = "unmatched"
    MATCHED = "matched"
    IGNORED = "ignored"  # money of something else


@dataclass(slots=True, kw_only=True)
class StatementLine:
    """Money that came in. ``utr`` is the bank's reference (12 digits for UPI), unique in the shop where it is known."""

    id: str
    business_id: str
    created_at: datetime
    day: str  # the day the bank names, YYYY-MM-DD
    amount_paise: int
    fingerprint: str  # of the whole line, so that the same statement can be brought in twice
    utr: str | None = None
    text: str = ""
    state: LineState = LineState.UNMATCHED
    payment_id: str | None = None
    order_id: str | None = None
    version: int = 0
