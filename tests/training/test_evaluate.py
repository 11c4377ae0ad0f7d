"""Measures of a forecast: equal to the judge's own, sound at their limits, and blind to the order of rows."""

from __future__ import annotations

import json
import math
import runpy
import warnings
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from training.evaluate import Evaluation, Forecast, judge, paired_difference
from training.metrics import METRICS, reliability_table

PEERS = Path(__file__).parents[2].parent / "shared" / "tools" / "peers.py"
THEIR_NAMES = {
    "auc": "auc",
    "log_loss": "log_loss",
    "brier": "brier",
    "ece": "ece",
    "gini": "gini",
    "spearman": "spearman",
    "deviance_revenue": "dev_rev",
    "bias_revenue": "bias_rev",
    "deviance_orders": "dev_ord",
    "bias_orders": "bias_ord",
}


def a_shop(customers: int = 800, seed: int = 7) -> tuple[pd.DataFrame, Forecast]:
    """Return outcomes and an imperfect forecast of them, under shuffled ids."""
    draw = np.random.default_rng(seed)
    rate = draw.gamma(0.6, 1.5, customers)
    orders = draw.poisson(rate)
    revenue = np.round(orders * draw.lognormal(3, 0.6, customers), 2)
    ids = draw.permutation([f"c-{i:04x}" for i in range(customers)])
    truth = pd.DataFrame(
        {"churned": (orders == 0).astype(int), "orders": orders, "revenue": revenue}, index=ids
    )
    guess = rate * draw.lognormal(0, 0.4, customers)
    return truth, Forecast(churn=np.exp(-guess).round(2), orders=guess, revenue=guess * 24)


def peers() -> SimpleNamespace:
    if not PEERS.exists():
        pytest.skip("shared/tools/peers.py, which these measures are held to, is not here")
    with warnings.catch_warnings():  # the tool silences every warning of the process
        return SimpleNamespace(**runpy.run_path(str(PEERS)))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_agrees_with_the_peers_tool(seed: int) -> None:
    truth, forecast = a_shop(seed=seed)
    ours = judge(truth, **vars(forecast))
    theirs = peers().judge("x", truth, forecast.churn, forecast.revenue, forecast.orders)
    for name, their_name in THEIR_NAMES.items():
        assert ours[name] == pytest.approx(theirs[their_name], rel=1e-12, abs=1e-12), name


def test_standard_errors_agree_with_the_peers_tool() -> None:
    truth, forecast = a_shop(300)
    rule = np.random.default_rng(3).integers(0, 200, len(truth)).astype(float)
    tool = peers()
    theirs = tool.differences({"Joren": (forecast.churn,), "recency rule": (rule,)}, truth, rounds=20)
    ours = paired_difference(truth, forecast.churn, rule, "auc", rounds=20, seed=0)
    assert ours.standard_error == pytest.approx(theirs["recency rule"]["auc"], rel=1e-9)
    assert ours.difference == judge(truth, forecast.churn)["auc"] - judge(truth, rule)["auc"]


def test_a_perfect_forecast_is_perfect() -> None:
    truth, _ = a_shop()
    measured = judge(truth, truth.churned, truth.orders, truth.revenue)
    for name in ("auc", "pr_auc", "gini"):
        assert measured[name] == pytest.approx(1, abs=1e-12)
    assert measured["spearman"] == pytest.approx(1)
    assert measured["lift_5"] == pytest.approx(1 / truth.churned.mean())
    for name in ("log_loss", "brier", "ece", "bias_orders", "bias_revenue"):
        assert measured[name] == pytest.approx(0, abs=2e-6)


def test_one_class_leaves_out_rankings_and_what_is_over_the_revenue_and_keeps_the_rest() -> None:
    truth = pd.DataFrame(
        {"churned": [1, 1, 1], "orders": [0, 0, 0], "revenue": [0.0, 0.0, 0.0]}, index=list("bca")
    )
    measured = judge(truth, [0.9, 0.7, 0.8], orders=[0.1, 0.2, 0.1], revenue=[1.0, 2.0, 1.0])
    assert set(measured) == {"log_loss", "brier", "ece", "deviance_orders"}
    assert all(math.isfinite(value) for value in measured.values())


@pytest.mark.parametrize(("left", "stayed", "few"), [(60, 40, False), (81, 19, True), (40, 50, True)])
def test_measures_of_few_customers_carry_a_caution(left: int, stayed: int, few: bool) -> None:  # noqa: FBT001
    churned = np.repeat([1, 0], [left, stayed])
    truth = pd.DataFrame({"churned": churned, "orders": 1 - churned, "revenue": 5.0 * (1 - churned)})
    said = Forecast(churn=np.full(len(truth), 0.5))
    judged = Evaluation.of(
        truth, {"Joren": said}, moment=date(2025, 1, 1), horizon_days=91, kind="out-of-time"
    )
    assert (f"{left} left and {stayed} stayed" in judged.caution) == few
    assert bool(judged.caution) == few


def test_one_customer_can_be_judged() -> None:
    truth = pd.DataFrame({"churned": [0], "orders": [2], "revenue": [30.0]}, index=["00123"])
    measured = judge(truth, [0.25], orders=[1.0], revenue=[15.0])
    assert measured["brier"] == 0.0625
    assert measured["bias_revenue"] == -0.5
    assert "auc" not in measured
    assert "gini" not in measured


def test_a_constant_probability_has_a_calibration_error() -> None:
    truth, _ = a_shop()
    assert judge(truth, np.full(len(truth), 0.5))["ece"] == pytest.approx(abs(truth.churned.mean() - 0.5))


def test_ties_and_row_order_do_not_change_a_measure_of_churn() -> None:
    truth, forecast = a_shop()
    coarse = pd.Series(np.round(forecast.churn, 1), index=truth.index)
    shuffled = truth.sample(frac=1, random_state=3)
    there, back = judge(truth, coarse), judge(shuffled, coarse[shuffled.index])
    assert there == pytest.approx(back, rel=1e-12)


def test_lift_shares_the_hits_among_those_tied_at_the_edge() -> None:
    truth = pd.DataFrame({"churned": [1, 0, 1, 0, 0, 0, 0, 0, 0, 0], "orders": 0, "revenue": 0.0})
    assert judge(truth, [5, 4, 4, 1, 1, 1, 1, 1, 1, 1])["lift_20"] == pytest.approx((1 + 0.5) / 2 / 0.2)


def test_a_forecast_of_other_customers_is_refused() -> None:
    truth, forecast = a_shop(20)
    with pytest.raises(ValueError, match="mixed up"):
        judge(truth, pd.Series(forecast.churn, index=truth.index[::-1]))
    with pytest.raises(ValueError, match="shape"):
        judge(truth, forecast.churn[:-1])


def test_the_bins_of_reliability_hold_every_customer_once() -> None:
    truth, forecast = a_shop()
    table = reliability_table(truth.churned.to_numpy(float), forecast.churn)
    assert table.customers.sum() == len(truth)
    assert table.predicted.is_monotonic_increasing


def test_a_difference_from_oneself_is_nothing() -> None:
    truth, forecast = a_shop(200)
    assert paired_difference(truth, forecast.churn, forecast.churn, "log_loss", rounds=5) == (0.0, 0.0)


def test_a_bootstrap_that_meets_one_class_only_says_that_it_does_not_know() -> None:
    truth = pd.DataFrame({"churned": [1, 1], "orders": [0, 0], "revenue": [0.0, 0.0]})
    assert math.isnan(paired_difference(truth, [0.1, 0.2], [0.3, 0.1], "auc", rounds=5).standard_error)


def test_an_evaluation_writes_its_measures_and_no_customer() -> None:
    truth, forecast = a_shop(300)
    rule = Forecast(churn=np.arange(300.0))
    evaluation = Evaluation.of(
        truth,
        {"Joren": forecast, "recency rule": rule},
        moment=date(1997, 12, 31),
        horizon_days=91,
        kind="out-of-time",
    )
    written = json.dumps(evaluation.to_json(), allow_nan=False)
    assert json.loads(written)["metrics"]["Joren"] == judge(truth, **vars(forecast))
    assert "c-00" not in written
    assert set(evaluation.metrics["recency rule"]) <= set(METRICS)
    assert "log_loss" not in evaluation.metrics["recency rule"]
    assert evaluation.compare("Joren", "recency rule", "auc", rounds=10).difference > 0.2
    with pytest.raises(ValueError, match="judges probabilities"):
        evaluation.compare("Joren", "recency rule", "log_loss")
    with pytest.raises(KeyError):
        evaluation.compare("Joren", "recency rule", "gini")
