"""workflows an owner trusts: templates, tests between ways, rules of automation, fields of the shop's own, what a step saw

Only adds, so that the release before this one goes on beside it.

Revision: 0009
Follows: 0008
"""

import secrets
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NEW: dict[str, sa.Column] = {
    "businesses": sa.Column("automation", sa.JSON(), server_default="{}", nullable=False),
    "customers": sa.Column("fields", sa.JSON(), server_default="{}", nullable=False),
    "workflows": sa.Column("archived", sa.Boolean(), server_default=sa.false(), nullable=False),
    "steps": sa.Column("saw", sa.JSON(), server_default="{}", nullable=False),
}
"""Table to its new column."""


def upgrade() -> None:
    """Columns with what was so before them, and tables."""
    for table, column in NEW.items():
        op.add_column(table, column)
    op.create_table(
        "tags",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("business_id", sa.String(length=48), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("business_id", "name", name=op.f("uq_tags_business_id_name")),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name=op.f("fk_tags_business_id")),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_tags")),
    )
    _keep_tags()
    op.create_table(
        "templates",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("business_id", sa.String(length=48), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("quick_replies", sa.JSON(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("business_id", "name", name=op.f("uq_templates_business_id_name")),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name=op.f("fk_templates_business_id")),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_templates")),
    )
    op.create_table(
        "splits",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("business_id", sa.String(length=48), nullable=False),
        sa.Column("workflow_id", sa.String(length=48), nullable=False),
        sa.Column("step_id", sa.String(length=48), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("run_id", sa.String(length=48), nullable=False),
        sa.Column("customer_id", sa.String(length=48), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_id", sa.String(length=48), nullable=True),
        sa.Column("paid_paise", sa.BigInteger(), nullable=False),
        sa.Column("practice", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("run_id", "step_id", name=op.f("uq_splits_run_id_step_id")),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name=op.f("fk_splits_business_id")),
        sa.ForeignKeyConstraint(
            ["business_id", "workflow_id"],
            ["workflows.business_id", "workflows.id"],
            name=op.f("fk_splits_business_id_workflow_id"),
        ),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_splits")),
    )
    op.create_index(
        "ix_splits_business_id_customer_id_taken_at", "splits", ["business_id", "customer_id", "taken_at"], unique=False
    )


def _keep_tags() -> None:
    """The tags that customers have already."""
    link = op.get_bind()
    customers = sa.table(
        "customers",
        sa.column("business_id", sa.String),
        sa.column("tags", sa.JSON),
        sa.column("created_at", sa.DateTime),
    )
    tags = sa.table(
        "tags", sa.column("id", sa.String), sa.column("business_id", sa.String), sa.column("name", sa.Text),
        sa.column("created_at", sa.DateTime(timezone=True)), sa.column("version", sa.BigInteger),
    )  # fmt: skip
    found = {
        (row.business_id, str(tag))
        for row in link.execute(sa.select(customers.c.business_id, customers.c.tags))
        for tag in row.tags or []
    }
    now = datetime.now(UTC)
    rows = [
        {"id": f"tag_{secrets.token_hex(11)}", "business_id": shop, "name": name, "created_at": now, "version": 0}
        for shop, name in sorted(found)
    ]
    if rows:
        link.execute(tags.insert(), rows)


def downgrade() -> None:
    """Without them."""
    for table in ("splits", "templates", "tags"):
        op.drop_table(table)
    for table, column in NEW.items():
        op.drop_column(table, column.name)
