"""cases of workflows: what is tried before a draft goes live, and what has to come of it

Only adds, so that the release before this one goes on beside it.

Revision: 0010
Follows: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The table."""
    op.create_table(
        "cases",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("business_id", sa.String(length=48), nullable=False),
        sa.Column("workflow_id", sa.String(length=48), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("script", sa.JSON(), nullable=False),
        sa.Column("expected", sa.JSON(), nullable=False),
        sa.Column("customer_id", sa.String(length=48), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_cases")),
        sa.UniqueConstraint("workflow_id", "name", name=op.f("uq_cases_workflow_id_name")),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name=op.f("fk_cases_business_id")),
        sa.ForeignKeyConstraint(
            ["business_id", "workflow_id"], ["workflows.business_id", "workflows.id"],
            name=op.f("fk_cases_business_id_workflow_id"),
        ),
    )  # fmt: skip
    op.create_index("ix_cases_business_id_customer_id", "cases", ["business_id", "customer_id"], unique=False)


def downgrade() -> None:
    """Without it."""
    op.drop_table("cases")
