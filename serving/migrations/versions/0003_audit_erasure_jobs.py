"""The audit log, tombstones of erased customers, and jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BYTE_ORDERED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "audit_log",
        sa.Column("entry_key", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("entry_id", BYTE_ORDERED, nullable=False, unique=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "tombstones",
        sa.Column("pseudonym", BYTE_ORDERED, primary_key=True),
        sa.Column("erased_at", sa.DateTime(), nullable=False),
    )
    op.create_table(
        "jobs",
        sa.Column("job_key", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("job_id", BYTE_ORDERED, nullable=False, unique=True),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("asked_by", BYTE_ORDERED, nullable=False),
        sa.Column("idempotency_sha256", sa.LargeBinary()),
        sa.Column("state", BYTE_ORDERED, nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("cancel_requested_at", sa.DateTime()),
        sa.Column("finished_at", sa.DateTime()),
        sa.Column("step", sa.Text()),
        sa.Column("steps_done", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Text()),
        sa.Column("problem", sa.Text()),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Take them away again."""
    for table in ("jobs", "tombstones", "audit_log"):
        op.drop_table(table)
