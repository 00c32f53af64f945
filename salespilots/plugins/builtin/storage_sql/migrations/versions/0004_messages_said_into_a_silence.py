"""messages said because the customer was silent; lanes in somebody's hands and events put off are found at once

Only adds, so that the release before this one goes on beside it.

Revision: 0004
Follows: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("follow_up", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_lanes_owner",
        "lanes",
        ["owner"],
        unique=False,
        sqlite_where=sa.text("owner IS NOT NULL"),
        postgresql_where=sa.text("owner IS NOT NULL"),
    )
    op.create_index(
        "ix_inbox_put_off",
        "inbox",
        ["lane", "next_at"],
        unique=False,
        sqlite_where=sa.text("state = 'new' AND next_at IS NOT NULL"),
        postgresql_where=sa.text("state = 'new' AND next_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_inbox_put_off",
        table_name="inbox",
        sqlite_where=sa.text("state = 'new' AND next_at IS NOT NULL"),
        postgresql_where=sa.text("state = 'new' AND next_at IS NOT NULL"),
    )
    op.drop_index(
        "ix_lanes_owner",
        table_name="lanes",
        sqlite_where=sa.text("owner IS NOT NULL"),
        postgresql_where=sa.text("owner IS NOT NULL"),
    )
    op.drop_column("messages", "follow_up")
