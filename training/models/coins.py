"""Customers who toss a coin each period: the bias θ ~ Beta(a, b) is how likely one is to leave."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln

from training.models.distinct import FloatArray
from training.models.quadrature import beta_mean

__all__ = ["draw_survivals", "expected_survivals", "log_survival"]

SMALLEST_BIAS = 1e-18  # numpy refuses a geometric distribution with p = 0
LARGEST_BIAS = 1 - 1e-16


def log_survival(a: float, b: FloatArray | float, periods: FloatArray | float) -> FloatArray:
    """Return the log-probability that the coin lets so many periods pass: ln B(a, b + periods) / B(a, b)."""
    return np.asarray(betaln(a, b + periods) - betaln(a, b), dtype=np.float64)


def expected_survivals(a: float, b: FloatArray, periods: FloatArray, force: float = 0.0) -> FloatArray:
    """Return how many of the next ``periods`` a customer is expected to see the end of.

    The j-th counts as e^(-``force`` j): the mean over θ of q + q² + … + q^periods with q = (1 - θ)
    e^(-force); vectors of one length. ``periods`` may be infinite where ``force`` is positive.
    """

    def survivals(theta: FloatArray, rows: slice) -> FloatArray:
        log_q = np.log1p(-np.minimum(theta, LARGEST_BIAS)) - force
        return np.exp(log_q) * np.expm1(periods[rows, None] * log_q) / np.expm1(log_q)

    finest = np.minimum(
        1 / np.where(np.isinf(periods), 1.0, np.maximum(periods, 1.0)), min(abs(force), 1.0) or 1.0
    )
    return beta_mean(survivals, np.full_like(b, a), b, finest)


def draw_survivals(
    a: float, b: FloatArray, size: tuple[int, ...], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return how many tosses each customer survives before the one that fails."""
    bias = np.maximum(rng.beta(a, b, size), SMALLEST_BIAS)
    return rng.geometric(bias) - 1
