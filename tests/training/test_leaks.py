import numpy as np
import pandas as pd
import pytest

from training.leaks import LARGEST_AUC, is_named_like_a_leak, leaking

ROWS = 2_000


@pytest.fixture(scope="module")
def churned() -> np.ndarray:
    return (np.random.default_rng(1).random(ROWS) < 0.3).astype(float)


def table(**columns: np.ndarray) -> pd.DataFrame:
    names = [f"c-{number:05x}" for number in np.random.default_rng(2).permutation(ROWS)]
    index = pd.MultiIndex.from_product([[pd.Timestamp("2026-01-31")], names], names=["as_of", "customer_id"])
    return pd.DataFrame(columns, index=index)


def test_what_separates_the_classes_is_refused_whichever_way_it_points(churned: np.ndarray) -> None:
    noise = np.random.default_rng(3).normal(size=ROWS)
    inputs = table(
        above=10 * churned + noise, below=noise - 10 * churned, between=np.where(churned == 1, 0.0, noise)
    )
    leaks = leaking(inputs, churned)
    assert [leak.feature for leak in leaks] == ["above", "below", "between"]
    assert all(leak.auc and leak.auc > LARGEST_AUC for leak in leaks)


def test_what_is_recorded_of_leavers_alone_is_refused_though_its_values_tell_nothing(
    churned: np.ndarray,
) -> None:
    noise = np.random.default_rng(3).normal(size=ROWS)
    (leak,) = leaking(table(survey=np.where(churned == 1, noise, np.nan), other=noise), churned)
    assert leak.feature == "survey"
    assert '[training] allow = ["survey"]' in leak.told()
    assert '[training] allow = ["survey"]' in leak.told("ja")


def test_a_strong_feature_that_is_no_leak_stays(churned: np.ndarray) -> None:
    noise = np.random.default_rng(3).normal(size=ROWS)
    assert not leaking(table(days_since_last_order=2.0 * churned + noise, unique=np.arange(ROWS)), churned)


def test_names_that_know_the_outcome_are_refused_and_can_be_allowed(churned: np.ndarray) -> None:
    noise = np.random.default_rng(3).normal(size=ROWS)
    inputs = table(**{"Churn Score": noise, "解約理由": noise, "Contract": noise})
    assert [leak.feature for leak in leaking(inputs, churned)] == ["Churn Score", "解約理由"]
    assert not leaking(inputs, churned, allowed=("churn_score", "解約理由"))


def test_few_leavers_are_no_evidence() -> None:
    churned = np.zeros(ROWS)
    churned[:40] = 1.0
    assert not leaking(table(feature=churned.copy()), churned)


@pytest.mark.parametrize("name", ["Churn Value", "churn-reason", "CLTV", "Customer Status", "退会日"])
def test_usual_names_of_leaks(name: str) -> None:
    assert is_named_like_a_leak(name)


@pytest.mark.parametrize("name", ["Contract", "Tenure Months", "orders", "Payment Method", "契約プラン"])
def test_names_of_honest_columns(name: str) -> None:
    assert not is_named_like_a_leak(name)
