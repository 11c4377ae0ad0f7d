"""How far two groups lie apart: effect sizes between -1 and 1, with 95 % intervals.

Cliff's delta is the share of pairs in which the first group's value is the higher, less the share in which
it is the lower. Of a yes-or-no value it is the difference of the two shares: numbers and categories are on
one scale.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, rankdata

from features.cx.figures import CONFIDENCE, wilson_interval

__all__ = ["Effect", "cliffs_delta", "difference_of_shares"]

Floats = npt.NDArray[np.float64]

_Z = float(norm.ppf((1 + CONFIDENCE) / 2))


@dataclass(frozen=True)
class Effect:
    """An effect size and its interval."""

    value: float
    low: float
    high: float

    @property
    def least(self) -> float:
        """The smallest size within the interval: 0 where the direction is not sure."""
        return 0.0 if self.low <= 0 <= self.high else min(abs(self.low), abs(self.high))


def cliffs_delta(ones: Floats, others: Floats) -> Effect:
    """Return Cliff's delta of ``ones`` against ``others``, both of two values at least.

    Variance from the placements of each value among the other group's (DeLong, DeLong & Clarke-Pearson,
    Biometrics 44, 1988); the interval is the asymmetric one of Feng & Cliff, "Monte Carlo evaluation of
    ordinal d with improved confidence interval", J. Modern Applied Statistical Methods 3 (2004), which never
    leaves -1 to 1. Groups that do not overlap have no variance: there, Wilson's bound for the smaller one.

    >>> cliffs_delta(np.array([3.0, 4.0, 5.0]), np.array([1.0, 2.0, 4.0])).value
    0.6666666666666666
    """
    n, m = len(ones), len(others)
    ranks = rankdata(np.concatenate([ones, others]))
    placed_ones = 2 * (ranks[:n] - rankdata(ones)) / m - 1
    placed_others = 1 - 2 * (ranks[n:] - rankdata(others)) / n
    delta = float(placed_ones.mean())
    variance = float(placed_ones.var(ddof=1) / n + placed_others.var(ddof=1) / m)
    spread = _Z * math.sqrt(variance)
    middle, scale = delta - delta**3, 1 - delta**2 + spread**2
    if abs(delta) == 1:
        least = 2 * wilson_interval(min(n, m), min(n, m))[0] - 1
        return Effect(delta, min(delta, delta * least), max(delta, delta * least))
    reach = spread * math.sqrt((1 - delta**2) ** 2 + spread**2)
    return Effect(delta, (middle - reach) / scale, (middle + reach) / scale)


def difference_of_shares(count: int, n: int, other_count: int, other_n: int) -> Effect:
    """Return the share of ``count`` in ``n`` less the other one; neither group may be empty.

    Newcombe's hybrid of Wilson's intervals, Statistics in Medicine 17 (1998) 873, method 10.

    >>> effect = difference_of_shares(56, 70, 48, 80)
    >>> round(effect.low, 4), round(effect.value, 4), round(effect.high, 4)
    (0.0524, 0.2, 0.3339)
    """
    share, other_share = count / n, other_count / other_n
    (low, high), (other_low, other_high) = wilson_interval(count, n), wilson_interval(other_count, other_n)
    value = share - other_share
    below = math.hypot(share - low, other_high - other_share)
    above = math.hypot(high - share, other_share - other_low)
    return Effect(value, value - below, value + above)
