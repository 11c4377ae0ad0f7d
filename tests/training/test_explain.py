import numpy as np
import pandas as pd

from training.bundle import Bundle
from training.explain import contributions


def test_contributions_add_up_to_the_distance_from_the_average(
    bundle: Bundle, behaviour: pd.DataFrame
) -> None:
    rows = behaviour.head(300)
    scorer = bundle._scorer
    table = scorer.with_value_features(rows)
    assert bundle.value is not None
    assert bundle.learners is not None
    parts = contributions(table, bundle.value, bundle.learners, bundle.metadata.horizon_days)
    constant = bundle.learners.churn.stacked_log_odds(table) - parts.sum(axis=1).to_numpy()
    np.testing.assert_allclose(constant, constant[0], atol=1e-4)
    assert set(parts.columns) <= set(bundle.metadata.features)


def test_reasons_are_strongest_first_raise_the_risk_and_say_nothing_twice(
    bundle: Bundle, behaviour: pd.DataFrame
) -> None:
    scores = bundle.score_table(behaviour, bundle.metadata.as_of)
    risky = behaviour[scores["churn_band"].to_numpy() == "high"].head(50)
    for told in bundle.reasons(risky):
        weights = [reason["contribution"] for reason in told]
        assert weights == sorted(weights, reverse=True)
        assert all(weight > 0 for weight in weights)
        assert 1 <= len(told) <= 3
        assert len({reason["text"] for reason in told}) == len(told)


def test_reasons_are_told_in_japanese_too(bundle: Bundle, behaviour: pd.DataFrame) -> None:
    english, japanese = (bundle.reasons(behaviour.head(5), language=of)[0][0] for of in ("en", "ja"))
    assert english["code"] == japanese["code"]
    assert english["contribution"] == japanese["contribution"]
    assert not japanese["text"].isascii()


def test_the_reasons_of_one_customer_are_those_of_the_batch(bundle: Bundle, behaviour: pd.DataFrame) -> None:
    batch = bundle.reasons(behaviour.head(40))
    assert bundle.reasons(behaviour.iloc[[31]])[0] == batch[31]
