"""What purchase models see of customers: (x, t_x, T), collapsed to the distinct ones and their weights.

``x`` is the number of repeat customer-days, ``t_x`` the time from the first purchase to the last, ``T`` the
time from the first purchase to the end of observation: differences of dates, in days. A likelihood depends
on nothing else, so a million customers observed by the day over a year cost no more than their distinct
triples.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from training.errors import ModelInputError, NotEnoughDataError
from training.models.distinct import Axis, FloatArray, IntArray, axis_of, distinct_totals

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

__all__ = ["History", "Triples", "check_history", "check_weights"]


class History(NamedTuple):
    """Three arrays of equal length: repeat purchases, and two times in one unit."""

    x: FloatArray
    t_x: FloatArray
    T: FloatArray


@dataclass(frozen=True)
class Triples:
    """The distinct (x, t_x, T) of a population, and how many customers (or how much weight) share each."""

    x: Axis
    t_x: Axis
    T: Axis
    weights: FloatArray

    @classmethod
    def of(cls, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, weights: ArrayLike | None = None) -> Self:
        """Collapse customers to distinct triples; a weight of 2 is the same as two equal customers.

        Raises ``ModelInputError`` for a history that cannot be, ``NotEnoughDataError`` where nobody has
        been observed.
        """
        history = check_history(x, t_x, T)
        share = check_weights(weights, history.x.shape)
        if share is not None:
            history, share = History(*(column[share > 0] for column in history)), share[share > 0]
        if history.T.size == 0 or not history.T.any():
            raise NotEnoughDataError(
                "No customer has been observed for even a day after the first purchase.",
                mend="Give histories that reach further back, or a later as-of date.",
            )
        rows, totals = distinct_totals(history, share)
        return cls(axis_of(rows[0]), axis_of(rows[1]), axis_of(rows[2]), totals)

    @cached_property
    def customers(self) -> float:
        """The weight of all customers together."""
        return float(self.weights.sum())

    @cached_property
    def purchases(self) -> float:
        """All repeat purchases together."""
        return float(self.weights @ self.x.rows)

    @cached_property
    def mean_age(self) -> float:
        """The mean of T: the unit in which times are neither large nor small."""
        return float(self.weights @ self.T.rows) / self.customers

    @cached_property
    def shares(self) -> FloatArray:
        """The weights as shares of the whole."""
        return self.weights / self.customers

    @cached_property
    def shares_by_x(self) -> FloatArray:
        """The share of customers at each distinct x."""
        return self.x.sums(self.shares)

    @cached_property
    def shares_by_age(self) -> FloatArray:
        """The share of customers at each distinct T."""
        return self.T.sums(self.shares)

    @cached_property
    def purchases_by_age(self) -> FloatArray:
        """The mean purchases, per customer of the whole, that fall to each distinct T."""
        return self.T.sums(self.shares * self.x.rows)

    def tossed(self, first_toss: int) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
        """Return the codes of x, t_x and T, and the shares, of the rows with a toss of the coin."""
        if first_toss:
            return self.x.codes, self.t_x.codes, self.T.codes, self.shares
        return self._repeat_buyers

    @cached_property
    def _repeat_buyers(self) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
        rows = np.flatnonzero(self.x.rows > 0)
        return self.x.codes[rows], self.t_x.codes[rows], self.T.codes[rows], self.shares[rows]

    def in_unit(self, unit: float) -> Triples:
        """Return the same customers with times measured in ``unit``."""
        return Triples(
            self.x,
            Axis(self.t_x.values / unit, self.t_x.codes),
            Axis(self.T.values / unit, self.T.codes),
            self.weights,
        )

    def __len__(self) -> int:
        return self.weights.size


def check_history(x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> History:
    """Return the columns as floats of one shape; raise ``ModelInputError`` where they are no history."""
    columns = np.broadcast_arrays(*(np.asarray(column, dtype=np.float64) for column in (x, t_x, T)))
    purchases, recency, age = columns
    rules: tuple[tuple[str, Callable[[], NDArray[np.bool_]]], ...] = (
        ("x, t_x and T are finite numbers", lambda: ~np.isfinite(purchases + recency + age)),
        ("x is a whole number, not negative", lambda: (purchases < 0) | (purchases != np.floor(purchases))),
        ("0 <= t_x <= T", lambda: (recency < 0) | (recency > age)),
        ("t_x is 0 where x is 0, and only there", lambda: (purchases == 0) != (recency == 0)),
    )
    for rule, broken in rules:
        offenders = np.flatnonzero(np.atleast_1d(broken()))
        if offenders.size:
            rows = (np.ravel(column) for column in columns)
            first = zip(*(column[offenders[:5]].tolist() for column in rows), strict=True)
            raise ModelInputError(
                f"{offenders.size} of {purchases.size} histories break a rule: {rule}.",
                which=[
                    f"row {i}: x = {a:g}, t_x = {b:g}, T = {c:g}"
                    for i, (a, b, c) in zip(offenders[:5].tolist(), first, strict=True)
                ],
                mend="Count customer-days after the first, and measure times as differences of dates.",
            )
    return History(*columns)


def check_weights(weights: ArrayLike | None, shape: tuple[int, ...]) -> FloatArray | None:
    """Return the weights as floats of ``shape``, or none; raise ``ModelInputError`` where they cannot be."""
    if weights is None:
        return None
    given = np.broadcast_to(np.asarray(weights, dtype=np.float64), shape)
    if not np.isfinite(given).all() or (given < 0).any():
        raise ModelInputError(
            "A weight is negative or not a number.", mend="Weights count customers: 0 or more."
        )
    return given
