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


class Rows(NamedTuple):
    """Some distinct triples, as places on the three axes, and their shares of the customers."""

    x: IntArray
    t_x: IntArray
    T: IntArray
    shares: FloatArray


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
        columns = as_columns(x, t_x, T)
        share = check_weights(weights, columns.x.shape)
        if share is not None:
            check_history(*columns)
            columns, share = History(*(column[share > 0] for column in columns)), share[share > 0]
        rows, totals = distinct_totals([column.ravel() for column in columns], share)
        if broken_rule(History(*rows)) is not None:
            check_history(*columns)
        if not rows[2].any():
            raise NotEnoughDataError(
                "No customer has been observed for even a day after the first purchase.",
                mend="Give histories that reach further back, or a later as-of date.",
            )
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

    def tossed(self, first_toss: int) -> Rows:
        """Return the rows with a toss of the coin: all, or the repeat buyers."""
        if first_toss:
            return Rows(self.x.codes, self.t_x.codes, self.T.codes, self.shares)
        return self._repeat_buyers

    @cached_property
    def _repeat_buyers(self) -> Rows:
        rows = np.flatnonzero(self.x.rows > 0)
        return Rows(self.x.codes[rows], self.t_x.codes[rows], self.T.codes[rows], self.shares[rows])

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


RULES: tuple[tuple[str, Callable[[History], NDArray[np.bool_]]], ...] = (
    ("x, t_x and T are finite numbers", lambda seen: np.isfinite(seen.x + seen.t_x + seen.T)),
    ("x is a whole number, not negative", lambda seen: (seen.x >= 0) & (seen.x == np.floor(seen.x))),
    ("0 <= t_x <= T", lambda seen: (seen.t_x >= 0) & (seen.t_x <= seen.T)),
    ("t_x is 0 where x is 0, and only there", lambda seen: (seen.x == 0) == (seen.t_x == 0)),
)


def as_columns(x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> History:
    """Return the columns as floats of one shape."""
    return History(*np.broadcast_arrays(*(np.asarray(column, dtype=np.float64) for column in (x, t_x, T))))


def broken_rule(seen: History) -> tuple[str, NDArray[np.intp]] | None:
    """Return the first rule that histories break, and which rows break it."""
    for rule, holds in RULES:
        kept = holds(seen)
        if not kept.all():
            return rule, np.flatnonzero(~np.atleast_1d(kept))
    return None


def check_history(x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> History:
    """Return the columns as floats of one shape; raise ``ModelInputError`` where they are no history."""
    seen = as_columns(x, t_x, T)
    broken = broken_rule(seen)
    if broken is not None:
        rule, rows = broken
        raise ModelInputError(
            f"{rows.size} of {seen.x.size} histories break a rule: {rule}.",
            which=[
                f"row {i}: x = {seen.x.flat[i]:g}, t_x = {seen.t_x.flat[i]:g}, T = {seen.T.flat[i]:g}"
                for i in rows[:5]
            ],
            mend="Count customer-days after the first, and measure times as differences of dates.",
        )
    return seen


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
