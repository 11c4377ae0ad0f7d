"""One optimiser for every model: Newton's method in a trust region, on the logarithms of the parameters.

A fit ends converged (a gradient of nearly nothing, a Hessian that is negative definite, parameters inside
the bounds) or in a typed error. Where the likelihood runs to a boundary, a weakly informative prior holds
the parameters, and the result says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from training.errors import ConvergenceError, ModelInputError
from training.models.distinct import FloatArray

__all__ = [
    "PRIOR_SD",
    "Derivatives",
    "Objective",
    "Optimum",
    "Prior",
    "Problem",
    "estimate",
    "maximise",
    "verified",
]

ITERATIONS = 200
GRADIENT_TOLERANCE = 1e-8
FLATTEST = 1e-9  # the least curvature, per unit of log-likelihood, that still pins a parameter down
LOG_BOUND = 9.0  # a parameter beyond e^±9 times its scale has run to a boundary
PRIOR_SD = 2.0  # the prior's log-normal: within a factor of e^±4 around the scale, 95 times of 100
ESCALATION = (0.0, *(4.0**power for power in range(15)))
LONGEST_STEP = 4.0
SHORTEST_STEP = 1e-12


class Derivatives(NamedTuple):
    """A function of the log-parameters at one point."""

    value: float
    gradient: FloatArray
    hessian: FloatArray

    def plus(self, other: Derivatives) -> Derivatives:
        """Return the derivatives of the sum of two functions."""
        return Derivatives(
            self.value + other.value, self.gradient + other.gradient, self.hessian + other.hessian
        )


Objective = Callable[[FloatArray], Derivatives]


@dataclass(frozen=True)
class Problem:
    """What is to be estimated: a mean log-likelihood in the logarithms of the parameters."""

    objective: Objective  # each parameter relative to its scale
    names: tuple[str, ...]
    start: FloatArray
    customers: float  # the weight of all of them
    distinct: int  # rows that the objective is computed on
    events: float = 0.0  # densities in the likelihood: what a change of the unit multiplies
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prior:
    """Log-normal around ``centre`` with a standard deviation of 2 logs, where ``held`` is 1 (and not 0)."""

    centre: FloatArray
    held: FloatArray


@dataclass(frozen=True)
class Optimum:
    """Where a fit ended."""

    theta: FloatArray
    likelihood: float  # the mean log-likelihood, without the prior
    here: Derivatives  # of the objective with its prior
    iterations: int
    prior_strength: float
    at_boundary: bool


def in_logs(theta: FloatArray, natural: Derivatives) -> Derivatives:
    """Return the derivatives by the log-parameters, given those by the parameters themselves (chain rule)."""
    parameters = np.exp(theta)
    gradient = natural.gradient * parameters
    hessian = natural.hessian * np.outer(parameters, parameters) + np.diag(gradient)
    return Derivatives(natural.value, gradient, hessian)


def maximise(objective: Objective, start: FloatArray) -> tuple[FloatArray, Derivatives, int]:
    """Climb from ``start``; return where the climb ended, the derivatives there and the number of steps.

    Each step is Newton's, with every eigenvalue of the Hessian taken as if it were negative, cut to the
    trust region. The climb also ends at the bound, or where rounding hides any gain; whether that is an
    optimum is for ``verified`` to say.
    """
    theta, here, radius = start, objective(start), 1.0
    for iteration in range(ITERATIONS):
        if np.abs(here.gradient).max() <= GRADIENT_TOLERANCE or np.abs(theta).max() > LOG_BOUND:
            return theta, here, iteration
        eigenvalues, vectors = np.linalg.eigh(here.hessian)
        curvature = np.maximum(np.abs(eigenvalues), FLATTEST)
        step = vectors @ ((vectors.T @ here.gradient) / curvature)
        step *= min(1.0, radius / float(np.linalg.norm(step)))
        promised = float(here.gradient @ step + 0.5 * step @ here.hessian @ step)
        there = objective(theta + step)
        gained = there.value - here.value
        noise = 1e-14 * max(1.0, abs(here.value))
        if not np.isfinite(gained) or gained < -noise:
            radius = 0.25 * float(np.linalg.norm(step))
        else:
            radius = min(2.0 * radius, LONGEST_STEP) if gained > 0.5 * promised else radius
            theta, here = theta + step, there
        if radius < SHORTEST_STEP or promised < 0.01 * noise:
            break
    return theta, here, iteration + 1


def verified(theta: FloatArray, here: Derivatives, steepest: float = 100 * GRADIENT_TOLERANCE) -> bool:
    """Return whether a climb ended at a maximum inside the bounds, each parameter pinned down."""
    return bool(
        np.isfinite(here.value)
        and np.abs(here.gradient).max() <= steepest
        and np.linalg.eigvalsh(here.hessian).max() < -FLATTEST
        and np.abs(theta).max() <= LOG_BOUND
    )


def with_prior(objective: Objective, prior: Prior, share: float) -> Objective:
    """Return the objective plus ``share`` of the prior's log-density."""
    precision = share * prior.held / PRIOR_SD**2

    def penalised(theta: FloatArray) -> Derivatives:
        likelihood, away = objective(theta), theta - prior.centre
        return Derivatives(
            likelihood.value - 0.5 * float(precision @ away**2),
            likelihood.gradient - precision * away,
            likelihood.hessian - np.diag(precision),
        )

    return penalised


def estimate(
    problem: Problem,
    *,
    prior_strength: float | None,
    prior: Prior | None = None,
    acceptable: Callable[[FloatArray], bool] = lambda _: True,
) -> Optimum:
    """Return the maximum-likelihood estimate, or the prior's where there is none.

    ``prior_strength`` is how often the prior (around 1 unless given) is taken: 0 never, and ``None`` not
    unless the likelihood has no ``acceptable`` maximum inside the bounds, then 1, 4, 16 … times until there
    is one. Raises ``ConvergenceError`` where none is found.
    """
    if prior_strength is not None and not 0 <= prior_strength < np.inf:
        raise ModelInputError(f"prior_strength is {prior_strength}.", mend="It is 0 (no prior) or more.")
    weak = prior or Prior(np.zeros(problem.start.size), np.ones(problem.start.size))
    for strength in ESCALATION if prior_strength is None else (prior_strength,):
        share = strength / problem.customers
        target = with_prior(problem.objective, weak, share) if strength else problem.objective
        theta, here, iterations = maximise(target, problem.start)
        if verified(theta, here) and acceptable(theta):
            likelihood = problem.objective(theta).value if strength else here.value
            return Optimum(
                theta, likelihood, here, iterations, strength, prior_strength is None and strength > 0
            )
    raise ConvergenceError(
        "The likelihood has no maximum inside the bounds: the data does not pin every parameter down.",
        which=[f"log-parameters at the end: {np.round(theta, 3).tolist()}"],
        mend="Leave prior_strength unset (a weak prior then holds them), or give more customers or history.",
    )
