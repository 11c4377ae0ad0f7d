"""What a backtest tells, on made-up forecasts whose quality is known."""

import json
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from training.backtest_report import markdown
from training.backtest_words import METHODS_JA
from training.backtested import Backtest, Judged, Plan, by_segment
from training.evaluate import OURS, Evaluation, Forecast
from training.panel import Method
from training.peers import BASE_RATE, BGNBD_PEER, RECENCY, base_rate
from training.resampling import Resampled

NEWEST = date(2025, 9, 1)
HORIZON = 60


def evaluation(number: int, *, knowledge: float, customers: int = 400, repeat: bool = False) -> Evaluation:
    """Return one moment's: customers leave by a rate that ours knows up to noise, the peer less well."""
    draw = np.random.default_rng(7 if repeat else number)
    logit = draw.normal(0, 1.5, customers)
    churned = (draw.random(customers) < 1 / (1 + np.exp(-logit))).astype(float)
    orders = np.where(churned == 1, 0, 1 + draw.poisson(1, customers)).astype(float)
    ids = draw.permutation([f"c-{i:03x}" for i in range(customers)])
    truth = pd.DataFrame(
        {"churned": churned, "orders": orders, "revenue": orders * 20.0},
        index=pd.Index(ids, name="customer_id"),
    )
    near = 1 / (1 + np.exp(-knowledge * logit))
    far = 1 / (1 + np.exp(-0.5 * (logit + draw.normal(0, 1.5, customers))))
    forecasts = {
        RECENCY: Forecast(churn=100 * far),
        BGNBD_PEER: Forecast(far, 2 * (1 - far), 40 * (1 - far)),
        BASE_RATE: base_rate(truth),
        OURS: Forecast(near, 2 * (1 - near), 40 * (1 - near)),
    }
    moment = NEWEST - timedelta(days=HORIZON * number)
    return Evaluation.of(truth, forecasts, moment=moment, horizon_days=HORIZON, kind="out-of-time")


def judged(found: Evaluation) -> Judged:
    names = np.where(found.predictions["orders"] > 0, "Champions", "Hibernating")
    return Judged(found, "out of time", pd.Series(names, found.predictions.index))


@pytest.fixture(scope="module")
def backtest() -> Backtest:
    found = [evaluation(number, knowledge=0.1 if number == 2 else 1.0) for number in range(4)]
    return Backtest.of(
        [judged(one) for one in found],
        as_of=NEWEST + timedelta(days=HORIZON),
        asked=Plan(tuple(one.moment for one in found), HORIZON, "as was asked", "指定のとおり"),
        passed_over={date(2024, 1, 1): "71 customers"},
        findings=[],
        rounds=20,
    )


def test_the_worst_moment_is_the_one_of_least_skill(backtest: Backtest) -> None:
    assert backtest.worst is backtest.moments[2]
    ours, constant = (backtest.worst.evaluation.metrics[model]["log_loss"] for model in (OURS, BASE_RATE))
    assert backtest.worst.skill == pytest.approx(1 - ours / constant)
    assert backtest.worst.skill < 0.1 < backtest.moments[0].skill
    assert backtest.disjoint == 4


def test_differences_are_ours_less_theirs_averaged_over_the_moments(backtest: Backtest) -> None:
    gap = backtest.mean[OURS]["log_loss"] - backtest.mean[BGNBD_PEER]["log_loss"]
    told = backtest.differences[BGNBD_PEER]["log_loss"]
    assert told.difference == pytest.approx(gap)
    assert 0 < told.standard_error < 0.02
    assert "log_loss" not in backtest.differences[RECENCY]


def test_what_is_written_is_json_and_names_no_customer(backtest: Backtest) -> None:
    written = json.dumps(backtest.to_json(), allow_nan=False)
    assert not any(customer in written for customer in backtest.worst.evaluation.predictions.index)
    told = json.loads(written)
    assert told["moments"][0]["moment"] == "2025-09-01"
    assert told["worst"] == backtest.worst.moment.isoformat()
    assert told["grade"]["letter"] == backtest.grade.letter
    assert told["passed_over"] == {"2024-01-01": "71 customers"}


def test_segments_tell_their_own_figures(backtest: Backtest) -> None:
    assert list(backtest.segments) == ["Champions", "Hibernating"]
    assert backtest.segments["Champions"]["churned_share"] == 0.0
    assert "auc" not in backtest.segments["Champions"]
    assert sum(told["customers"] for told in backtest.segments.values()) == 1_600
    few = evaluation(0, knowledge=1, customers=40)
    assert by_segment(few.predictions, judged(few).segments) == {}


def test_the_same_customers_at_two_moments_are_no_twice_the_evidence() -> None:
    one, other = evaluation(0, knowledge=1, repeat=True), evaluation(1, knowledge=1, repeat=True)
    apart = evaluation(1, knowledge=1)
    seen = [0.0, 0.0]
    alike = Resampled.of([one, other], [OURS, BGNBD_PEER], rounds=60).difference(
        OURS, BGNBD_PEER, "brier", seen
    )
    alone = Resampled.of([one], [OURS, BGNBD_PEER], rounds=60).difference(OURS, BGNBD_PEER, "brier", seen[:1])
    mixed = Resampled.of([one, apart], [OURS, BGNBD_PEER], rounds=60).difference(
        OURS, BGNBD_PEER, "brier", seen
    )
    assert alike.standard_error == pytest.approx(alone.standard_error)
    assert mixed.standard_error < 0.9 * alone.standard_error


def test_the_standard_error_of_a_mean_is_the_known_one() -> None:
    found = evaluation(0, knowledge=1)
    missed = (found.predictions[f"{OURS}|churn"] - found.predictions["churned"]) ** 2
    told = Resampled.of([found], [OURS], rounds=200).standard_error(OURS, "brier", 0)
    assert told == pytest.approx(missed.std() / np.sqrt(len(missed)), rel=0.15)


def test_of_many_customers_some_are_drawn_and_the_spread_is_scaled() -> None:
    found = evaluation(0, knowledge=1, customers=9_000)
    missed = (found.predictions[f"{OURS}|churn"] - found.predictions["churned"]) ** 2
    told = Resampled.of([found], [OURS]).standard_error(OURS, "brier", 0)
    assert told == pytest.approx(missed.std() / np.sqrt(len(missed)), rel=0.3)


def test_the_report_names_the_method_in_its_reader_s_language(backtest: Backtest) -> None:
    assert markdown(backtest, "sales.csv", ()).count("| out of time |") == len(backtest.moments)
    told = markdown(backtest, "sales.csv", (), "ja")
    assert "out of time" not in told
    assert told.count("| 時点を分けて学習 |") == len(backtest.moments)
    assert METHODS_JA.keys() == set(Method)
