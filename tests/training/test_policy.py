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
    assert churn_band(pd.Series([0.66, 0.33, 0.3299]), Policy()).to_list() == ["high", "medium", "low"]


def test_status_tells_the_unknown_from_the_new_from_the_gone() -> None:
    scores = pd.DataFrame({"churn_probability": [None, 0.99, 0.99, 0.4]}, dtype=float)
    ages = pd.Series([400, 10, 400, 400])
    assert score_status(scores, ages, 90, Policy()).to_list() == [
        "insufficient_history",
        "new_customer",
        "already_churned",
        "eligible",
    ]


def test_only_eligible_customers_are_ranked_and_ties_are_broken_the_same_way_every_time() -> None:
    scores = pd.DataFrame(
        {
            "customer_id": ["b", "a", "new", "none", "top"],
            "score_status": ["eligible", "eligible", "new_customer", "eligible", "eligible"],
            "value_at_risk": [5.0, 5.0, 99.0, None, 7.0],
            "churn_probability": [0.5, 0.5, 0.9, 0.5, 0.2],
        }
    )
    ranks = at_risk_rank(scores)
    assert ranks[[4, 1, 0]].to_list() == [1, 2, 3]
    assert ranks[[2, 3]].isna().all()
    shuffled = scores.sample(frac=1.0, random_state=3)
    pd.testing.assert_series_equal(at_risk_rank(shuffled).sort_index(), ranks)
