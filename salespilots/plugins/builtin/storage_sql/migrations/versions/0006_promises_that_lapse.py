"""who was told that something is back is found by when

Only adds, so that the release before this one goes on beside it.

Revision: 0006
Follows: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TOLD = sa.text("state = 'told'")


def upgrade() -> None:
    """One small index."""
    op.create_index("ix_waiting_told", "waiting", ["told_at"], sqlite_where=TOLD, postgresql_where=TOLD)


def downgrade() -> None:
    """Without it."""
    op.drop_index("ix_waiting_told", table_name="waiting")
