"""channels to the last event: sign-in at the provider, jobs, comments, posts, pictures of people, reactions and edits

Only adds, so that the release before this one goes on beside it.

Revision: 0008
Follows: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NEW: dict[str, tuple[sa.Column, ...]] = {
    "connections": (
        sa.Column("facts", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("renew_at", sa.DateTime(timezone=True), nullable=True),
    ),
    "customers": (
        sa.Column("picture", sa.Text(), server_default="", nullable=False),
        sa.Column("profile_at", sa.DateTime(timezone=True), nullable=True),
    ),
    "conversations": (sa.Column("facts", sa.JSON(), server_default="{}", nullable=False),),
    "messages": (
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("comment_ref", sa.Text(), nullable=True),
        sa.Column("post_ref", sa.Text(), nullable=True),
        sa.Column("reactions", sa.JSON(), server_default="[]", nullable=False),
    ),
}
"""Table to its new columns."""


def _work_index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, unique=False, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def upgrade() -> None:
    """Columns with what was so before them, and tables."""
    for table, columns in NEW.items():
        for column in columns:
            op.add_column(table, column)
    _work_index("ix_messages_comment", "messages", ["business_id", "comment_ref"], "comment_ref IS NOT NULL")
    _work_index("ix_connections_to_renew", "connections", ["renew_at"], "renew_at IS NOT NULL")
    op.create_table(
        "login_states",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("state_hash", sa.Text(), nullable=False),
        sa.Column("business_id", sa.String(length=48), nullable=False),
        sa.Column("user_id", sa.String(length=48), nullable=False),
        sa.Column("session_id", sa.String(length=48), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name=op.f("fk_login_states_business_id")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_login_states_state_hash")),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_login_states")),
    )
    op.create_table(
        "deletions",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("login_ref", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shop_id", sa.String(length=48), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("code", name=op.f("uq_deletions_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deletions")),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("business_id", sa.String(length=48), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name=op.f("fk_jobs_business_id")),
        sa.UniqueConstraint("business_id", "key", name=op.f("uq_jobs_business_id_key")),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_jobs")),
    )
    _work_index("ix_jobs_to_do", "jobs", ["next_at"], "next_at IS NOT NULL")
    op.create_table(
        "comments",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("business_id", sa.String(length=48), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("account_ref", sa.Text(), nullable=False),
        sa.Column("comment_ref", sa.Text(), nullable=False),
        sa.Column("customer_ref", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("post_ref", sa.Text(), nullable=False),
        sa.Column("parent_ref", sa.Text(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.String(length=48), nullable=True),
        sa.Column("workflow_id", sa.String(length=48), nullable=True),
        sa.Column("practice", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_comments")),
        sa.UniqueConstraint(
            "business_id", "provider", "comment_ref", name=op.f("uq_comments_business_id_provider_comment_ref")
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name=op.f("fk_comments_business_id")),
    )
    op.create_index(
        "ix_comments_business_id_conversation_id", "comments", ["business_id", "conversation_id"], unique=False
    )
    op.create_index("ix_comments_business_id_created_at", "comments", ["business_id", "created_at"], unique=False)
    op.create_index("ix_comments_business_id_post_ref", "comments", ["business_id", "post_ref"], unique=False)
    op.create_table(
        "posts",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("business_id", sa.String(length=48), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("account_ref", sa.Text(), nullable=False),
        sa.Column("post_ref", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("caption", sa.Text(), nullable=False),
        sa.Column("permalink", sa.Text(), nullable=False),
        sa.Column("picture", sa.Text(), nullable=False),
        sa.Column("picture_url", sa.Text(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("product_ids", sa.JSON(), nullable=False),
        sa.Column("practice", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("business_id", "provider", "post_ref", name=op.f("uq_posts_business_id_provider_post_ref")),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name=op.f("fk_posts_business_id")),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_posts")),
    )
    op.create_index("ix_posts_business_id_posted_at", "posts", ["business_id", "posted_at"], unique=False)
    # Nobody knows how old these tokens are: each is made new as soon as there is a worker.
    op.execute(
        "UPDATE connections SET renew_at = CURRENT_TIMESTAMP WHERE provider = 'instagram' AND secrets IS NOT NULL"
    )


def downgrade() -> None:
    """Without them."""
    for table in ("posts", "comments", "jobs", "deletions", "login_states"):
        op.drop_table(table)
    op.drop_index("ix_messages_comment", table_name="messages")
    op.drop_index("ix_connections_to_renew", table_name="connections")
    for table, columns in NEW.items():
        for column in columns:
            op.drop_column(table, column.name)
