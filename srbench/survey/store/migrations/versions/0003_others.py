"""Trials that show more than two pictures."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the names of further pictures."""
    op.add_column("trial", sa.Column("others", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("trial", "others")
