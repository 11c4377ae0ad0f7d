"""Expectations that have no closed form that is safe in floating point, as sums of positive terms.

The textbook forms of these models are differences of Gauss's hypergeometric functions, which cancel,
overflow or divide by zero for parameters that occur (a = 1, x in the hundreds, long horizons). Each is the
mean of a smooth positive function, and is computed as that.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import expit

from training.models.chunks import chunks
from training.models.distinct import FloatArray

__all__ = ["beta_mean", "decay_rule", "truncated_beta_mean"]


def unit_gauss(nodes: int) -> tuple[FloatArray, FloatArray]:
    """Return the nodes of Gauss's rule from 0 to 1, and the logarithms of its weights."""
    x, weights = np.polynomial.legendre.leggauss(nodes)
    return 0.5 * (x + 1), np.log(0.5 * weights)


STEP = 0.35  # in logits: the trapezoid rule's error is exp(-pi^2 / STEP), 6e-13
STEP_IN_SD = 0.7  # where the distribution is narrow
NEGLIGIBLE = 37.0  # -log of the mass left out at either end
FLAT = 1e-12  # below this share of its finest scale the function is a constant
BETA_ROWS = 2048
PADDED = 32  # nodes are made up to a multiple, so that sums take the same path for short rows and long
FALLEN = 32.0
DECAY_NODES, LOG_DECAY_WEIGHTS = unit_gauss(30)
TRUNCATED_NODES, LOG_TRUNCATED_WEIGHTS = unit_gauss(48)


def logit_rule(a: FloatArray, b: FloatArray, finest: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return nodes p and weights (rows sum to 1) for means over Beta(a, b), one row for each a, b.

    The trapezoid rule in logit(p), which converges geometrically. Where a or b is small a tail is long but
    the function flat in it (p far below ``finest``, or 1 - p below ``FLAT``): such a tail is a geometric
    series, and is summed into the end node. A row's rule is its own, whichever rows stand beside it.
    """
    mode, felt = np.log(a) - np.log(b), reach(a * b / (a + b), np.zeros_like(a))
    low = np.maximum(mode - felt, np.log(FLAT * np.minimum(finest, 1 / (1 + b))))
    high = np.minimum(mode + felt, -np.log(FLAT / (1 + a)))
    finest_step = np.minimum(STEP, STEP_IN_SD * np.sqrt(1 / a + 1 / b))
    last = np.ceil((high - low) / finest_step).astype(np.int64)
    step = ((high - low) / last)[:, None]
    node = np.arange(-(-(int(last.max()) + 1) // PADDED) * PADDED)
    w = low[:, None] + step * node
    log_p, log_q = -np.logaddexp(0, -w), -np.logaddexp(0, w)
    log_weight = np.where(node <= last[:, None], a[:, None] * log_p + b[:, None] * log_q, -np.inf)
    log_weight[:, 0] -= np.log(-np.expm1(-a * step[:, 0]))
    log_weight[np.arange(a.size), last] -= np.log(-np.expm1(-b * step[:, 0]))
    weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
    return np.exp(log_p), weight / weight.sum(axis=1, keepdims=True)


def beta_mean(
    function: Callable[[FloatArray, slice], FloatArray], a: FloatArray, b: FloatArray, finest: FloatArray
) -> FloatArray:
    """Return the mean of ``function(p, rows)`` over p ~ Beta(a, b), for vectors ``a`` and ``b``.

    ``function`` is given nodes of shape (rows, nodes), and which rows they are; it must be smooth in log p,
    with no feature below p = ``finest``.
    """
    means = np.empty(a.size)
    for part in chunks(a.size, BETA_ROWS):
        p, weight = logit_rule(a[part], b[part], finest[part])
        means[part] = np.einsum("ij,ij->i", weight, function(p, part))
    return means


def truncated_beta_mean(
    function: Callable[[FloatArray], FloatArray],
    a: FloatArray,
    b: FloatArray,
    top: FloatArray,
    finest: FloatArray,
) -> FloatArray:
    """Return the mean of ``function(odds)`` over p ~ Beta(a, b), given odds p / (1 - p) <= ``top`` > 0.

    All are columns (rows, 1). The function has no feature below odds = ``finest``, and ``a`` is a whole
    number. Gauss's rule in ln(1 + odds / finest), between the points where the density, which is
    log-concave in logits, has become negligible.
    """
    mode = np.log(a) - np.log(b)
    high = np.minimum(np.log(top), mode + right_reach(a, b, mode))
    peak = expit(np.minimum(high, mode))
    slope, curvature = np.maximum(a - (a + b) * peak, 0.0), (a + b) * peak * (1 - peak)
    low = np.minimum(high, mode) - reach(curvature, slope)
    start, end = np.log1p(np.exp(low) / finest), np.log1p(np.exp(high) / finest)
    v = start + (end - start) * TRUNCATED_NODES
    odds = np.maximum(finest * np.expm1(v), np.finfo(np.float64).tiny)
    log_weight = (a - 1) * np.log(odds) - (a + b) * np.log1p(odds) + v + LOG_TRUNCATED_WEIGHTS
    weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
    mean: FloatArray = np.einsum("ij,ij->i", weight, function(odds)) / weight.sum(axis=1)
    return mean


def reach(curvature: FloatArray, slope: FloatArray) -> FloatArray:
    """Return how far from here a log-concave density of this curvature and slope can be felt."""
    with np.errstate(divide="ignore"):
        return np.minimum(NEGLIGIBLE / curvature + np.sqrt(2 * NEGLIGIBLE / curvature), NEGLIGIBLE / slope)


def right_reach(a: FloatArray, b: FloatArray, mode: FloatArray) -> FloatArray:
    """Return how far to the right of its mode Beta(a, b) can be felt: Newton's method on a convex drop."""
    u = reach(a * b / (a + b), np.zeros_like(a))
    for _ in range(8):
        drop = (a + b) * (np.logaddexp(0, mode + u) - np.logaddexp(0, mode)) - a * u
        u -= (drop - NEGLIGIBLE) / ((a + b) * expit(mode + u) - a)
    return u


def decay_rule(
    scales: tuple[float, float], powers: tuple[FloatArray, float], low: FloatArray, high: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return nodes y and log-weights for integrals of (α + y)^-p (β + y)^-q dy from ``low`` to ``high``.

    ``scales`` are α and β, ``powers`` p and q; vectors give rows. Gauss's rule in the logarithm of min(α,
    β) + y, in which the integrand is analytic in a strip; it stops where the integrand has fallen to
    nothing.
    """
    (alpha, beta), (p, q) = scales, powers
    least, most = min(alpha, beta), max(alpha, beta)
    with np.errstate(over="ignore"):
        fallen = np.minimum((alpha + low) * np.expm1(FALLEN / p), (beta + low) * np.expm1(FALLEN / q))
        fallen = np.minimum(fallen, (most + low) * np.expm1(FALLEN / (p + q)))
    start = least + low
    width = np.log1p(np.minimum(high - low, fallen) / start)
    v = width[:, None] * DECAY_NODES
    with np.errstate(divide="ignore"):
        scale = np.log(width * start)
    return low[:, None] + start[:, None] * (np.exp(v) - 1), LOG_DECAY_WEIGHTS + (v + scale[:, None])
