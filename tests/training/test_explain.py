import numpy as np
import pandas as pd

from features.catalogue import CATALOGUE
from features.tables import Tables
from tests.training.conftest import AS_OF, CONFIG
from training.bundle import Bundle
from training.models.inputs import Numbers
from training.panel import build_panel
from training.snapshots import Snapshots

TOPICS = {feature.name: feature.topic for feature in CATALOGUE}


def test_contributions_add_up_to_the_distance_from_those_who_stayed(
    bundle: Bundle, behaviour: pd.DataFrame
) -> None:
    rows = behaviour.head(300)
    table = bundle._scorer.with_value_features(rows)
    assert bundle._explainer is not None
    assert bundle.learners is not None
    parts = bundle._explainer.contributions(table)
    numbers = Numbers(table, bundle.learners.churn.members.features)
    constant = bundle.learners.churn.stacked_log_odds(numbers) - parts.sum(axis=1).to_numpy()
    np.testing.assert_allclose(constant, constant[0], atol=1e-4)
    assert set(parts.columns) <= set(bundle.metadata.features)


def test_those_who_stayed_have_no_reason_on_average(bundle: Bundle, tables: Tables) -> None:
    panel = build_panel(Snapshots(tables), list(bundle.metadata.moments), CONFIG.horizon_days, known_by=AS_OF)
    stayed = panel.inputs[panel.outcomes["churned"] == 0].reset_index()
    assert bundle._explainer is not None
    parts = bundle._explainer.contributions(bundle._scorer.with_value_features(stayed))
    assert parts.mean().abs().max() < 0.15


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
        assert len({TOPICS[reason["feature"]] for reason in told}) == len(told)


def test_reasons_are_told_in_japanese_too(bundle: Bundle, behaviour: pd.DataFrame) -> None:
    english, japanese = (bundle.reasons(behaviour.head(5), language=of)[0][0] for of in ("en", "ja"))
    assert english["code"] == japanese["code"]
    assert english["contribution"] == japanese["contribution"]
    assert not japanese["text"].isascii()


def test_the_reasons_of_one_customer_are_those_of_the_batch(bundle: Bundle, behaviour: pd.DataFrame) -> None:
    batch = bundle.reasons(behaviour.head(40))
    assert bundle.reasons(behaviour.iloc[[31]])[0] == batch[31]
