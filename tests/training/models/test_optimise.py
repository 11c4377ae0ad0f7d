from __future__ import annotations

import numpy as np
import pytest

from training.errors import ConvergenceError
from training.models.beta_geometric_likelihood import mean_log_likelihood as bg_likelihood
from training.models.bgbb import BGBB
from training.models.bgnbd import BGNBD
from training.models.distinct import FloatArray
from training.models.gammagamma import GammaGamma
from training.models.optimise import Derivatives, Objective, Problem, estimate, maximise
from training.models.paretonbd import ParetoNBD
from training.models.sbg import mean_log_likelihood as sbg_likelihood
from training.models.triples import Triples

SEEN = BGNBD(r=0.9, alpha=40, a=0.8, b=2.4).simulate(np.arange(1.0, 200), np.random.default_rng(8))
TRIPLES = Triples.of(SEEN.x, SEEN.t_x, SEEN.T, np.arange(1, 200) / 7)
PERIODS = BGBB(1.2, 0.75, 0.66, 2.78).simulate(np.arange(60) % 9 + 1, np.random.default_rng(8))
SPENDS = GammaGamma.problem(np.arange(1, 40) % 6 + 1, np.linspace(3, 90, 39), np.arange(1, 40))[0]

OBJECTIVES: dict[str, tuple[Objective, FloatArray]] = {
    "bgnbd": (lambda theta: bg_likelihood(theta, TRIPLES, 0), np.array([-0.3, 3.1, -0.2, 0.9])),
    "mbgnbd": (lambda theta: bg_likelihood(theta, TRIPLES, 1), np.array([-0.3, 3.1, -0.2, 0.9])),
    "paretonbd": (
        lambda theta: ParetoNBD.mean_log_likelihood(theta, TRIPLES),
        np.array([-0.3, 3.1, -0.2, 4.0]),
    ),
    "bgbb": (
        lambda theta: BGBB.mean_log_likelihood(theta, Triples.of(*PERIODS)),
        np.array([0.2, -0.3, -0.4, 1.0]),
    ),
    "gammagamma": (SPENDS.objective, np.array([1.2, 1.0, 0.3])),
    "sbg": (
        lambda theta: sbg_likelihood(
            theta,
            np.array([0.0, 2, 5]),
            np.array([1.0, 1, 0]),
            np.array([0.0, 1, 3]),
            np.array([0.5, 0.2, 0.3]),
        ),
        np.array([-0.3, 0.4]),
    ),
}


@pytest.mark.parametrize("name", OBJECTIVES)
def test_derivatives_are_those_of_the_value(name: str) -> None:
    objective, theta = OBJECTIVES[name]
    here = objective(theta)
    np.testing.assert_allclose(here.hessian, here.hessian.T, atol=1e-13)
    for i, step in enumerate(np.eye(theta.size) * 1e-5):
        up, down = objective(theta + step), objective(theta - step)
        assert here.gradient[i] == pytest.approx((up.value - down.value) / 2e-5, abs=1e-8)
        np.testing.assert_allclose(here.hessian[i], (up.gradient - down.gradient) / 2e-5, atol=1e-7)


def bowl(theta: FloatArray) -> Derivatives:
    away = theta - np.array([1.0, -2.0])
    return Derivatives(-float(away @ away), -2 * away, -2 * np.eye(2))


def saddle(theta: FloatArray) -> Derivatives:
    """Two maxima at (±1, 0), a saddle at 0."""
    u, v = theta
    gradient = np.array([4 * u - 4 * u**3, -2 * v])
    return Derivatives(float(2 * u**2 - u**4 - v**2), gradient, np.diag([4 - 12 * u**2, -2]))


def slope(theta: FloatArray) -> Derivatives:
    return Derivatives(float(theta.sum()), np.ones(2), np.zeros((2, 2)))


def test_a_climb_ends_at_the_maximum() -> None:
    theta, here, _ = maximise(bowl, np.zeros(2))
    np.testing.assert_allclose(theta, [1, -2])
    assert here.value == pytest.approx(0)
    assert abs(maximise(saddle, np.array([0.05, 3.0]))[0]) == pytest.approx([1, 0], abs=1e-6)


def test_what_has_no_maximum_is_held_by_the_prior_or_refused() -> None:
    problem = Problem(slope, ("u", "v"), np.zeros(2), customers=100.0, distinct=2)
    with pytest.raises(ConvergenceError, match="no maximum"):
        estimate(problem, prior_strength=0)
    held = estimate(problem, prior_strength=None)
    assert held.at_boundary
    assert held.prior_strength > 1
    np.testing.assert_allclose(held.theta, 4 * 100 / held.prior_strength)
