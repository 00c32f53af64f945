"""Everything kept, as dictionaries and lists, and what a condition means on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from salespilots.domain.events import Event
from salespilots.domain.inbox import InboxRow
from salespilots.domain.stock import StockLevel, StockMovement
from salespilots.ports.storage import Where
from salespilots.ports.work import Worker

SCOPED = (
    "products", "variants", "customers", "identities", "conversations", "messages", "orders", "payments", "refunds",
    "workflows", "workflow_versions", "runs", "steps", "memberships", "connections", "api_keys", "idempotency",
    "gates", "waiting", "imports", "import_rows", "discounts", "discount_uses", "invoices", "statement_lines",
    "unmatched", "jobs", "comments", "posts", "tags", "templates", "splits",
)  # fmt: skip


@dataclass(slots=True)
class Holding:
    """A lane: ``until`` seconds of the storage's clock."""

    owner: str | None = None
    until: float = 0.0
    fence: int = 0
    orphaned: int = 0


class Tables:
    """Everything kept."""

    def __init__(self) -> None:
        names = (*SCOPED, "businesses", "users", "sessions", "password_links", "login_states", "deletions")
        self.rows: dict[str, dict[str, Any]] = {name: {} for name in names}
        self.inbox: list[InboxRow] = []
        self.events: dict[str, list[Event]] = {}
        self.counters: dict[tuple[str, str], int] = {}
        self.levels: dict[tuple[str, str], StockLevel] = {}
        self.movements: list[StockMovement] = []
        self.lanes: dict[str, Holding] = {}
        self.workers: dict[str, tuple[Worker, float, float | None]] = {}
        self.throttle: dict[str, tuple[datetime, int]] = {}


def holds(row: Any, where: Where) -> bool:
    """Whether a row fits a condition."""
    if where.op == "any":
        return any(holds(row, one) for one in where.value)
    if where.op == "like":
        words = where.value.lower()
        return any(words in _text(getattr(row, name)) for name in where.field.split("|"))
    value, wanted = getattr(row, where.field), where.value
    match where.op:
        case "eq":
            return value == wanted
        case "ne":
            return value is not None and value != wanted
        case "in":
            return value in wanted
        case "is_null":
            return value is None
        case "not_null":
            return value is not None
        case "has":
            return wanted in value
    if value is None:
        return False
    return {"lt": value < wanted, "le": value <= wanted, "gt": value > wanted, "ge": value >= wanted}[where.op]


def _text(value: Any) -> str:
    return str(value or "").lower()
