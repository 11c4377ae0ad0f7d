"""Figures with the size of their sample and a 95 % interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import stats

__all__ = ["CONFIDENCE", "Figure", "mean_figure", "nps_figure", "share_figure", "wilson_interval"]

CONFIDENCE = 0.95
_Z = float(stats.norm.ppf((1 + CONFIDENCE) / 2))
_HALVINGS = 60


@dataclass(frozen=True)
class Figure:
    """A figure, the number of answers or customers that it rests on, and its 95 % interval.

    ``low`` and ``high`` are None where so few say nothing of their spread.
    """

    value: float
    n: int
    low: float | None
    high: float | None

    def to_json(self) -> dict[str, float | int | None]:
        """Return it as JSON's own types."""
        return {"value": self.value, "n": self.n, "low": self.low, "high": self.high}


def share_figure(count: int, n: int, scale: float = 1.0) -> Figure | None:
    """Return ``count`` of ``n`` as a share times ``scale``, with Wilson's interval; None of nothing.

    >>> share_figure(8, 10)  # doctest: +ELLIPSIS
    Figure(value=0.8, n=10, low=0.490..., high=0.943...)
    """
    if n == 0:
        return None
    low, high = wilson_interval(count, n)
    return Figure(scale * count / n, n, scale * low, scale * high)


def wilson_interval(count: int, n: int) -> tuple[float, float]:
    """Return Wilson's score interval of the share of ``count`` in ``n``, which is not 0.

    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    """
    share, z2 = count / n, _Z * _Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    reach = _Z * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return (0.0 if count == 0 else middle - reach), (1.0 if count == n else middle + reach)


def mean_figure(n: int, total: float, squares: float, scale: tuple[float, float]) -> Figure | None:
    """Return the mean of ``n`` values from their sum and sum of squares, with Student's t interval.

    The interval ends where the ``scale`` does. One value, or values that are all alike, say nothing of their
    spread: no interval. None of nothing.

    >>> mean_figure(4, 16, 74, (1, 7))  # doctest: +ELLIPSIS
    Figure(value=4.0, n=4, low=1.094..., high=6.905...)
    """
    if n == 0:
        return None
    mean = total / n
    variance = max(0.0, squares - n * mean * mean) / max(1, n - 1)
    if variance == 0:
        return Figure(mean, n, None, None)
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1)) * math.sqrt(variance / n)
    return Figure(mean, n, max(scale[0], mean - reach), min(scale[1], mean + reach))


def nps_figure(promoters: int, detractors: int, n: int) -> Figure | None:
    """Return the net promoter score in points, -100 to 100, with a score interval; None of nothing.

    The interval holds every difference of the two shares that the score test does not reject: Tango,
    "Equivalence test and confidence interval for the difference in proportions for the paired-sample
    design", Statistics in Medicine 17 (1998), whose off-diagonal cells are promoters and detractors here. It
    stays within the scale and is no point where all answer alike.

    >>> nps_figure(6, 1, 10)  # doctest: +ELLIPSIS
    Figure(value=50.0, n=10, low=-2.00..., high=79.3...)
    """
    if n == 0:
        return None
    value = (promoters - detractors) / n
    low = _bound(promoters, detractors, n, value, -1.0)
    high = _bound(promoters, detractors, n, value, 1.0)
    return Figure(100 * value, n, 100 * low, 100 * high)


def _bound(promoters: int, detractors: int, n: int, inside: float, end: float) -> float:
    """Return, by halving, the difference furthest towards ``end`` that is not rejected."""
    outside = end
    if _distance(promoters, detractors, n, outside) <= _Z:
        return outside
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        if _distance(promoters, detractors, n, middle) <= _Z:
            inside = middle
        else:
            outside = middle
    return inside


def _distance(promoters: int, detractors: int, n: int, difference: float) -> float:
    """Return how many standard errors, as they are under ``difference``, the counts lie away from it."""
    b = -promoters - detractors + (2 * n - promoters + detractors) * difference
    c = -detractors * difference * (1 - difference)
    fewer = (math.sqrt(max(0.0, b * b - 8 * n * c)) - b) / (4 * n)
    variance = n * (2 * fewer + difference * (1 - difference))
    off = abs(promoters - detractors - n * difference)
    if variance <= 0:
        return math.inf if off > 0 else 0.0
    return off / math.sqrt(variance)
