import numpy as np
import pandas as pd
import pytest

from training.policy import Policy, at_risk_rank, churn_band, score_status


@pytest.mark.parametrize(
    "wrong",
    [
        {"margin_rate": 1.2},
        {"low": 0.7, "high": 0.6},
        {"lapsed_at": 0.0},
        {"clv_horizon_days": 0},
        {"annual_discount_rate": -0.1},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Policy(**wrong)  # type: ignore[arg-type]


def test_the_borders_of_the_bands_belong_to_the_higher_band() -> None:
    assert churn_band(np.array([0.66, 0.33, 0.3299]), Policy()).tolist() == ["high", "medium", "low"]


def test_status_tells_the_unknown_from_the_new_from_the_gone() -> None:
    churn, ages = np.array([np.nan, 0.99, 0.99, 0.4]), np.array([400.0, 10.0, 400.0, 400.0])
    assert score_status(churn, ages, 90, Policy()).tolist() == [
        "insufficient_history",
        "new_customer",
        "already_churned",
        "eligible",
    ]


def test_only_eligible_customers_are_ranked_and_ties_are_broken_the_same_way_every_time() -> None:
    ids = np.array(["b", "a", "new", "none", "top"], dtype=object)
    status = np.array(["eligible", "eligible", "new_customer", "eligible", "eligible"], dtype=object)
    at_risk, churn = np.array([5.0, 5.0, 99.0, np.nan, 7.0]), np.array([0.5, 0.5, 0.9, 0.5, 0.2])
    ranks = at_risk_rank(status, at_risk, churn, ids)
    assert ranks.tolist() == [3, 2, pd.NA, pd.NA, 1]
    order = np.array([2, 0, 4, 1, 3])
    shuffled = at_risk_rank(status[order], at_risk[order], churn[order], ids[order])
    assert shuffled.tolist() == ranks[order].tolist()
