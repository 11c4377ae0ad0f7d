"""Customers' attributes, a run's documents, lists by segment, and more that is known of a key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BYTE_ORDERED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add them; runs that were published before have no attributes and no documents."""
    op.create_table(
        "customer_attributes",
        _run_key(),
        sa.Column("name", BYTE_ORDERED, primary_key=True),
        sa.Column("value", BYTE_ORDERED, primary_key=True),
        sa.Column("customer_id", BYTE_ORDERED, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "run_documents",
        _run_key(),
        sa.Column("name", BYTE_ORDERED, primary_key=True),
        sa.Column("document", sa.Text(), nullable=False),
    )
    op.create_index("scores_by_segment", "scores", ["run_key", "segment", "customer_id"])
    op.add_column("api_keys", sa.Column("last_used_at", sa.DateTime()))
    op.add_column("api_keys", sa.Column("requests_per_minute", sa.Integer()))
    op.add_column("api_keys", sa.Column("replaced_by", BYTE_ORDERED))


def downgrade() -> None:
    """Take them away again."""
    for column in ("replaced_by", "requests_per_minute", "last_used_at"):
        op.drop_column("api_keys", column)
    op.drop_index("scores_by_segment", "scores")
    for table in ("run_documents", "customer_attributes"):
        op.drop_table(table)


def _run_key() -> sa.Column[int]:
    return sa.Column(
        "run_key", sa.Integer(), sa.ForeignKey("runs.run_key"), primary_key=True, autoincrement=False
    )
