"""Runs, scores, the behaviour behind them, API keys and the service's own secrets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BYTE_ORDERED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables of the first release."""
    op.create_table(
        "runs",
        sa.Column("run_key", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("run_id", BYTE_ORDERED, nullable=False, unique=True),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("horizon_days", sa.Integer(), nullable=False),
        sa.Column("model_version", BYTE_ORDERED, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("customers", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime()),
        sa.Column("behaviour_columns", sa.Text()),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "current_run",
        sa.Column(
            "slot", sa.Integer(), sa.CheckConstraint("slot = 1"), primary_key=True, autoincrement=False
        ),
        sa.Column("run_key", sa.Integer(), sa.ForeignKey("runs.run_key"), nullable=False),
    )
    _create_scores()
    op.create_table(
        "behaviour",
        sa.Column(
            "run_key", sa.Integer(), sa.ForeignKey("runs.run_key"), primary_key=True, autoincrement=False
        ),
        sa.Column("customer_id", BYTE_ORDERED, primary_key=True),
        sa.Column("features", sa.LargeBinary(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "api_keys",
        sa.Column("prefix", BYTE_ORDERED, primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime()),
        sa.Column("revoked_at", sa.DateTime()),
    )
    op.create_table(
        "secrets",
        sa.Column("name", BYTE_ORDERED, primary_key=True),
        sa.Column("value", sa.LargeBinary(), nullable=False),
    )


def _create_scores() -> None:
    op.create_table(
        "scores",
        sa.Column(
            "run_key", sa.Integer(), sa.ForeignKey("runs.run_key"), primary_key=True, autoincrement=False
        ),
        sa.Column("customer_id", BYTE_ORDERED, primary_key=True),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("horizon_days", sa.Integer(), nullable=False),
        sa.Column("score_status", BYTE_ORDERED, nullable=False),
        sa.Column("churn_probability", sa.Double()),
        sa.Column("churn_percentile", sa.Integer()),
        sa.Column("churn_band", sa.Text()),
        sa.Column("p_alive", sa.Double()),
        sa.Column("predicted_number_of_orders", sa.Double()),
        sa.Column("predicted_revenue", sa.Double()),
        sa.Column("predicted_clv", sa.Double()),
        sa.Column("predicted_clv_low", sa.Double()),
        sa.Column("predicted_clv_high", sa.Double()),
        sa.Column("clv_horizon_days", sa.Integer()),
        sa.Column("margin_assumed", sa.Boolean()),
        sa.Column("expected_date_of_next_order", sa.Date()),
        sa.Column("historic_clv", sa.Double()),
        sa.Column("historic_number_of_orders", sa.Integer()),
        sa.Column("average_days_between_orders", sa.Double()),
        sa.Column("average_order_value", sa.Double()),
        sa.Column("segment", sa.Text()),
        sa.Column("cycle_status", sa.Text()),
        sa.Column("value_if_stays", sa.Double()),
        sa.Column("value_at_risk", sa.Double()),
        sa.Column("at_risk_rank", sa.Integer()),
        sa.Column("reasons", sa.Text()),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )
    for sort in ("value_at_risk", "churn_probability", "predicted_clv"):
        columns: list[str | sa.TextClause] = [
            "run_key",
            "score_status",
            sa.text(f"{sort} DESC"),
            "customer_id",
        ]
        op.create_index(f"scores_by_{sort}", "scores", columns)


def downgrade() -> None:
    """Take them away again."""
    for table in ("secrets", "api_keys", "behaviour", "scores", "current_run", "runs"):
        op.drop_table(table)
