"""One answer per idempotency key of the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True, kw_only=True)
class IdempotencyRecord:
    """``status`` None while the first request still runs."""

    id: str
    business_id: str
    key: str
    request_hash: str
    created_at: datetime
    status: int | None = None
    body: str | None = None
    version: int = 0
