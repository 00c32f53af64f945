"""Everything kept, as dictionaries and lists, and what a condition means on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from salespilots.domain.events import Event
from salespilots.plugins.builtin.storage_memory.noted import InboxRows, Journal, Noted, Rows
from salespilots.ports.storage import Where

SCOPED = (
    "products", "variants", "customers", "identities", "conversations", "messages", "orders", "payments", "refunds",
    "workflows", "workflow_versions", "runs", "steps", "memberships", "connections", "api_keys", "idempotency",
    "gates", "waiting", "imports", "import_rows", "discounts", "discount_uses", "invoices", "statement_lines",
    "unmatched", "jobs", "comments", "posts", "tags", "templates", "splits", "cases",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Holding:
    """A lane: ``until`` seconds of the storage's clock."""

    owner: str | None = None
    until: float = 0.0
    fence: int = 0
    orphaned: int = 0


class Log:
    """A shop's events. They are written with a commit and never taken back."""

    def __init__(self) -> None:
        self.all: list[Event] = []
        self.by_type: dict[str, list[Event]] = {}

    def add(self, event: Event) -> None:
        self.all.append(event)
        self.by_type.setdefault(event.type, []).append(event)


class Tables:
    """Everything kept. ``journal``: how to take back what the open unit changed."""

    def __init__(self) -> None:
        names = (*SCOPED, "businesses", "users", "sessions", "password_links", "login_states", "deletions")
        self.journal: Journal = []
        self.touched: set[str] = set()
        """Collections that the open unit changed."""
        self.rows: dict[str, Rows] = {name: Rows(name, self.journal, self.touched) for name in names}
        self.inbox = InboxRows(self.journal)
        self.events: dict[str, Log] = {}
        self.counters = Noted(self.journal)
        """(shop, name) to number."""
        self.levels = Noted(self.journal)
        """(shop, variant id) to `StockLevel`."""
        self.movements = Noted(self.journal)
        """(shop, cause key) to `StockMovement`, in order."""
        self.lanes = Noted(self.journal)
        """Name to `Holding`."""
        self.workers = Noted(self.journal)
        """Id to (worker, seen, swept)."""
        self.throttle = Noted(self.journal)
        """Key to (start, hits)."""

    def take_back(self, mark: int) -> None:
        """Undo what was changed since the journal was that long."""
        while len(self.journal) > mark:
            undo, key, before = self.journal.pop()
            undo(key, before)


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
