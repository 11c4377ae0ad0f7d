from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import betaprime

from tests.training.models.oracle import cdnow_sample, published
from training.errors import ConvergenceError, ModelInputError, NotEnoughDataError
from training.models.gammagamma import GammaGamma

CDNOW = GammaGamma(p=6.25, q=3.74, v=15.44)


def spends(model: GammaGamma, orders: np.ndarray, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.gamma(model.p * orders) / rng.gamma(model.q, 1 / model.v, orders.size) / orders


def test_cdnow_is_the_published() -> None:
    told, seen = published()["cdnow_sample"]["gamma_gamma"], cdnow_sample()
    model = GammaGamma.fit(seen.x, seen.mean_spend)
    for name in ("p", "q", "v"):
        assert model.parameters[name] == pytest.approx(told[name], rel=told["tolerance"])
    assert model.estimation is not None
    assert model.estimation.log_likelihood == pytest.approx(told["log_likelihood"], abs=told["tolerance"])
    assert model.estimation.notes == ("1411 customers without a paid order are set aside",)
    bought = seen.x > 0
    at = CDNOW.log_likelihood(seen.x[bought], seen.mean_spend[bought]).sum()
    assert at == pytest.approx(told["log_likelihood_at_6.25_3.74_15.44"], abs=1e-6)


def test_expectation_lies_between_the_population_and_the_customer() -> None:
    population = CDNOW.p * CDNOW.v / (CDNOW.q - 1)
    assert CDNOW.expected_value(0, np.nan) == pytest.approx(population)
    assert CDNOW.expected_value(1e9, 80) == pytest.approx(80, rel=1e-6)
    between = CDNOW.expected_value([1, 2, 5, 20], 80)
    assert (np.diff([population, *between, 80]) > 0).all()
    assert CDNOW.expected_value(3, -20) == CDNOW.expected_value(3, 0) > 0


def test_parameters_are_recovered() -> None:
    orders = 1.0 + np.random.default_rng(5).poisson(3, 10_000)
    model = GammaGamma.fit(orders, spends(CDNOW, orders, 6))
    assert model.estimation is not None
    for name, error in model.estimation.standard_errors.items():
        assert abs(model.parameters[name] - CDNOW.parameters[name]) < 3 * error
        assert error < 0.15 * CDNOW.parameters[name]


def test_a_tail_without_a_mean_is_shrunk_and_said() -> None:
    orders = 1.0 + np.random.default_rng(5).poisson(3, 2_000)
    wild = spends(GammaGamma(p=3, q=0.8, v=10), orders, 7)
    model = GammaGamma.fit(orders, wild)
    assert model.q >= 1.1
    assert model.estimation is not None
    assert model.estimation.at_boundary
    assert model.estimation.prior_strength > 0
    with pytest.raises(ConvergenceError, match="no finite mean"):
        GammaGamma.fit(orders, wild, prior_strength=0)
    with pytest.raises(ModelInputError, match="infinite"):
        GammaGamma(p=3, q=0.8, v=10).expected_value(0, 0)


def test_spend_beyond_all_measure_still_has_an_expectation() -> None:
    rng = np.random.default_rng(9)
    orders = rng.integers(20, 900, 300)
    mean = rng.lognormal(3, 4, 300)
    model = GammaGamma.fit(orders, mean)
    large = mean > 10
    np.testing.assert_allclose(model.expected_value(orders, mean)[large], mean[large], rtol=0.1)


logs = st.floats(-4, 6).map(np.exp)


@settings(max_examples=60, deadline=None)
@given(
    p=logs,
    q=logs,
    v=logs,
    seen=st.lists(st.tuples(st.integers(1, 500), st.floats(1e-3, 1e7)), min_size=1, max_size=20),
)
def test_answers_are_numbers_whatever_the_parameters(
    p: float, q: float, v: float, seen: list[tuple[int, float]]
) -> None:
    orders, mean = (np.array(column, dtype=np.float64) for column in zip(*seen, strict=True))
    model = GammaGamma(p, 1 + q, v)
    assert np.isfinite(model.log_likelihood(orders, mean)).all()
    expected, population = model.expected_value(orders, mean), model.expected_value(0, 0)
    assert (expected >= np.minimum(mean, population) * (1 - 1e-9)).all()
    assert (expected <= np.maximum(mean, population) * (1 + 1e-9)).all()
    fitted = GammaGamma.fit(orders, mean)
    assert np.isfinite(fitted.expected_value(orders, mean)).all()


def test_constant_spend_gives_the_constant() -> None:
    model = GammaGamma.fit([1, 2, 3, 4, 5] * 40, np.full(200, 25.0))
    assert model.estimation is not None
    assert model.estimation.at_boundary
    np.testing.assert_allclose(model.expected_value([0, 1, 5], 25.0), 25.0, rtol=0.05)


def test_customers_that_say_nothing_are_counted() -> None:
    model = GammaGamma.fit([0, 2, 3, 1, 4], [np.nan, -5, 20, 30, 0])
    assert model.estimation is not None
    assert model.estimation.customers == 2
    assert model.estimation.notes == (
        "1 customers without a paid order are set aside",
        "2 customers whose mean spend is not positive are set aside",
    )


def test_weights_are_repetition_and_order_does_not_matter() -> None:
    orders = np.array([1.0, 3, 2, 5, 1, 2])
    mean = np.array([10.0, 40, 22, 18, 95, 33])
    times = np.array([1, 4, 2, 1, 3, 2])
    again = np.random.default_rng(0).permutation(np.repeat(np.arange(6), times))
    weighted, repeated = GammaGamma.fit(orders, mean, times), GammaGamma.fit(orders[again], mean[again])
    assert weighted.parameters == pytest.approx(repeated.parameters, rel=1e-9)


@pytest.mark.parametrize(("orders", "mean"), [([-1], [3]), ([1], [np.nan]), ([np.nan], [3]), ([1], [np.inf])])
def test_no_numbers_are_refused(orders: list[float], mean: list[float]) -> None:
    with pytest.raises(ModelInputError, match="row 0"):
        GammaGamma.fit(orders, mean)


def test_a_density_is_of_positive_means() -> None:
    with pytest.raises(ModelInputError, match="positive mean"):
        CDNOW.log_likelihood([1, 2], [30, -4])


def test_no_spend_at_all_is_not_enough() -> None:
    with pytest.raises(NotEnoughDataError):
        GammaGamma.fit([0, 2], [0, -1])


def test_draws_follow_the_beta_prime_distribution_of_totals() -> None:
    counts = np.broadcast_to(np.array([[0.0, 1, 4]]), (20_000, 3))
    totals = CDNOW.draw_totals(counts, [2, 2, 0], [30, 30, 0], rng=np.random.default_rng(1))
    assert (totals[:, 0] == 0).all()
    for column, orders in ((1, 2), (2, 0)):
        known = betaprime(
            CDNOW.p * counts[0, column], CDNOW.q + CDNOW.p * orders, scale=CDNOW.v + 30 * orders
        )
        for level in (10.0, 40.0, 150.0):
            assert (totals[:, column] <= level).mean() == pytest.approx(known.cdf(level), abs=0.015)


def test_json_brings_the_same_model_back() -> None:
    model = GammaGamma.fit([1, 2, 3, 0], [10, 12, 30, 0])
    assert GammaGamma.from_json(model.to_json()) == model
    assert GammaGamma.from_json(CDNOW.to_json()) == CDNOW
