"""How many orders and how much revenue: whether, and how much, so that the numbers agree.

Orders = P(any order) × (1 + further orders given one): never below the probability of ordering at all.
Further orders are the geometric mean of three forecasts: the lifetime-value model's, and a linear model's and
trees' that start from it; revenue as learned here, of the latter two. `training.learners` lets it lean on
orders × spend.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from training.frames import Table, column
from training.models.glm import Array, Family
from training.models.inputs import Numbers
from training.models.members import Members
from training.models.value import VALUE_FEATURES

FEWEST_BUYERS = 50
LOG_ODDS, LOG_ORDERS, LOG_SPEND = VALUE_FEATURES
FARTHEST = np.log(20.0)  # no forecast departs further than twentyfold from the lifetime-value model's


@dataclass(frozen=True)
class FurtherOrders:
    """Orders beyond the first, for those who order at all."""

    members: Members

    @classmethod
    def fit(
        cls, table: pd.DataFrame, features: tuple[str, ...], orders: Array, *, seed: int, threads: int
    ) -> Self | None:
        """Fit to the rows with an order; None where fewer than 50 have one, or none has a second."""
        bought = orders > 0
        if bought.sum() < FEWEST_BUYERS or orders.max() <= 1:
            return None
        rows = table[bought]
        return cls(
            Members.fit(
                rows,
                features,
                orders[bought] - 1.0,
                offset=_log_further(rows),
                family=Family.POISSON,
                seed=seed,
                threads=threads,
            )
        )

    def expected(self, numbers: Numbers) -> Array:
        """Return expected further orders given one, (rows,)."""
        start = _log_further(numbers.table)
        return np.asarray(np.exp((start + 2.0 * _centred(self.members, numbers, start)) / 3.0))


@dataclass(frozen=True)
class Revenue:
    """Net revenue in the horizon; ``scale`` is the mean that outcomes were divided by."""

    members: Members
    scale: float

    @classmethod
    def fit(
        cls, table: pd.DataFrame, features: tuple[str, ...], revenue: Array, *, seed: int, threads: int
    ) -> Self | None:
        """Fit to all rows; None where fewer than 50 brought revenue."""
        if (revenue > 0).sum() < FEWEST_BUYERS:
            return None
        scale = float(revenue.mean())
        offset = _log_revenue(table) - np.log(scale)
        return cls(
            Members.fit(
                table,
                features,
                revenue / scale,
                offset=offset,
                family=Family.TWEEDIE,
                seed=seed,
                threads=threads,
            ),
            scale,
        )

    def expected(self, numbers: Numbers) -> Array:
        """Return expected net revenue, (rows,)."""
        start = _log_revenue(numbers.table) - np.log(self.scale)
        return np.asarray(self.scale * np.exp(_centred(self.members, numbers, start)))


def further_by_value_model(table: Table | Mapping[str, Array]) -> Array:
    """Return expected further orders given one, (rows,), by the lifetime-value model alone."""
    return np.asarray(np.exp(_log_further(table)))


def spend_by_value_model(table: Table) -> Array:
    """Return expected net revenue per order, (rows,), by the lifetime-value model alone."""
    return np.asarray(np.exp(column(table, LOG_SPEND)))


def _centred(members: Members, numbers: Numbers, start: Array) -> Array:
    """Return the mean of the two members on the log scale, held within twentyfold of the start."""
    linear, trees = members.linear(numbers, start)
    return np.asarray(start + np.clip((linear + trees) / 2.0 - start, -FARTHEST, FARTHEST))


def _log_further(table: Table | Mapping[str, Array]) -> Array:
    any_order = 1.0 / (1.0 + np.exp(column(table, LOG_ODDS)))
    further = np.exp(column(table, LOG_ORDERS)) / any_order - 1.0
    return np.asarray(np.log(np.maximum(further, 0.01)))


def _log_revenue(table: Table) -> Array:
    spend = np.maximum(column(table, LOG_SPEND), np.log(1e-3))
    return np.asarray(column(table, LOG_ORDERS) + spend)
