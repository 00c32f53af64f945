"""Small work apart from a chat's turn: done at its time, tried again after trouble, given up with the reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True, kw_only=True)
class Job:
    """One piece. ``key`` is unique in the shop, so that asking for it twice is harmless; ``payload`` holds ids and
    addresses, never a secret or a customer's words. ``next_at`` None: done, or given up with an ``error``."""

    id: str
    business_id: str
    kind: str
    key: str
    created_at: datetime
    next_at: datetime | None
    payload: dict = field(default_factory=dict)
    attempts: int = 0
    error: str | None = None
    done_at: datetime | None = None
    version: int = 0
