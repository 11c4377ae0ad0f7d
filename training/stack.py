"""How much to trust each model: weights learned on predictions that none of them was fitted on.

Log-odds are averaged. The weights are pulled towards what did best over many trials (``PRIOR``), and the
intercept towards none, by a strength counted in moments, not in customers: customers share a season, so a
hundred thousand of them at one moment are little evidence about the next. One moment may not move the
level; several together may.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.optimize import minimize

from training.models.glm import Array

PRIOR = (0.20, 0.50, 0.30)  # the lifetime-value model, the linear model, the trees
WEIGHT_STRENGTH = 0.1
INTERCEPT_STRENGTH = 1.0


@dataclass(frozen=True)
class Stack:
    """``log-odds = intercept + Σ weight · member's log-odds``, the members in the order of ``PRIOR``."""

    intercept: float
    weights: tuple[float, ...]

    @classmethod
    def prior(cls) -> Self:
        """Return the weights that hold before any evidence."""
        return cls(0.0, PRIOR)

    @classmethod
    def fit(cls, moments: list[tuple[Array, Array]]) -> Self:
        """Learn from ``moments``: of each, members' log-odds (customers, 3) and churned (customers,).

        Each moment counts the same, however many customers it has. Minimises mean log-loss plus the pull of
        the prior.
        """
        if not moments:
            return cls.prior()
        start = np.array([0.0, *PRIOR])
        strength = np.array([INTERCEPT_STRENGTH, *[WEIGHT_STRENGTH] * len(PRIOR)]) / len(moments)

        def loss(parameters: Array) -> tuple[float, Array]:
            value, gradient = 0.0, np.zeros_like(parameters)
            for members, churned in moments:
                design = np.column_stack([np.ones(len(members)), members])
                eta = design @ parameters
                value += float(np.mean(np.logaddexp(0.0, eta) - churned * eta)) / len(moments)
                gradient += design.T @ (1.0 / (1.0 + np.exp(-eta)) - churned) / len(churned) / len(moments)
            away = parameters - start
            return value + float(strength @ away**2), gradient + 2.0 * strength * away

        bounds = [(-1.0, 1.0), *[(0.0, 1.0)] * len(PRIOR)]
        best = minimize(
            loss, start, jac=True, bounds=bounds, method="L-BFGS-B", options={"ftol": 1e-13, "gtol": 1e-9}
        )
        return cls(float(best.x[0]), tuple(float(w) for w in best.x[1:]))

    def combine(self, members: Array) -> Array:
        """Return the stacked log-odds, (customers,), of members' log-odds (customers, 3)."""
        return np.asarray(self.intercept + members @ np.asarray(self.weights))
