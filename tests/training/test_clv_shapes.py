"""What a fitted model says in general, against the model's own numbers and against simulation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from training.clv_holdout import Holdout
from training.clv_shapes import dropout, frequency_recency, purchase_rates, spend_shares
from training.models.bgnbd import BGNBD
from training.models.gammagamma import GammaGamma
from training.models.paretonbd import ParetoNBD

BG = BGNBD(r=0.6, alpha=50.0, a=0.8, b=2.4)
PARETO = ParetoNBD(r=0.55, alpha=74.0, s=0.6, beta=82.0)


def test_the_matrices_hold_the_models_own_numbers(holdout: Holdout) -> None:
    table = frequency_recency(holdout)
    T = holdout.customers["T"].max()
    for frequency, silent in (table.index[0], table.index[137], table.index[-1]):
        history = (frequency, T - silent, T)
        cell = table.loc[(frequency, silent)]
        assert cell["probability_alive"] == pytest.approx(holdout.purchases.probability_alive(*history))
        assert cell["expected_purchases"] == pytest.approx(
            holdout.purchases.expected_purchases(273, *history)
        )


def test_histories_that_cannot_be_are_not_in_the_matrix(holdout: Holdout) -> None:
    frequency, silent = (frequency_recency(holdout).index.get_level_values(level) for level in (0, 1))
    assert frequency.min() == 1
    assert silent.min() == 0
    assert (frequency <= holdout.customers["T"].max() - silent).all()


def test_spend_is_shared_out_over_the_bars(holdout: Holdout) -> None:
    table = spend_shares(holdout)
    mean_value = holdout.customers.query("paid_orders > 0")["mean_order_value"]
    bar = table.iloc[2]
    within = (mean_value >= bar["low"]) & (mean_value < bar["high"])
    assert bar["seen"] == pytest.approx(within.mean())
    assert 0.98 <= table["seen"].sum() <= 1
    assert table["fitted"].sum() == pytest.approx(table["seen"].sum(), abs=0.03)


def test_the_fitted_shares_are_those_of_simulated_customers(holdout: Holdout) -> None:
    rng = np.random.default_rng(11)
    orders = holdout.customers.query("paid_orders > 0")["paid_orders"].to_numpy()
    known = GammaGamma(p=5.0, q=4.0, v=20.0)
    spent = known.draw_totals(np.repeat(orders, 50), 0, 0.0, rng=rng) / np.repeat(orders, 50)
    table = spend_shares(replace(holdout, value=replace(holdout.value, spend=known)))
    simulated, _ = np.histogram(spent, [*table["low"], table["high"].iloc[-1]])
    np.testing.assert_allclose(table["fitted"], simulated / spent.size, atol=0.005)


def test_purchase_rates_are_those_of_the_gamma_distribution() -> None:
    shares = purchase_rates(BG)
    drawn = np.random.default_rng(3).gamma(BG.r, 365 / BG.alpha, 200_000)
    edges = [*shares.index, np.inf]
    np.testing.assert_allclose(shares, np.histogram(drawn, edges)[0] / drawn.size, atol=0.005)
    assert shares.sum() == pytest.approx(1)
    assert shares.iloc[-1] <= 0.05
    weeks = purchase_rates(BG.in_unit(7))
    np.testing.assert_allclose(weeks, shares)
    np.testing.assert_allclose(weeks.index, shares.index)


def test_dropout_after_a_purchase_and_within_a_year() -> None:
    rng = np.random.default_rng(4)
    edges = np.linspace(0, 1, 21)
    tossed = np.histogram(rng.beta(BG.a, BG.b, 200_000), edges)[0] / 200_000
    np.testing.assert_allclose(dropout(BG), tossed, atol=0.005)
    leaving = 1 - np.exp(-365 * rng.gamma(PARETO.s, 1 / PARETO.beta, 200_000))
    np.testing.assert_allclose(dropout(PARETO), np.histogram(leaving, edges)[0] / 200_000, atol=0.005)
    np.testing.assert_allclose(dropout(PARETO.in_unit(7)), dropout(PARETO), atol=1e-12)
