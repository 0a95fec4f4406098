"""Raters, trials, answers, events."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "study", sa.Column("id", sa.String(), nullable=False), sa.PrimaryKeyConstraint("id", name="pk_study")
    )
    op.create_table(
        "rater",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rater"),
        sa.UniqueConstraint("token", name="uq_rater_token"),
    )
    op.create_index("ix_rater_number", "rater", ["number"])
    op.create_index("ix_rater_state", "rater", ["state"])
    op.create_table(
        "trial",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rater", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sitting", sa.Integer(), nullable=False),
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("first", sa.String(), nullable=False),
        sa.Column("second", sa.String(), nullable=False),
        sa.Column("first_key", sa.String(), nullable=False),
        sa.Column("second_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["rater"], ["rater.id"], name="fk_trial_rater_rater"),
        sa.PrimaryKeyConstraint("id", name="pk_trial"),
        sa.UniqueConstraint("rater", "position", name="uq_trial_rater"),
        sa.UniqueConstraint("first_key", name="uq_trial_first_key"),
        sa.UniqueConstraint("second_key", name="uq_trial_second_key"),
    )
    op.create_index("ix_trial_rater", "trial", ["rater"])
    op.create_table(
        "answer",
        sa.Column("trial", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["trial"], ["trial.id"], name="fk_answer_trial_trial"),
        sa.PrimaryKeyConstraint("trial", name="pk_answer"),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rater", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
    )
    op.create_index("ix_event_rater", "event", ["rater"])


def downgrade() -> None:
    """Drop them."""
    for table in ("event", "answer", "trial", "rater"):
        op.drop_table(table)
