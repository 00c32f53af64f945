"""The storage port: units of work, each one short transaction, scoped to one shop from its first line.

A `UnitOfWork` belongs to one business; nothing it returns or changes can be another's. Cross-shop work (sign-in,
webhook routing, sweeps) uses a `SystemUnitOfWork`, which offers only what that work needs.

Rows are the domain's dataclasses, given out as copies: change one and `save` it. ``version`` is checked on
`save`, or when the unit writes what was saved, at the latest on `commit`; a mismatch raises `StaleEntity` and the
service repeats the use case. What was saved is what the same unit reads next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from salespilots.domain import business as b
from salespilots.domain import conversation as c
from salespilots.domain import customer as cu
from salespilots.domain.catalog import Product, Variant
from salespilots.domain.comment import Comment, Post
from salespilots.domain.discount import Discount, DiscountUse
from salespilots.domain.errors import SalesPilotsError
from salespilots.domain.events import Event
from salespilots.domain.gate import Gate
from salespilots.domain.idempotency import IdempotencyRecord
from salespilots.domain.imports import ImportRow, ProductImport
from salespilots.domain.invoice import Invoice
from salespilots.domain.job import Job
from salespilots.domain.order import Order
from salespilots.domain.payment import Payment, Refund, UnmatchedFact
from salespilots.domain.run import Run, StepExecution
from salespilots.domain.split import SplitTaken
from salespilots.domain.statement import StatementLine
from salespilots.domain.template import Template
from salespilots.domain.waiting import WaitingPlace
from salespilots.domain.workflow import Workflow, WorkflowVersion
from salespilots.domain.workflow_case import WorkflowCase
from salespilots.ports.books import EventLog, StockBook
from salespilots.ports.figures import Figures
from salespilots.ports.markers import PORT_VERSION, hookspec
from salespilots.ports.work import Inbox, Lanes, Lease, ScopedInbox, Throttle, Waiting, Work, Workers

T = TypeVar("T")


class StorageUnavailable(SalesPilotsError):
    """The database cannot be reached or is full: answer 503 and let the caller repeat."""

    code = "storage_unavailable"


def storable(value: Any) -> bool:
    """Whether a database can hold this text: none of them stores NUL and half a character. True for what is no text."""
    if not isinstance(value, str):
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in value


@dataclass(frozen=True, slots=True)
class Where:
    """A condition on one field. ``op``: eq, ne, in, lt, le, gt, ge, is_null, not_null, like (words, any case), has (list member);
    any: ``value`` is a tuple of conditions of which one holds, whatever ``field``."""

    field: str
    op: str
    value: Any = None


def eq(field: str, value: Any) -> Where:
    """``field`` equals ``value``."""
    return Where(field, "eq", value)


def any_of(*conditions: Where) -> Where:
    """One of these conditions holds."""
    return Where("", "any", conditions)


def one_of(field: str, values: Iterable[Any]) -> Where:
    """``field`` is one of ``values``."""
    return Where(field, "in", tuple(values))


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; ``next`` is the cursor of the following page, or None at the end."""

    items: list[T]
    next: str | None = None


class Collection(Protocol[T]):
    """All rows of one kind within the unit's scope."""

    def get(self, id: str) -> T:
        """The row, or `NotFound`: absent, malformed and another shop's are the same."""
        ...

    def find(self, **equal: Any) -> T | None:
        """The row whose fields equal these, or None. Meant for unique fields."""
        ...

    def add(self, entity: T) -> None:
        """Insert. Raises `Conflict` when a unique value exists; the unit can go on afterwards."""
        ...

    def add_once(self, entity: T) -> bool:
        """Insert unless a unique value exists: False then. What makes repeats harmless."""
        ...

    added: list[str]
    """Ids of the rows added in this unit one by one, in order."""

    def add_new(self, entity: T) -> None:
        """Insert a row whose unique values nobody else can have meanwhile, together with the unit's other changes: a
        `Conflict` comes with whatever writes them, at the latest with the commit."""
        ...

    def add_many(self, entities: Sequence[T]) -> None:
        """Insert those of which no unique value exists, together with the unit's other changes."""
        ...

    def save(self, entity: T) -> None:
        """Update, checking and raising ``version``. Raises `StaleEntity`, `NotFound`."""
        ...

    def increase(self, id: str, **amounts: int) -> None:
        """Add to numbers of a row that several count at the same moment: no version is checked or raised, and nobody
        has to repeat. Only fields of `COUNTED`, which `save` leaves alone. Where there is no such row, nothing happens."""
        ...

    def remove(self, entity: T) -> None:
        """Delete."""
        ...

    def select(self, *where: Where, order: str = "id", limit: int | None = None) -> list[T]:
        """Rows in order of a field (``-field`` descending), ties by id."""
        ...

    def page(self, *where: Where, order: str = "-created_at", cursor: str | None = None, limit: int = 50) -> Page[T]:
        """A keyset page. A malformed cursor raises `InvalidInput`."""
        ...

    def count(self, *where: Where) -> int:
        """How many rows."""
        ...


class Queries(Protocol):
    """Read models: figures over many rows, worked out by the database."""

    def figures(self, start: datetime, end: datetime, *, practice: bool) -> Figures:
        """Totals of ``start <= t < end``; ``practice`` False leaves practice rows out."""
        ...

    def revenue(
        self, start: datetime, end: datetime, step: timedelta, *, practice: bool
    ) -> list[tuple[datetime, int, int]]:
        """(start of step, paise captured less refunds, orders paid) for every step of the range."""
        ...

    def count_by(self, collection: str, field: str, *where: Where) -> dict[str, int]:
        """How many rows of a collection have each value of ``field``."""
        ...

    def product_stock(self, *, low_at: int) -> dict[str, tuple[int, int, bool]]:
        """Product id to (on_hand, available, whether a live variant has ``low_stock`` pieces, else ``low_at``, or fewer)."""
        ...

    def sold(self, variant_ids: Sequence[str], since: datetime) -> dict[str, int]:
        """Pieces of each of these variants in accepted orders that were placed from then on; absent where none."""
        ...

    def preview_counts(self) -> dict[str, int]:
        """Badges: ``waiting`` chats, ``unread`` chats, ``to_pack`` orders, ``attention`` orders."""
        ...

    def undecided(self) -> tuple[int, str | None]:
        """How many sends wait for a person to say whether they arrived, and the conversation of the oldest."""
        ...

    def given_up(self) -> int:
        """How many events were given up and wait for a person."""
        ...


class UnitOfWork(Protocol):
    """One transaction of one shop. Leaving without `commit` rolls back."""

    business_id: str
    products: Collection[Product]
    variants: Collection[Variant]
    customers: Collection[cu.Customer]
    identities: Collection[cu.ChannelIdentity]
    conversations: Collection[c.Conversation]
    messages: Collection[c.Message]
    orders: Collection[Order]
    payments: Collection[Payment]
    refunds: Collection[Refund]
    workflows: Collection[Workflow]
    workflow_versions: Collection[WorkflowVersion]
    runs: Collection[Run]
    steps: Collection[StepExecution]
    memberships: Collection[b.Membership]
    connections: Collection[b.Connection]
    api_keys: Collection[b.ApiKey]
    idempotency: Collection[IdempotencyRecord]
    gates: Collection[Gate]
    waiting: Collection[WaitingPlace]
    imports: Collection[ProductImport]
    import_rows: Collection[ImportRow]
    discounts: Collection[Discount]
    discount_uses: Collection[DiscountUse]
    invoices: Collection[Invoice]
    statement_lines: Collection[StatementLine]
    unmatched: Collection[UnmatchedFact]
    jobs: Collection[Job]
    comments: Collection[Comment]
    posts: Collection[Post]
    tags: Collection[cu.Tag]
    templates: Collection[Template]
    splits: Collection[SplitTaken]
    cases: Collection[WorkflowCase]
    stock: StockBook
    events: EventLog
    inbox: ScopedInbox
    lanes: Lanes
    queries: Queries

    def __enter__(self) -> UnitOfWork: ...

    def __exit__(self, *error: object) -> None: ...

    def shop(self) -> b.Business:
        """The shop itself."""
        ...

    def save_shop(self, shop: b.Business) -> None:
        """Update the shop, checking its version."""
        ...

    def next_number(self, counter: str, count: int = 1) -> int:
        """The next number of a gap-free series of this shop (``order``), or the last of the next ``count``; given back
        if the unit rolls back."""
        ...

    def claim(self, counter: str, most: int) -> bool:
        """Raise a counter of this shop by one unless it has reached ``most``; one guarded update, so that callers at
        the same moment never pass the limit. Given back if the unit rolls back."""
        ...

    def give_back(self, counter: str) -> None:
        """Lower such a counter by one, never below nothing."""
        ...

    def record(self, *events: Event) -> None:
        """Append to the log when the unit commits."""
        ...

    def look(self, held: Sequence[Lease], wanted: Sequence[str], owner: str, ttl: timedelta, limit: int) -> Waiting:
        """Lock the lanes of ``held`` that are still ours, take those of ``wanted`` that nobody holds, and read what
        waits on all of them: at most ``limit`` events of each. In one exchange with the database where that is far."""
        ...

    def revisions(self) -> dict[str, int]:
        """``catalogue``, ``workflows``, ``connections``: numbers that rise with every committed change there, absent
        before the first. What was read under a number is still so while the number is the same."""
        ...

    def commit(self) -> None:
        """Make everything durable."""
        ...


class SystemUnitOfWork(Protocol):
    """One transaction without a shop. Only the modules listed in the architecture test may open one."""

    businesses: Collection[b.Business]
    users: Collection[b.User]
    memberships: Collection[b.Membership]
    sessions: Collection[b.Session]
    password_links: Collection[b.PasswordLink]
    api_keys: Collection[b.ApiKey]
    connections: Collection[b.Connection]
    login_states: Collection[b.LoginState]
    deletions: Collection[b.DeletionRequest]
    public_orders: Collection[Order]
    public_payments: Collection[Payment]
    inbox: Inbox
    lanes: Lanes
    work: Work
    workers: Workers
    throttle: Throttle

    def __enter__(self) -> SystemUnitOfWork: ...

    def __exit__(self, *error: object) -> None: ...

    def commit(self) -> None: ...


class Storage(Protocol):
    """Where everything is kept. An instance uses exactly one."""

    def unit_of_work(self, business_id: str, *, read_only: bool = False) -> UnitOfWork:
        """A transaction of one shop. An empty id raises `ValueError`: there is no unscoped unit."""
        ...

    def system_unit_of_work(self, *, read_only: bool = False) -> SystemUnitOfWork: ...

    def migrate(self) -> None:
        """Bring the schema to this version. Safe to repeat."""
        ...

    def check(self) -> str:
        """A sentence about the store's health. Raises `StorageUnavailable`; `StorageOutdated` is said as text."""
        ...

    def close(self) -> None:
        """Let connections go."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageProvider:
    """A storage as registered: ``schemes`` are the URL schemes it serves."""

    key: str
    label: str
    schemes: tuple[str, ...]
    build: Callable[[str], Storage]
    port_version: int = PORT_VERSION


@hookspec
def salespilots_storage_providers() -> Sequence[StorageProvider]:
    """Storages this plugin supplies. Called once, at start-up."""


COUNTED: dict[str, tuple[str, ...]] = {"customers": ("orders_count", "refused_count", "spent_paise")}
"""The numbers of each collection that are changed with `Collection.increase` once the row is there, and never saved."""


def unique_keys() -> dict[str, tuple[tuple[str, ...], ...]]:
    """What is unique besides the id, per collection, in every storage; rows with a None in the key do not collide."""
    return {
        "businesses": (("slug",),),
        "users": (("email",),),
        "memberships": (("business_id", "user_id"),),
        "sessions": (("token_hash",),),
        "password_links": (("token_hash",),),
        "login_states": (("state_hash",),),
        "deletions": (("code",),),
        "api_keys": (("key_hash",),),
        "connections": (("business_id", "provider"), ("provider", "account_ref"), ("endpoint_token",)),
        "variants": (("business_id", "sku"),),
        "identities": (("business_id", "provider", "account_ref", "customer_ref"),),
        "conversations": (("business_id", "identity_id"),),
        "messages": (("conversation_id", "seq"), ("business_id", "dedupe_key"), ("conversation_id", "provider_ref")),
        "orders": (("token",), ("business_id", "number"), ("business_id", "cause_key")),
        "payments": (("provider", "reference"), ("business_id", "provider", "provider_ref")),
        "refunds": (("business_id", "cause_key"),),
        "workflow_versions": (("workflow_id", "number"),),
        "runs": (("workflow_id", "trigger_key"),),
        "steps": (("run_id", "visit", "attempt"),),
        "idempotency": (("business_id", "key"),),
        "gates": (("business_id", "provider"),),
        "waiting": (("business_id", "variant_id", "customer_id"),),
        "import_rows": (("import_id", "position"),),
        "discounts": (("business_id", "code"),),
        "discount_uses": (("business_id", "order_id"),),
        "invoices": (("business_id", "number"), ("business_id", "cause_key")),
        "unmatched": (("business_id", "provider", "payment_ref", "kind", "refund_ref"),),
        "statement_lines": (("business_id", "fingerprint"), ("business_id", "utr")),
        "jobs": (("business_id", "key"),),
        "comments": (("business_id", "provider", "comment_ref"),),
        "posts": (("business_id", "provider", "post_ref"),),
        "tags": (("business_id", "name"),),
        "templates": (("business_id", "name"),),
        "splits": (("run_id", "step_id"),),
        "cases": (("workflow_id", "name"),),
    }
