"""Expectations that have no closed form that is safe in floating point, as sums of positive terms.

The textbook forms of these models are differences of Gauss's hypergeometric functions, which cancel,
overflow or divide by zero for parameters that occur (a = 1, x in the hundreds, long horizons). Each is the
mean of a smooth positive function, and is computed as that.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.models.distinct import FloatArray

__all__ = ["beta_mean"]

STEP = 0.35  # in logits: the trapezoid rule's error is exp(-pi^2 / STEP), 6e-13
STEP_IN_SD = 0.7  # where the distribution is narrow
NEGLIGIBLE = 37.0  # -log of the mass left out at either end
FLAT = 1e-12  # below this share of its finest scale the function is a constant
CELLS = 1 << 19


def logit_rule(a: FloatArray, b: FloatArray, finest: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return nodes p and weights (rows sum to 1) for means over Beta(a, b), one row for each a, b.

    The trapezoid rule in logit(p), which converges geometrically. Where a or b is small a tail is long but
    the function flat in it (p far below ``finest``, or 1 - p below ``FLAT``): such a tail is a geometric
    series, and is summed into the end node.
    """
    harmonic = a * b / (a + b)
    reach = NEGLIGIBLE / harmonic + np.sqrt(2 * NEGLIGIBLE / harmonic)
    mode = np.log(a) - np.log(b)
    low = np.maximum(mode - reach, np.log(FLAT * np.minimum(finest, 1 / (1 + b))))
    high = np.minimum(mode + reach, -np.log(FLAT / (1 + a)))
    spread = np.sqrt(1 / a + 1 / b)
    nodes = int(np.ceil(((high - low) / np.minimum(STEP, STEP_IN_SD * spread)).max())) + 1
    step = ((high - low) / (nodes - 1))[:, None]
    w = low[:, None] + step * np.arange(nodes)
    log_p, log_q = -np.logaddexp(0, -w), -np.logaddexp(0, w)
    log_weight = a[:, None] * log_p + b[:, None] * log_q
    log_weight[:, 0] -= np.log(-np.expm1(-a * step[:, 0]))
    log_weight[:, -1] -= np.log(-np.expm1(-b * step[:, 0]))
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
    rows = max(1, CELLS // 256)
    for first in range(0, a.size, rows):
        part = slice(first, min(first + rows, a.size))
        p, weight = logit_rule(a[part], b[part], finest[part])
        means[part] = np.einsum("ij,ij->i", weight, function(p, part))
    return means
