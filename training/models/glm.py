"""A ridge-penalised generalised linear model around an offset, fitted by Fisher scoring.

The offset is what another model already says (here: the buy-till-you-die model), on the link's scale. The
penalty pulls the coefficients to zero, that is: to the offset. With few rows the answer is the offset's;
with many, the data's.

Source: McCullagh & Nelder, *Generalized Linear Models*, 2nd ed. (1989), section 2.5, with a ridge term.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from training.errors import ConvergenceError

Array: TypeAlias = npt.NDArray[np.float64]

LARGEST_ETA = 25.0
ROUNDS = 60
HALVINGS = 30


class Family(StrEnum):
    """How the outcome scatters around its mean m, with the link used here."""

    BINOMIAL = "binomial"  # logit link, variance m (1 - m)
    POISSON = "poisson"  # log link, variance m
    TWEEDIE = "tweedie"  # log link, variance m^1.5: many zeros and a long tail; outcomes near 1 in size

    def loss(self, outcome: Array, eta: Array) -> float:
        """Half the deviance of the linear predictor ``eta``, up to a constant of the outcome."""
        if self is Family.BINOMIAL:
            return float(np.sum(np.logaddexp(0.0, eta) - outcome * eta))
        if self is Family.POISSON:
            return float(np.sum(np.exp(eta) - outcome * eta))
        return float(2.0 * np.sum(outcome * np.exp(-eta / 2.0) + np.exp(eta / 2.0)))

    def score_and_weight(self, outcome: Array, eta: Array) -> tuple[Array, Array]:
        """Return the loss's negative derivative by ``eta``, and its expected second derivative, each (n,)."""
        if self is Family.BINOMIAL:
            mean = expit(eta)
            return outcome - mean, np.maximum(mean * (1.0 - mean), 1e-9)
        mean = np.exp(eta)
        spread = 1.0 if self is Family.POISSON else np.sqrt(mean)
        return (outcome - mean) / spread, mean / spread


@dataclass(frozen=True)
class RidgeGLM:
    """``link(mean) = offset + intercept + inputs @ coefficients``."""

    intercept: float
    coefficients: tuple[float, ...]

    @classmethod
    def fit(cls, inputs: Array, outcome: Array, *, offset: Array, family: Family, penalty: float) -> Self:
        """Fit to ``inputs`` (n, k), ``outcome`` (n,) and ``offset`` (n,).

        ``penalty`` is counted in rows: a coefficient is held back as by that many rows of evidence for
        zero. The intercept is free. Raises ``ConvergenceError`` where the scoring does not settle.
        """
        design = np.column_stack([np.ones(len(inputs)), inputs])
        ridge = np.full(design.shape[1], float(penalty))
        ridge[0] = 1e-6

        def linear(beta: Array) -> Array:
            return np.clip(offset + design @ beta, -LARGEST_ETA, LARGEST_ETA)

        def loss(beta: Array) -> float:
            return family.loss(outcome, linear(beta)) + 0.5 * float(ridge @ beta**2)

        beta = np.zeros(design.shape[1])
        now = loss(beta)
        for _ in range(ROUNDS):
            score, weight = family.score_and_weight(outcome, linear(beta))
            scaled = design * np.sqrt(weight)[:, None]
            information = scaled.T @ scaled
            information[np.diag_indices_from(information)] += ridge
            step = np.linalg.solve(information, design.T @ score - ridge * beta)
            for _ in range(HALVINGS):
                if (after := loss(beta + step)) <= now:
                    break
                step = step / 2.0
            else:
                after, step = now, np.zeros_like(step)
            beta, now, before = beta + step, after, now
            if before - now <= 1e-9 * (abs(now) + 1.0):
                return cls(float(beta[0]), tuple(float(b) for b in beta[1:]))
        raise ConvergenceError(
            f"The {family} model did not settle in {ROUNDS} rounds.",
            mend="Raise its penalty, or give it fewer features.",
        )

    def linear(self, inputs: Array, offset: Array) -> Array:
        """Return the linear predictor, (n,): log-odds (binomial), or the log of the mean."""
        return np.asarray(offset + self.intercept + inputs @ np.asarray(self.coefficients))
