"""Endings, panel ids, invitations with labels, answers to questionnaires, and the plan's revision of a session."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the tables."""
    op.add_column("rater", sa.Column("ending", sa.String(), nullable=False, server_default=""))
    op.add_column("rater", sa.Column("ended", sa.DateTime(timezone=True), nullable=True))
    op.add_column("trial", sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
    op.create_table(
        "panel_id",
        sa.Column("rater", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("captured", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["rater"], ["rater.id"], name="fk_panel_id_rater_rater"),
        sa.PrimaryKeyConstraint("rater", name="pk_panel_id"),
        sa.UniqueConstraint("person", name="uq_panel_id_person"),
    )
    op.create_table(
        "invitation",
        sa.Column("rater", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["rater"], ["rater.id"], name="fk_invitation_rater_rater"),
        sa.PrimaryKeyConstraint("rater", name="pk_invitation"),
    )
    op.create_table(
        "reply",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rater", sa.String(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["rater"], ["rater.id"], name="fk_reply_rater_rater"),
        sa.PrimaryKeyConstraint("id", name="pk_reply"),
        sa.UniqueConstraint("rater", "question", name="uq_reply_rater"),
    )
    op.create_index("ix_reply_rater", "reply", ["rater"])


def downgrade() -> None:
    """Drop them."""
    for table in ("reply", "invitation", "panel_id"):
        op.drop_table(table)
    for table, column in (("trial", "revision"), ("rater", "ended"), ("rater", "ending")):
        op.drop_column(table, column)
