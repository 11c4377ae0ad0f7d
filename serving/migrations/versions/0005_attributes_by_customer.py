"""The attributes of one customer, for erasure and for that customer's page."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NAME, TABLE = "attributes_by_customer", "customer_attributes"


def upgrade() -> None:
    """Make the index."""
    op.create_index(NAME, TABLE, ["run_key", "customer_id"])


def downgrade() -> None:
    """Take it away again."""
    op.drop_index(NAME, TABLE)
