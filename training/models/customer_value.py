"""What a customer will spend: purchases × Gamma-Gamma, discounted by exact days, with a predictive interval.

The spend on N purchases to come is V G(p N) / G(Q): G are unit gamma variables, and Q = q + p x, V = v + x
z are what Gamma-Gamma knows of a customer after x paid orders of mean z. But for V it has the same
distribution for all living buyers of one (x, T) and so many orders, which is tabulated once on a lattice of
equally likely points: nothing is random, and a million customers cost what their distinct histories cost.
Discounting scales it by discounted ÷ plain expected purchases.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import gammaincinv

from training.errors import ModelInputError
from training.models.distinct import FloatArray, axis_of, distinct
from training.models.triples import History, check_history

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from training.models.gammagamma import GammaGamma
    from training.models.purchases import PurchaseModel

__all__ = ["CustomerValue", "customer_value", "value_interval"]

POINTS = 1024
GENERATORS = (
    0.7548776662466927,
    0.5698402909980532,
)  # of the R2 sequence: powers of the inverse plastic number
GROUPS = 512  # tabulated at a time
EXACT_COUNTS = 10  # beyond, counts are taken together in bins
BIN_GROWTH = 1.2
LEFT_OUT = 1e-5  # of the probability of counts
SMALLEST = 1e-300


class CustomerValue(NamedTuple):
    """Spend over a horizon, in currency units at present value: low <= expected <= high."""

    expected: FloatArray
    low: FloatArray
    high: FloatArray


def customer_value(
    purchases: PurchaseModel,
    spend: GammaGamma,
    history: History,
    orders: ArrayLike,
    mean_value: ArrayLike,
    *,
    horizon_days: float,
    annual_rate: float,
    coverage: float = 0.8,
) -> CustomerValue:
    """Return each customer's spend over the horizon, at present value; margins are the caller's factor.

    ``orders`` and ``mean_value`` are the paid orders seen and their mean. The interval holds ``coverage``
    of the probability, half of the rest on either side; where spending nothing is likelier than that half,
    it begins at 0, and all of the rest lies above. It always holds the expectation, too. Raises
    ``ModelInputError``.
    """
    x, t_x, T = (np.atleast_1d(column) for column in check_history(*history))
    alive = purchases.probability_alive(x, t_x, T)
    present = purchases.discounted_if_alive(horizon_days, annual_rate, x, T)
    return value_interval(
        purchases,
        spend,
        History(x, t_x, T),
        orders,
        mean_value,
        horizon_days=horizon_days,
        expected=alive * present * spend.expected_value(orders, mean_value),
        buys=alive * (1 - purchases.silence_if_alive(horizon_days, x, T)),
        coverage=coverage,
    )


def value_interval(
    purchases: PurchaseModel,
    spend: GammaGamma,
    history: History,
    orders: ArrayLike,
    mean_value: ArrayLike,
    *,
    horizon_days: float,
    expected: FloatArray,
    buys: FloatArray,
    coverage: float = 0.8,
) -> CustomerValue:
    """Return the interval around what is known better: the ``expected`` value, and P(buying at all).

    The value of one who buys is spread as the models say, about a mean of ``expected`` / ``buys``. Otherwise
    as `customer_value`; whoever corrects its expectation calls this.
    """
    if not 0 < coverage < 1:
        raise ModelInputError(f"coverage is {coverage}.", mend="It lies between 0 and 1, 0.8 for instance.")
    x, _, T = history
    plain = purchases.purchases_if_alive(horizon_days, x, T) * spend.expected_value(orders, mean_value)
    of_buyers = plain / np.maximum(1 - purchases.silence_if_alive(horizon_days, x, T), SMALLEST)
    shape, scale = (np.broadcast_to(column, x.shape) for column in spend.posterior(orders, mean_value))
    beside = 0.5 * (1 - coverage)
    from_nought = 1 - buys >= beside
    below = np.stack([np.where(from_nought, 0.0, beside), np.where(from_nought, coverage, 1 - beside)])
    among_buyers = 1 - np.divide(1 - below, buys, out=np.ones_like(below), where=1 - below < buys)
    mean = np.divide(expected, buys, out=np.zeros_like(expected), where=buys > 0)
    unit = scale * np.divide(mean, of_buyers, out=np.zeros_like(mean), where=of_buyers > 0)
    low, high = SpendTable(purchases, spend, horizon_days).quantiles(among_buyers, x, T, shape) * unit
    return CustomerValue(expected, np.minimum(low, expected), np.maximum(high, expected))


@dataclass(frozen=True)
class SpendTable:
    """Spend, in units of V, of living customers who buy within the horizon."""

    purchases: PurchaseModel
    spend: GammaGamma
    horizon_days: float

    def quantiles(self, levels: FloatArray, x: FloatArray, T: FloatArray, shape: FloatArray) -> FloatArray:
        """Return quantiles (levels, customers), 0 where ``levels`` is 0; ``shape`` is Q."""
        asked = np.flatnonzero(levels.max(axis=0) > 0)
        groups, group = distinct(x[asked], T[asked], shape[asked])
        order = np.argsort(group, kind="stable")
        answers: FloatArray = np.zeros(levels.shape)
        for first in range(0, groups[0].size, GROUPS):
            start, end = np.searchsorted(group[order], (first, first + GROUPS))
            members = order[start:end]
            table = self.tabulate(*(column[first : first + GROUPS] for column in groups))
            rows, columns = group[members] - first, asked[members]
            place = np.clip(levels[:, columns] * POINTS - 0.5, 0, POINTS - 1)
            left = np.minimum(place.astype(np.int64), POINTS - 2)
            lower, upper = table[rows, left], table[rows, left + 1]
            answers[:, columns] = lower + (place - left) * (upper - lower)
        return np.where(levels > 0, answers, 0.0)

    def tabulate(self, x: FloatArray, T: FloatArray, shape: FloatArray) -> FloatArray:
        """Return equally likely spends for each group, ascending; (groups, points)."""
        counts, chances = self.counts_if_alive(x, T)
        upto = np.rint(chances.cumsum(axis=1) / chances.sum(axis=1, keepdims=True) * POINTS).astype(np.int64)
        points = np.diff(upto, axis=1, prepend=0)
        which = np.repeat(np.tile(np.arange(counts.size), x.size), points.ravel()).reshape(x.size, POINTS)
        ordered = np.stack([unit_gamma(self.spend.p * count, 0) for count in counts.tolist()])
        shapes = axis_of(shape)
        known = np.stack([unit_gamma(one, 1) for one in shapes.values.tolist()])
        return np.sort(ordered[which, np.arange(POINTS)] / known[shapes.codes], axis=1)

    def counts_if_alive(self, x: FloatArray, T: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return counts of purchases from 1 up, and each one's chance for living customers (rows, counts)."""
        edges: list[float] = []
        tails: list[FloatArray] = []
        edge, tail = 1.0, np.ones_like(x)
        while not edges or tail.max() >= LEFT_OUT:
            tail = self.purchases.tail_if_alive(edge, self.horizon_days, x, T)
            edges.append(edge)
            tails.append(np.where(tail >= LEFT_OUT, tail, 0.0))
            edge = edge + 1 if edge < EXACT_COUNTS else float(np.ceil(edge * BIN_GROWTH))
        counts = 0.5 * (np.array(edges) + np.array([*edges[1:], edge]) - 1)
        return counts, -np.diff(np.column_stack([*tails, np.zeros_like(x)]), axis=1)


@lru_cache(maxsize=4096)
def unit_gamma(shape: float, coordinate: int) -> FloatArray:
    """Return a unit gamma variable's value at each lattice point, by one of the lattice's coordinates."""
    points = (0.5 + GENERATORS[coordinate] * np.arange(POINTS)) % 1.0
    return np.asarray(gammaincinv(shape, points), dtype=np.float64)
