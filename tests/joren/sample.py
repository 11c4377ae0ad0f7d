"""A small run report, made up, for what shows or writes one."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from features.layout import Layout
from features.tables import Rules
from joren.report import Rows, RunReport
from training.config import TrainingConfig
from training.evaluate import Evaluation, Forecast
from training.metadata import Metadata

AS_OF = date(2026, 3, 31)
REASONS = (
    ("lateness", "last order 84 days ago; usually every 21"),
    ("orders_91d", "1 order in the last 91 days, 5 in the 91 before"),
    ("refund_total", "gave back 38 % of what was bought"),
)


IDS = ("c-7f", "00123", "常連-42", "=cmd|' /C calc'!A0", "-12")


def sample_scores(ids: tuple[str, ...] = IDS) -> pd.DataFrame:
    n = len(ids)
    churn = np.linspace(0.81, 0.35, n)
    stays = np.linspace(412.5, 90, n)
    return pd.DataFrame(
        {
            "customer_id": list(ids),
            "as_of": AS_OF,
            "horizon_days": 91,
            "score_status": ["eligible"] * (n - 1) + ["already_churned"],
            "churn_probability": churn,
            "churn_percentile": range(100, 100 - n, -1),
            "churn_band": ["high"] * 2 + ["medium"] * (n - 2),
            "p_alive": 1 - churn / 2,
            "predicted_number_of_orders": 2 * (1 - churn),
            "predicted_revenue": 100 * (1 - churn),
            "predicted_clv": 300 * (1 - churn),
            "predicted_clv_low": 100 * (1 - churn),
            "predicted_clv_high": 500 * (1 - churn),
            "clv_horizon_days": 365,
            "margin_assumed": True,
            "expected_date_of_next_order": [AS_OF + timedelta(days=20 + i) for i in range(n - 1)] + [None],
            "historic_clv": np.linspace(-5.25, 900, n),
            "historic_number_of_orders": range(1, n + 1),
            "average_days_between_orders": [None, *np.linspace(20, 40, n - 1)],
            "average_order_value": 42.0,
            "segment": "At Risk",
            "cycle_status": "slowing",
            "value_if_stays": stays,
            "value_at_risk": stays * churn,
            "at_risk_rank": pd.array([*range(1, n), None], dtype="Int32"),
            "reasons": [
                [
                    {"code": code, "feature": code, "value": 4.0, "contribution": 0.4, "text": text}
                    for code, text in REASONS[: 1 + i % 3]
                ]
                for i in range(n)
            ],
            "model_version": "0a1b2c3d4e5f",
            "run_id": "20260401T020000Z-1a2b3c",
            "currency": "USD",
        }
    )


def sample_evaluation() -> Evaluation:
    truth = pd.DataFrame(
        {"churned": [1.0, 0, 1, 0, 1], "orders": [0.0, 2, 0, 1, 0], "revenue": [0.0, 80, 0, 25, 0]},
        index=pd.Index(["a-1", "b-2", "c-3", "d-4", "e-5"], name="customer_id"),
    )
    forecasts = {
        "Joren": Forecast([0.9, 0.2, 0.8, 0.4, 0.7], [0.1, 1.7, 0.3, 1.0, 0.4], [3, 70, 10, 30, 12]),
        "BG/NBD": Forecast([0.8, 0.3, 0.4, 0.5, 0.6], [0.2, 1.1, 1.0, 0.7, 0.5], [8, 50, 40, 30, 20]),
        "recency rule": Forecast([90, 10, 30, 40, 70]),
    }
    return Evaluation.of(truth, forecasts, moment=date(2025, 12, 30), horizon_days=91, kind="out-of-time")


def sample_report(ids: tuple[str, ...] = IDS) -> RunReport:
    return RunReport(
        run_id="20260401T020000Z-1a2b3c",
        source="transactions.csv",
        as_of=AS_OF,
        first_day=date(2024, 1, 1),
        last_day=date(2026, 6, 30),
        rows=Rows(1_012, 1_000, 12, 70, 3, {"unreadable_amount": 7, "missing_customer_id": 5}),
        metadata=Metadata(
            as_of=AS_OF,
            training=TrainingConfig(horizon_days=91),
            method="out of time",
            why="the history of 455 days holds 11 past moments with known outcomes",
            features=("orders",),
            zone="UTC",
            currency="USD",
            layout=Layout(frozenset({"transactions"}), Rules(), contract=False, billed=False),
            first_day=date(2024, 1, 1),
            customers=5,
            moments=(date(2025, 10, 1), date(2025, 12, 30)),
            panel_rows=10,
            fitted_rows=10,
        ),
        model_version="0a1b2c3d4e5f",
        evaluation=sample_evaluation(),
        scores=sample_scores(ids),
        notes=("no time zone is given: UTC is taken for the business's",),
    )
