"""When the pictures of a trial were on the screen, and on what."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the time, the number of views and what the browser said."""
    op.add_column("trial", sa.Column("shown", sa.DateTime(timezone=True), nullable=True))
    op.add_column("trial", sa.Column("views", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("trial", sa.Column("shown_facts", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Drop them."""
    for column in ("shown_facts", "views", "shown"):
        op.drop_column("trial", column)
