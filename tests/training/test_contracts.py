"""Contracts end to end in training: sBG with delayed entry, a bundle, its scores, its reasons, its leaks."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.labels import outcomes_in
from features.window import Window
from tests.training.subscribers import a_business, a_shop_beside
from training.bundle import Bundle
from training.checks import faults
from training.config import TrainingConfig
from training.evaluate import Evaluation, Forecast, judge
from training.fit import fit
from training.golden import Golden
from training.models.sbg import ShiftedBetaGeometric
from training.models.subscription_value import SubscriptionValue
from training.panel import contracts_recorded
from training.policy import Policy
from training.snapshots import Snapshots

AS_OF, HORIZON = date(2025, 5, 31), 60
ATTRIBUTES = ("Tariff", "Churn Score", "Survey")
CONFIG = TrainingConfig(HORIZON, max_moments=3, attributes=ATTRIBUTES)
POLICY = Policy(margin_rate=0.5, annual_discount_rate=0.0)


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return fit(a_business(), AS_OF, CONFIG, POLICY)


@pytest.fixture(scope="module")
def behaviour(bundle: Bundle) -> pd.DataFrame:
    return bundle.behaviour(a_business(), AS_OF)


@pytest.fixture(scope="module")
def scores(bundle: Bundle, behaviour: pd.DataFrame) -> pd.DataFrame:
    return bundle.score(a_business(), AS_OF, behaviour=behaviour)


def test_delayed_entry_is_undone() -> None:
    truth = ShiftedBetaGeometric(alpha=0.8, beta=4.0)
    draw = np.random.default_rng(3)
    entered = draw.integers(0, 12, 60_000)
    seen = truth.simulate(entered + 6, draw)
    there = seen.renewals >= entered
    found = ShiftedBetaGeometric.fit(seen.renewals[there], seen.ended[there], entered=entered[there])
    assert found.alpha == pytest.approx(0.8, rel=0.1)
    assert found.beta == pytest.approx(4.0, rel=0.15)
    blind = ShiftedBetaGeometric.fit(seen.renewals[there], seen.ended[there])
    assert blind.retention(1) > found.retention(1) + 0.03


def test_the_learned_beat_what_tenure_alone_tells(bundle: Bundle, behaviour: pd.DataFrame) -> None:
    truth = outcomes_in(a_business(), Window(AS_OF, HORIZON)).to_pandas().set_index("customer_id")
    measured = {
        model: judge(truth, churn=said.churn, orders=said.orders)
        for model, said in bundle.by_model(behaviour).items()
    }
    assert list(measured) == ["sBG", "logistic regression", "XGBoost", "Joren"]
    assert measured["Joren"]["auc"] > measured["sBG"]["auc"] + 0.1
    assert measured["Joren"]["log_loss"] < measured["sBG"]["log_loss"]
    assert abs(measured["Joren"]["bias_orders"]) < 0.1


def test_scores_keep_the_terms(scores: pd.DataFrame) -> None:
    stays = 1 - scores["churn_probability"]
    assert (scores["p_alive"] == 1).all()
    assert (scores["predicted_number_of_orders"] >= 0.99 * stays).all()
    assert (scores["predicted_clv_low"] <= scores["predicted_clv"]).all()
    assert (scores["predicted_clv"] <= scores["predicted_clv_high"]).all()
    worth = scores["churn_probability"] * scores["value_if_stays"]
    np.testing.assert_allclose(scores["value_at_risk"], worth)
    assert set(scores["value_if_stays"].round(2).unique()) <= {5.0, 10.0, 15.0, 30.0}


def test_a_year_of_a_contract_is_worth_what_its_bills_are(
    scores: pd.DataFrame, behaviour: pd.DataFrame
) -> None:
    fee = behaviour["subscription_monthly_amount"]
    plus = (fee == 30.0).to_numpy()
    months = scores["predicted_clv"].to_numpy() / (0.5 * fee.to_numpy())
    expected = sum((1 - 0.04) ** k for k in range(1, 13))
    assert months[plus].mean() == pytest.approx(expected, rel=0.15)
    assert months[~plus].mean() < 0.7 * months[plus].mean()


def test_leaks_are_refused_by_name_and_by_what_they_tell(bundle: Bundle) -> None:
    notes = "\n".join(bundle.metadata.notes)
    assert 'allow = ["Churn Score"]' in notes
    assert 'allow = ["Survey"]' in notes
    assert "attributes carry no time" in notes
    assert bundle.learners is not None
    learned = bundle.learners.churn.members.trees.features
    assert any(name.startswith("customers.Tariff") for name in learned)
    assert not any("Score" in name or "Survey" in name for name in learned)


def test_the_gate_sees_what_an_attribute_gives_away(bundle: Bundle, behaviour: pd.DataFrame) -> None:
    """Where, at the moment that judges, all those of one tariff left and nobody else."""
    tariff = behaviour.set_index("customer_id")["subscription_monthly_amount"] == 30.0
    truth = pd.DataFrame({"churned": tariff.astype(float), "orders": 1.0, "revenue": 10.0})
    said = {"Joren": Forecast(np.full(len(truth), 0.5))}
    evaluation = Evaluation.of(truth, said, moment=AS_OF, horizon_days=HORIZON, kind="out-of-time")
    checks = faults(bundle, Golden.of(bundle), None, evaluation, Snapshots(a_business()))
    (failed,) = (check for check in checks if not check.passed)
    assert failed.name == "leakage"
    assert "Tariff is refused as a leak: it alone tells" in failed.told


def test_reasons_tell_of_the_tariff_and_never_of_bills(bundle: Bundle, behaviour: pd.DataFrame) -> None:
    told = [reason for reasons in bundle.reasons(behaviour, "en") for reason in reasons]
    assert "attribute.Tariff" in {reason["code"] for reason in told}
    assert {reason["text"] for reason in told if reason["code"] == "attribute.Tariff"} >= {"Tariff: Basic"}
    families = {reason["code"].partition(".")[0] for reason in told}
    assert families <= {"attribute", "subscription", "support", "acquisition"}


def test_a_bundle_read_back_scores_the_same(
    bundle: Bundle, behaviour: pd.DataFrame, scores: pd.DataFrame, tmp_path: Path
) -> None:
    bundle.save(tmp_path / "bundle")
    read = Bundle.load(tmp_path / "bundle")
    assert read.version == bundle.version
    assert read.value == bundle.value
    assert read.attributes == bundle.attributes
    assert "no time" in read.metadata.notes[0]
    ends = a_business().last_day(AS_OF)
    pd.testing.assert_frame_equal(read.score_table(behaviour, AS_OF, data_ends=ends), scores)
    assert isinstance(read.value, SubscriptionValue)
    with pytest.raises(TypeError):
        read.value.refitted(behaviour)


def test_contracts_are_recorded_from_the_first_end_on() -> None:
    first, last = contracts_recorded(a_business(), AS_OF, HORIZON)
    assert first == date(2024, 1, 1)
    assert last == AS_OF


def test_where_nothing_was_learned_sbg_answers_alone() -> None:
    early = date(2024, 2, 20)
    snapshots = Snapshots(a_business())
    bundle = fit(a_business(), early, TrainingConfig(HORIZON), POLICY, snapshots=snapshots)
    assert bundle.learners is None
    scored = bundle.score_table(snapshots.behaviour(early), early)
    assert scored["churn_probability"].between(0, 1).all()


def test_whose_contract_runs_is_up_to_date(scores: pd.DataFrame) -> None:
    assert set(scores["segment"]) == {"New", "Potential Loyalists", "Champions"}
    assert set(scores["cycle_status"].dropna()) == {"on_rhythm"}


@pytest.mark.parametrize("orders_per_month", [0.5, 3.0])
def test_what_is_bought_beside_a_contract_goes_on_as_it_came(orders_per_month: float) -> None:
    tables = a_shop_beside(orders_per_month)
    behaviour = Snapshots(tables).behaviour(AS_OF)
    value = SubscriptionValue.fit(tables, AS_OF, behaviour)
    seen = outcomes_in(tables, Window(AS_OF, HORIZON)).to_pandas()
    months = HORIZON / 30.4
    orders, revenue = value.monthly_orders(behaviour), value.monthly_revenue(behaviour)
    assert orders.sum() * months == pytest.approx(seen["orders"].sum(), rel=0.08)
    assert revenue.sum() * months == pytest.approx(float(seen["revenue"].sum()), rel=0.08)
