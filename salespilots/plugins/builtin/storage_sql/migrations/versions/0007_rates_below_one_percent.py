"""rates of GST have hundredths of a percent beside their whole percent

Only adds, so that the release before this one goes on beside it: it reads whole rates as ever.

Revision: 0007
Follows: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column; the rates that were there are whole."""
    op.add_column("products", sa.Column("gst_hundredths", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    """Without it."""
    op.drop_column("products", "gst_hundredths")
