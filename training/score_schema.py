"""One score: the columns of ``scores.parquet``, of the score store and of the API, in this order."""

from __future__ import annotations

from enum import StrEnum

import pyarrow as pa

__all__ = ["REASON_TYPE", "SCORE_COLUMNS", "SCORE_SCHEMA", "ChurnBand", "ScoreStatus"]


class ScoreStatus(StrEnum):
    """Whether a customer's numbers may be acted on. At-risk lists show ``ELIGIBLE`` customers only."""

    ELIGIBLE = "eligible"
    ALREADY_CHURNED = "already_churned"
    NEW_CUSTOMER = "new_customer"
    INSUFFICIENT_HISTORY = "insufficient_history"
    STALE_FEATURES = "stale_features"
    OUT_OF_RANGE = "out_of_range"


class ChurnBand(StrEnum):
    """The calibrated churn probability, cut at ``[bands] low`` and ``[bands] high``."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


REASON_TYPE = pa.struct(
    [
        pa.field("code", pa.string(), nullable=False),
        pa.field("feature", pa.string(), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("contribution", pa.float64()),
        pa.field("text", pa.string(), nullable=False),
    ]
)

SCORE_SCHEMA = pa.schema(
    [
        pa.field("customer_id", pa.string(), nullable=False),
        pa.field("as_of", pa.date32(), nullable=False),
        pa.field("horizon_days", pa.int32(), nullable=False),
        pa.field("score_status", pa.string(), nullable=False),
        pa.field("churn_probability", pa.float64()),
        pa.field("churn_percentile", pa.int32()),
        pa.field("churn_band", pa.string()),
        pa.field("p_alive", pa.float64()),
        pa.field("predicted_number_of_orders", pa.float64()),
        pa.field("predicted_revenue", pa.float64()),
        pa.field("predicted_clv", pa.float64()),
        pa.field("predicted_clv_low", pa.float64()),
        pa.field("predicted_clv_high", pa.float64()),
        pa.field("clv_horizon_days", pa.int32()),
        pa.field("margin_assumed", pa.bool_()),
        pa.field("expected_date_of_next_order", pa.date32()),
        pa.field("historic_clv", pa.float64()),
        pa.field("historic_number_of_orders", pa.int32()),
        pa.field("average_days_between_orders", pa.float64()),
        pa.field("average_order_value", pa.float64()),
        pa.field("segment", pa.string()),
        pa.field("cycle_status", pa.string()),
        pa.field("value_if_stays", pa.float64()),
        pa.field("value_at_risk", pa.float64()),
        pa.field("at_risk_rank", pa.int32()),
        pa.field("reasons", pa.list_(REASON_TYPE)),
        pa.field("model_version", pa.string(), nullable=False),
        pa.field("run_id", pa.string(), nullable=False),
        pa.field("currency", pa.string(), nullable=False),
    ]
)

SCORE_COLUMNS: tuple[str, ...] = tuple(SCORE_SCHEMA.names)
