"""Every table. Columns come from the domain's dataclasses; keys, foreign keys and indexes are written here.

Each shop's table has the primary key (business_id, id) and refers to others by both, so that a row can never
point into another shop.
"""

from __future__ import annotations

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from salespilots.domain import business as b
from salespilots.domain import conversation as c
from salespilots.domain import customer as cu
from salespilots.domain.catalog import Product, Variant
from salespilots.domain.comment import Comment, Post
from salespilots.domain.discount import Discount, DiscountUse
from salespilots.domain.gate import Gate
from salespilots.domain.idempotency import IdempotencyRecord
from salespilots.domain.imports import ImportRow, ProductImport
from salespilots.domain.inbox import InboxRow
from salespilots.domain.invoice import Invoice
from salespilots.domain.job import Job
from salespilots.domain.order import Order
from salespilots.domain.payment import Payment, Refund, UnmatchedFact
from salespilots.domain.run import Run, StepExecution
from salespilots.domain.split import SplitTaken
from salespilots.domain.statement import StatementLine
from salespilots.domain.stock import StockMovement
from salespilots.domain.template import Template
from salespilots.domain.waiting import WaitingPlace
from salespilots.domain.workflow import Workflow, WorkflowVersion
from salespilots.domain.workflow_case import WorkflowCase
from salespilots.plugins.builtin.storage_sql.types import Codec, UTCDateTime
from salespilots.ports.storage import unique_keys

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

db = SQLAlchemy(metadata=sa.MetaData(naming_convention=NAMING))
"""Flask-SQLAlchemy owns configuration, engine, metadata and migrations; units of work own connections."""

CODECS: dict[str, Codec] = {}
TABLES: dict[str, sa.Table] = {}


def _declare(
    name: str,
    entity: type,
    *extra: sa.schema.SchemaItem,
    parents: dict[str, str] | None = None,
    indexes: tuple[tuple[str, ...], ...] = (),
) -> sa.Table:
    """A shop's table. ``parents``: column to the collection it refers to, within the same shop."""
    codec = CODECS[name] = Codec(entity)
    columns = codec.columns()
    scoped = "business_id" in codec.names
    items: list[sa.schema.SchemaItem] = [*columns]
    items.append(sa.PrimaryKeyConstraint("business_id", "id") if scoped else sa.PrimaryKeyConstraint("id"))
    if scoped:
        items.append(sa.ForeignKeyConstraint(["business_id"], ["businesses.id"]))
    for column, parent in (parents or {}).items():
        items.append(sa.ForeignKeyConstraint(["business_id", column], [f"{parent}.business_id", f"{parent}.id"]))
    items += [sa.UniqueConstraint(*key) for key in unique_keys().get(name, ())]
    items += [sa.Index(f"ix_{name}_{'_'.join(key)}", *key) for key in indexes]
    table = TABLES[name] = sa.Table(name, db.metadata, *items, *extra)
    return table


_WORK_INDEXES: list[tuple[sa.Index, str]] = []


def _work_index(name: str, table: str, columns: tuple[str, ...], where: str) -> None:
    """A small index over rows that still want work, so that a long history costs the sweeper nothing."""
    target = TABLES[table]
    index = sa.Index(name, *(target.c[column] for column in columns), sqlite_where=sa.text(where))
    _WORK_INDEXES.append((index, where))


def for_postgresql() -> None:
    """Tell the work indexes their condition in PostgreSQL's words too; naming a dialect loads it, so not at import."""
    for index, where in _WORK_INDEXES:
        index.dialect_options["postgresql"]["where"] = sa.text(where)


_declare("businesses", b.Business)
_declare("users", b.User)
_declare("memberships", b.Membership, indexes=(("user_id",),))
_declare("sessions", b.Session, indexes=(("user_id",), ("last_seen_at",)))
_declare("password_links", b.PasswordLink)
_declare("api_keys", b.ApiKey)
_declare("login_states", b.LoginState)
_declare("deletions", b.DeletionRequest)
_declare("connections", b.Connection)
_work_index("ix_connections_to_renew", "connections", ("renew_at",), "renew_at IS NOT NULL")
_declare("products", Product, indexes=(("business_id", "state", "created_at"),))
_declare("variants", Variant, parents={"product_id": "products"}, indexes=(("business_id", "product_id"),))
_declare("customers", cu.Customer, indexes=(("business_id", "last_seen_at"), ("business_id", "created_at")))
_declare("identities", cu.ChannelIdentity, parents={"customer_id": "customers"})
_declare(
    "conversations",
    c.Conversation,
    parents={"customer_id": "customers", "identity_id": "identities"},
    indexes=(("business_id", "last_message_at"), ("business_id", "customer_id"), ("lane",)),
)
_declare(
    "messages",
    c.Message,
    parents={"conversation_id": "conversations"},
    indexes=(("business_id", "created_at"), ("business_id", "customer_id", "created_at")),
)
_work_index("ix_messages_to_send", "messages", ("lane", "next_at"), "state IN ('queued', 'sending', 'uncertain')")
_work_index("ix_messages_comment", "messages", ("business_id", "comment_ref"), "comment_ref IS NOT NULL")
_declare(
    "orders",
    Order,
    parents={"customer_id": "customers"},
    indexes=(
        ("business_id", "created_at"),
        ("business_id", "state", "created_at"),
        ("business_id", "customer_id", "created_at"),
        ("business_id", "placed_at"),
        ("business_id", "paid_at"),
    ),
)
_work_index("ix_orders_to_remind", "orders", ("remind_at",), "remind_at IS NOT NULL")
_work_index("ix_orders_to_expire", "orders", ("expires_at",), "state = 'placed'")
_declare(
    "payments",
    Payment,
    parents={"order_id": "orders"},
    indexes=(("business_id", "order_id"), ("business_id", "captured_at"), ("business_id", "created_at")),
)
_work_index("ix_payments_to_check", "payments", ("next_check_at",), "next_check_at IS NOT NULL")
_declare(
    "refunds",
    Refund,
    parents={"order_id": "orders", "payment_id": "payments"},
    indexes=(("business_id", "order_id"), ("business_id", "created_at")),
)
_work_index("ix_refunds_to_ask", "refunds", ("next_check_at",), "next_check_at IS NOT NULL")
_declare("workflows", Workflow, indexes=(("business_id", "position"),))
_declare("workflow_versions", WorkflowVersion, parents={"workflow_id": "workflows"})
_declare(
    "runs",
    Run,
    parents={"workflow_id": "workflows"},
    indexes=(("business_id", "workflow_id", "created_at"), ("business_id", "conversation_id", "created_at")),
)
_work_index("ix_runs_active", "runs", ("lane", "wake_at"), "state IN ('ready', 'running', 'waiting')")
_declare("steps", StepExecution, parents={"run_id": "runs"})
_declare("gates", Gate)
_declare(
    "waiting",
    WaitingPlace,
    parents={"variant_id": "variants", "customer_id": "customers"},
    indexes=(("business_id", "variant_id", "state", "created_at"), ("business_id", "customer_id")),
)
_work_index("ix_waiting_told", "waiting", ("told_at",), "state = 'told'")
_declare("imports", ProductImport, indexes=(("business_id", "created_at"),))
_work_index("ix_imports_to_do", "imports", ("next_at",), "next_at IS NOT NULL")
_declare(
    "import_rows",
    ImportRow,
    parents={"import_id": "imports"},
    indexes=(("business_id", "import_id", "outcome", "position"),),
)
_declare("discounts", Discount)
_declare(
    "discount_uses",
    DiscountUse,
    parents={"discount_id": "discounts"},
    indexes=(("business_id", "discount_id", "customer_id"),),
)
_declare(
    "invoices",
    Invoice,
    parents={"order_id": "orders"},
    indexes=(("business_id", "order_id"), ("business_id", "issued_at")),
)
_declare("unmatched", UnmatchedFact, indexes=(("business_id", "created_at"),))
_declare("statement_lines", StatementLine, indexes=(("business_id", "state", "created_at"),))
_declare("jobs", Job)
_work_index("ix_jobs_to_do", "jobs", ("next_at",), "next_at IS NOT NULL")
_declare(
    "comments",
    Comment,
    indexes=(("business_id", "created_at"), ("business_id", "conversation_id"), ("business_id", "post_ref")),
)
_declare("posts", Post, indexes=(("business_id", "posted_at"),))
_declare("tags", cu.Tag)
_declare("templates", Template)
_declare(
    "splits", SplitTaken, parents={"workflow_id": "workflows"}, indexes=(("business_id", "customer_id", "taken_at"),)
)
_declare("cases", WorkflowCase, parents={"workflow_id": "workflows"}, indexes=(("business_id", "customer_id"),))
_declare("idempotency", IdempotencyRecord, indexes=(("created_at",),))

_inbox = CODECS["inbox"] = Codec(InboxRow)
TABLES["inbox"] = sa.Table(
    "inbox",
    db.metadata,
    *[one for one in _inbox.columns() if one.name != "position"],
    sa.Column("position", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.UniqueConstraint("endpoint", "event_id"),
)
_work_index("ix_inbox_new", "inbox", ("lane", "sent_at"), "state = 'new'")
_work_index("ix_inbox_put_off", "inbox", ("lane", "next_at"), "state = 'new' AND next_at IS NOT NULL")
_work_index("ix_inbox_dead", "inbox", ("business_id",), "state = 'dead'")
sa.Index("ix_inbox_received_at", TABLES["inbox"].c.received_at)

_movement = CODECS["movements"] = Codec(StockMovement)
TABLES["movements"] = sa.Table(
    "stock_movements",
    db.metadata,
    *_movement.columns(),
    sa.PrimaryKeyConstraint("business_id", "id"),
    sa.UniqueConstraint("business_id", "cause_key"),
    sa.ForeignKeyConstraint(["business_id", "variant_id"], ["variants.business_id", "variants.id"]),
    sa.Index("ix_stock_movements_variant", "business_id", "variant_id", "at"),
)
TABLES["levels"] = sa.Table(
    "stock_levels",
    db.metadata,
    sa.Column("business_id", sa.String(48), nullable=False),
    sa.Column("variant_id", sa.String(48), nullable=False),
    sa.Column("on_hand", sa.BigInteger, nullable=False),
    sa.Column("reserved", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("business_id", "variant_id"),
    sa.ForeignKeyConstraint(["business_id", "variant_id"], ["variants.business_id", "variants.id"]),
    sa.CheckConstraint("reserved >= 0 AND on_hand >= reserved", name="never_oversold"),
)
TABLES["events"] = sa.Table(
    "event_log",
    db.metadata,
    sa.Column("business_id", sa.String(48), sa.ForeignKey("businesses.id"), nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("type", sa.String(48), nullable=False),
    sa.Column("at", UTCDateTime(), nullable=False),
    sa.Column("actor", sa.String(64), nullable=False),
    sa.Column("ids", sa.JSON, nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Column("order_id", sa.String(48)),
    sa.Column("conversation_id", sa.String(48)),
    sa.PrimaryKeyConstraint("business_id", "seq"),
    sa.Index("ix_event_log_type", "business_id", "type", "at"),
    sa.Index("ix_event_log_order", "business_id", "order_id"),
    sa.Index("ix_event_log_conversation", "business_id", "conversation_id"),
)
TABLES["counters"] = sa.Table(
    "counters",
    db.metadata,
    sa.Column("business_id", sa.String(48), sa.ForeignKey("businesses.id"), nullable=False),
    sa.Column("name", sa.String(32), nullable=False),
    sa.Column("value", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("business_id", "name"),
)
TABLES["lanes"] = sa.Table(
    "lanes",
    db.metadata,
    sa.Column("name", sa.String(600), primary_key=True),
    sa.Column("owner", sa.String(64)),
    sa.Column("leased_until", sa.Float, nullable=False),
    sa.Column("fence", sa.BigInteger, nullable=False),
    sa.Column("orphaned", sa.Integer, nullable=False, server_default="0"),
)
_work_index("ix_lanes_owner", "lanes", ("owner",), "owner IS NOT NULL")
TABLES["workers"] = sa.Table(
    "workers",
    db.metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("host", sa.String(64), nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("version", sa.String(32), nullable=False),
    sa.Column("started", sa.Float, nullable=False),
    sa.Column("last_seen", sa.Float, nullable=False),
    sa.Column("last_swept", sa.Float),
)
TABLES["throttle"] = sa.Table(
    "throttle",
    db.metadata,
    sa.Column("key", sa.String(160), primary_key=True),
    sa.Column("window_start", UTCDateTime(), nullable=False),
    sa.Column("hits", sa.Integer, nullable=False),
)
