from __future__ import annotations

import mpmath
import numpy as np
import pytest

from tests.training.models.oracle import cdnow_sample, published
from training.errors import ConvergenceError, ModelInputError, NotEnoughDataError
from training.models.bgnbd import BGNBD

PAPER = BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426)


@pytest.fixture(scope="module")
def fitted() -> BGNBD:
    seen = cdnow_sample()
    return BGNBD.fit(seen.x, seen.t_x, seen.T).in_unit(7)


def test_cdnow_is_the_papers(fitted: BGNBD) -> None:
    told = published()["cdnow_sample"]["bg_nbd"]
    for name in ("r", "alpha", "a", "b"):
        assert fitted.parameters[name] == pytest.approx(told[name], rel=told["tolerance"])
    assert fitted.estimation is not None
    assert fitted.estimation.log_likelihood == pytest.approx(told["log_likelihood"], abs=told["tolerance"])
    assert fitted.estimation.prior_strength == 0
    assert not fitted.estimation.at_boundary


def test_holdout_means_by_frequency_are_the_papers(fitted: BGNBD) -> None:
    told = published()["cdnow_sample"]["holdout_39_weeks_mean_purchases_by_calibration_frequency"]
    seen = cdnow_sample()
    group = np.minimum(seen.x, 7).astype(int)
    expected = fitted.expected_purchases(39, seen.x, seen.t_x / 7, seen.T / 7)
    size = np.bincount(group)
    assert size.tolist() == told["customers"]
    np.testing.assert_allclose(np.bincount(group, expected) / size, told["bg_nbd_predicted"], atol=1e-3)
    np.testing.assert_allclose(np.bincount(group, seen.holdout) / size, told["actual"], atol=1e-3)


def test_points_are_the_papers(fitted: BGNBD) -> None:
    checks = {check["what"]: check for check in published()["point_checks"]}
    conditional = checks["BG/NBD E[X(39) | x=2, t_x=30.43, T=38.86], parameters of cdnow_sample"]
    assert fitted.expected_purchases(39, 2, 30.43, 38.86) == pytest.approx(conditional["value"], abs=1e-3)
    new = checks["BG/NBD E[X(t)] at t = 0.1429, 1, 3, 31.8571, 32, 78"]
    given = fitted.expected_purchases([0.1429, 1, 3, 31.8571, 32, 78], 0, 0, 0)
    np.testing.assert_allclose(given, new["value"], atol=new["tolerance"])
    none = checks["BG/NBD P(X(39)=0) at r=.243, alpha=4.414, a=.793, b=2.426"]
    assert PAPER.probability_no_purchase(39, 0, 0, 0) == pytest.approx(none["value"], abs=none["tolerance"])
    eleven = checks["BG/NBD P(X(30)=11) at r=.243, alpha=4.414, a=.793, b=2.426"]
    assert PAPER.purchase_count_pmf(11, 30, 0, 0, 0) == pytest.approx(
        eleven["value"], abs=eleven["tolerance"]
    )
    one = checks["BG/NBD log-likelihood of one customer at (.243, 4.414, .793, 2.426), x=4, t_x=30.7, T=38.9"]
    assert PAPER.log_likelihood(4, 30.7, 38.9) == pytest.approx(one["value"], abs=one["tolerance"])
    other = BGNBD(0.25, 4, 0.8, 2.5)
    none_yet = checks["BG/NBD log-likelihood at r=.25, alpha=4, a=.8, b=2.5, T=40: x=0"]
    assert other.log_likelihood(0, 0, 40) == pytest.approx(none_yet["value"], abs=none_yet["tolerance"])
    assert other.log_likelihood(200, 38, 40) == pytest.approx(
        checks["the same: x=200, t_x=38"]["value"], abs=1e-3
    )


@pytest.mark.parametrize("a", [1e-3, 0.5, 1.0, 1.0 + 1e-9, 30.0])
@pytest.mark.parametrize(("x", "T"), [(0, 0.0), (3, 40.0), (400, 365.0), (100_000, 365.0)])
@pytest.mark.parametrize("horizon", [0.01, 91.0, 3650.0])
def test_expectation_agrees_with_the_textbook_form_in_many_digits(
    a: float, x: int, T: float, horizon: float
) -> None:
    model = BGNBD(r=0.3, alpha=4.4, a=a, b=2.4)
    with mpmath.workdps(60):
        shape, above = mpmath.mpf(model.r) + x, mpmath.mpf(a) + (mpmath.mpf("1e-30") if a == 1 else 0)
        bottom = above + mpmath.mpf(model.b) + x - 1
        series = mpmath.hyp2f1(shape, above - 1, bottom, -mpmath.mpf(horizon) / (mpmath.mpf(model.alpha) + T))
        exact = float(bottom / (above - 1) * (1 - series))
    assert model.purchases_if_alive(horizon, x, T) == pytest.approx(exact, rel=1e-10)


@pytest.mark.parametrize("model", [PAPER, BGNBD(1e-3, 1e4, 50.0, 1e-3), BGNBD(80.0, 0.02, 1e-3, 900.0)])
@pytest.mark.parametrize("seen", [(0, 0, 0), (0, 0, 3650), (1, 365, 365), (7, 2, 365), (3000, 200, 365)])
def test_the_likelihood_in_many_digits(model: BGNBD, seen: tuple[int, float, float]) -> None:
    x, t_x, T = seen
    with mpmath.workdps(50):
        r, alpha, a, b = (mpmath.mpf(value) for value in model.parameters.values())
        buying = mpmath.gammaprod([r + x], [r]) * alpha**r
        alive = mpmath.beta(a, b + x) / mpmath.beta(a, b) * buying / (alpha + T) ** (r + x)
        left = (
            mpmath.beta(a + 1, b + x - 1) / mpmath.beta(a, b) * buying / (alpha + t_x) ** (r + x) if x else 0
        )
        exact = mpmath.log(alive + left)
        share = float(alive / (alive + left))
    assert model.log_likelihood(*seen) == pytest.approx(float(exact), rel=1e-10, abs=1e-12)
    assert model.probability_alive(*seen) == pytest.approx(share, rel=1e-9, abs=1e-300)


def test_one_time_buyers_are_alive_by_construction() -> None:
    assert PAPER.probability_alive(0, 0, [0, 10, 1000]).tolist() == [1, 1, 1]


def test_a_boundary_is_held_by_the_prior_and_said() -> None:
    rng = np.random.default_rng(3)
    age = np.full(3000, 200.0)
    seen = BGNBD(r=0.7, alpha=40.0, a=1e-9, b=5.0).simulate(age, rng)
    model = BGNBD.fit(*seen)
    assert model.estimation is not None
    assert model.estimation.at_boundary
    assert model.estimation.prior_strength == 1
    assert model.a / (model.a + model.b) < 0.05
    assert model.r == pytest.approx(0.7, rel=0.1)
    with pytest.raises(ConvergenceError, match="no maximum"):
        BGNBD.fit(*seen, prior_strength=0)


def test_only_one_time_buyers_still_give_numbers() -> None:
    model = BGNBD.fit(np.zeros(50), np.zeros(50), np.arange(50.0))
    assert model.estimation is not None
    assert model.estimation.at_boundary
    assert 0 < model.expected_purchases(91, 0, 0, 50) < 1


@pytest.mark.parametrize(
    ("x", "t_x", "T"),
    [(-1, 0, 5), (1.5, 2, 5), (1, 6, 5), (0, 2, 5), (1, 0, 5), (1, np.nan, 5), (np.inf, 1, 5)],
)
def test_impossible_histories_are_named(x: float, t_x: float, T: float) -> None:
    with pytest.raises(ModelInputError, match="row 1"):
        BGNBD.fit([0, x], [0, t_x], [9, T])
    with pytest.raises(ModelInputError):
        PAPER.probability_alive(x, t_x, T)


def test_nobody_observed_is_not_enough() -> None:
    with pytest.raises(NotEnoughDataError):
        BGNBD.fit([0, 0], [0, 0], [0, 0])
    with pytest.raises(NotEnoughDataError):
        BGNBD.fit([], [], [])
    with pytest.raises(NotEnoughDataError):
        BGNBD.fit([1], [3], [9], weights=[0])
