"""Lifetime value on customers whose whole life is known, because it was drawn from the model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from training.clv import Prediction, lifetime_value
from training.models.bgnbd import BGNBD
from training.models.gammagamma import GammaGamma
from training.models.value import ValueModel
from training.policy import Policy

HORIZON = 365
MODEL = ValueModel(BGNBD(0.8, 60.0, 0.3, 6.0), GammaGamma(6.0, 4.0, 150.0), 50.0, 1.0, None)


@pytest.fixture(scope="module")
def life() -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """4,000 customers as known at some age, the purchases and the discounted spend of their next year."""
    rng = np.random.default_rng(3)
    rows, future, spent = [], [], []
    for age in rng.integers(30, 400, 4000):
        rate, leaves, nu = rng.gamma(0.8, 1 / 60.0), rng.beta(0.3, 6.0), rng.gamma(4.0, 1 / 150.0)
        times, clock = [0.0], 0.0
        while len(times) == 1 or rng.random() >= leaves:
            clock += rng.exponential(1 / rate)
            if clock > age + HORIZON:
                break
            times.append(clock)
        values = rng.gamma(6.0, 1 / nu, len(times))
        seen = np.array(times) <= age
        later = np.array(times)[~seen] - age
        last = max(np.floor(times[seen.sum() - 1]), 1.0) if seen.sum() > 1 else 0.0
        rows.append((seen.sum(), age, age - last, seen.sum(), values[seen].mean()))
        future.append(len(later))
        spent.append(np.sum(values[~seen] * 1.1 ** (-later / 365)))
    names = ["orders", "days_since_first_order", "days_since_last_order", "paid_orders", "mean_order_value"]
    behaviour = pd.DataFrame(rows, columns=names, dtype=float)
    gross = behaviour["paid_orders"] * behaviour["mean_order_value"]
    return behaviour.assign(gross_spend=gross, net_revenue=gross), np.array(future), np.array(spent)


def by_itself(behaviour: pd.DataFrame, horizon_days: int = 90) -> Prediction:
    orders = MODEL.expected_orders(behaviour, horizon_days)
    return Prediction(
        horizon_days,
        MODEL.probability_no_order(behaviour, horizon_days),
        orders,
        orders * MODEL.expected_spend(behaviour),
    )


def test_totals_are_right_and_the_interval_holds_what_it_says(
    life: tuple[pd.DataFrame, np.ndarray, np.ndarray],
) -> None:
    behaviour, _, spent = life
    expected, low, high = lifetime_value(MODEL, behaviour, by_itself(behaviour), 1.0, Policy())
    within = (low <= spent) & (spent <= high)
    frequent = MODEL.expected_orders(behaviour, HORIZON) >= 5
    assert expected.sum() == pytest.approx(spent.sum(), rel=0.05)
    assert within.mean() >= 0.80  # counts are lumpy: who buys once or never is covered more often
    assert 0.76 <= within[frequent].mean() <= 0.84
    assert frequent.sum() > 500


def test_margin_scales_value_and_a_discount_lowers_it(
    life: tuple[pd.DataFrame, np.ndarray, np.ndarray],
) -> None:
    behaviour = life[0].head(200)
    full = lifetime_value(MODEL, behaviour, by_itself(behaviour), 1.0, Policy())
    third = lifetime_value(MODEL, behaviour, by_itself(behaviour), 1 / 3, Policy())
    for whole, part in zip(full, third, strict=True):
        np.testing.assert_allclose(part, whole / 3)
    undiscounted, *_ = lifetime_value(
        MODEL, behaviour, by_itself(behaviour), 1.0, Policy(annual_discount_rate=0.0)
    )
    assert (undiscounted > full[0]).all()


def test_without_a_discount_a_value_horizon_like_the_churn_horizon_is_the_forecast(
    life: tuple[pd.DataFrame, np.ndarray, np.ndarray],
) -> None:
    behaviour = life[0].head(200)
    forecast = by_itself(behaviour)
    corrected = replace(forecast, revenue=forecast.revenue * 7.0)
    policy = Policy(clv_horizon_days=90, annual_discount_rate=0.0)
    expected, *_ = lifetime_value(MODEL, behaviour, corrected, 1.0, policy)
    np.testing.assert_allclose(expected, corrected.revenue)


def test_longer_horizons_are_worth_more(life: tuple[pd.DataFrame, np.ndarray, np.ndarray]) -> None:
    behaviour = life[0].head(200)
    year, decade = (
        lifetime_value(MODEL, behaviour, by_itself(behaviour), 1.0, Policy(clv_horizon_days=days))[0]
        for days in (365, 3650)
    )
    assert (decade > year).all()


@pytest.mark.parametrize("margin_rate", [-0.2, 0.0, 0.4])
def test_the_interval_holds_the_expectation_whatever_the_margin(
    life: tuple[pd.DataFrame, np.ndarray, np.ndarray], margin_rate: float
) -> None:
    behaviour = life[0].head(200)
    expected, low, high = lifetime_value(MODEL, behaviour, by_itself(behaviour), margin_rate, Policy())
    assert (low <= expected).all()
    assert (expected <= high).all()


def test_a_forecast_that_knows_better_moves_the_interval_with_it(
    life: tuple[pd.DataFrame, np.ndarray, np.ndarray],
) -> None:
    behaviour = life[0].head(200)
    own = by_itself(behaviour)
    surely_gone = replace(own, churn_probability=np.full(200, 1 - 1e-5), revenue=own.revenue * 1e-3)
    expected, low, high = lifetime_value(MODEL, behaviour, surely_gone, 1.0, Policy())
    assert (low == 0).all()
    assert (expected <= high).all()
    twice = replace(own, revenue=own.revenue * 2.0)
    for doubled, once in zip(
        lifetime_value(MODEL, behaviour, twice, 1.0, Policy()),
        lifetime_value(MODEL, behaviour, own, 1.0, Policy()),
        strict=True,
    ):
        np.testing.assert_allclose(doubled, 2.0 * once)


def test_where_nobody_has_ever_paid_value_is_nought_for_sure(
    life: tuple[pd.DataFrame, np.ndarray, np.ndarray],
) -> None:
    behaviour = (
        life[0].head(50).assign(paid_orders=0.0, mean_order_value=np.nan, gross_spend=0.0, net_revenue=0.0)
    )
    free = replace(MODEL, spend=None, mean_spend=0.0)
    nothing = Prediction(90, free.probability_no_order(behaviour, 90), np.ones(50), np.zeros(50))
    for column in lifetime_value(free, behaviour, nothing, 1.0, Policy()):
        assert (column == 0).all()


def test_orders_that_are_free_bring_nothing(life: tuple[pd.DataFrame, np.ndarray, np.ndarray]) -> None:
    behaviour, *_ = life
    orders = behaviour["orders"]
    free = behaviour.assign(orders=orders.where(orders == 1, 2 * orders), margin_total=np.nan)
    value = ValueModel.fit(free)
    assert 0.5 < value.paid_share < 1.0
    assert value.paid_share == pytest.approx(orders.sum() / free["orders"].sum())
    assert ValueModel.from_dict(value.to_dict()).paid_share == value.paid_share
    alone = replace(value, paid_share=1.0)
    np.testing.assert_allclose(value.expected_spend(free), value.paid_share * alone.expected_spend(free))
