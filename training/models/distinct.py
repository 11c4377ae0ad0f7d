"""Distinct rows of numeric columns, found without sorting where the numbers are whole and close together."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike

__all__ = ["Axis", "FloatArray", "IntArray", "axis_of", "distinct", "distinct_totals", "on_distinct"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

TABLE_CELLS_PER_ROW = 8  # a table of so many cells a row is quicker than a sort
WIDEST_RANGE = 1e6  # whole numbers that lie further apart are ranked by sorting them
LARGEST_KEY = 2**62


@dataclass(frozen=True)
class Axis:
    """One column as its sorted distinct values and, row by row, which of them it holds."""

    values: FloatArray
    codes: IntArray

    def sums(self, weights: FloatArray) -> FloatArray:
        """Return the sum of ``weights`` at each distinct value."""
        return totals(self.codes, weights, self.values.size)

    @property
    def rows(self) -> FloatArray:
        """The column itself, row by row."""
        return self.values[self.codes]


def axis_of(column: FloatArray) -> Axis:
    """Return the distinct values of a column and each row's place among them."""
    digits = digits_of(column)
    present, places = ranked(digits.codes, digits.values.size)
    return Axis(digits.values[present], places)


def digits_of(column: FloatArray) -> Axis:
    """Return an axis with every value of a column, and where they are whole all others between them."""
    low = float(column.min(initial=np.inf))
    if column.size and float(column.max()) - low < WIDEST_RANGE:
        codes = (column - low).astype(np.int64)
        if np.array_equal(codes + low, column):
            return Axis(np.arange(codes.max() + 1) + low, codes)
    values, codes = np.unique(column, return_inverse=True)
    return Axis(values, codes.astype(np.int64))


def totals(codes: IntArray, weights: FloatArray, size: int) -> FloatArray:
    """Return the sum of the weights that each of ``size`` codes has."""
    return np.bincount(codes, weights=weights, minlength=size).astype(np.float64, copy=False)


def ranked(keys: IntArray, cells: int) -> tuple[IntArray, IntArray]:
    """Return the distinct keys, sorted, and each row's place among them; keys lie in 0 … ``cells`` - 1."""
    if cells > TABLE_CELLS_PER_ROW * keys.size:
        present, inverse = np.unique(keys, return_inverse=True)
        return present, inverse.astype(np.int64)
    seen = np.zeros(cells, dtype=np.bool_)
    seen[keys] = True
    present = np.flatnonzero(seen)
    places = np.empty(cells, dtype=np.int64)
    places[present] = np.arange(present.size)
    return present, places[keys]


def pack(columns: Sequence[FloatArray]) -> tuple[IntArray, list[Axis]] | None:
    """Return one integer key a row and the axes it counts along; nothing where 64 bits do not suffice."""
    axes = [digits_of(column) for column in columns]
    if prod(one.values.size for one in axes) > LARGEST_KEY:
        return None
    key = axes[0].codes
    for one in axes[1:]:
        key = key * one.values.size + one.codes
    return key, axes


def unpack(keys: IntArray, axes: list[Axis]) -> tuple[FloatArray, ...]:
    """Return the columns that ``pack`` made the keys of."""
    columns = []
    for one in reversed(axes):
        columns.append(one.values[keys % one.values.size])
        keys = keys // one.values.size
    return tuple(reversed(columns))


def distinct(*columns: FloatArray) -> tuple[tuple[FloatArray, ...], IntArray]:
    """Return the distinct rows of some columns of one length, and for every row which of them it is.

    >>> (x, T), inverse = distinct(np.array([2.0, 0.0, 2.0]), np.array([9.0, 9.0, 9.0]))
    >>> x.tolist(), T.tolist(), inverse.tolist()
    ([0.0, 2.0], [9.0, 9.0], [1, 0, 1])
    """
    packed = pack(columns)
    if packed is None:
        return columns, np.arange(columns[0].size)
    key, axes = packed
    present, inverse = ranked(key, prod(one.values.size for one in axes))
    return unpack(present, axes), inverse


def distinct_totals(
    columns: Sequence[FloatArray], weights: FloatArray | None
) -> tuple[tuple[FloatArray, ...], FloatArray]:
    """Return the distinct rows, and the number (or the weight) of the rows equal to each."""
    if weights is not None:
        rows, inverse = distinct(*columns)
        return rows, totals(inverse, weights, rows[0].size)
    packed = pack(columns)
    if packed is None:
        return tuple(columns), np.ones(columns[0].size)
    key, axes = packed
    narrow = prod(one.values.size for one in axes) < np.iinfo(np.int32).max
    key = np.sort(key.astype(np.int32)) if narrow else np.sort(key)
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    return unpack(key[starts], axes), np.diff(starts, append=key.size).astype(np.float64)


def on_distinct(function: Callable[..., FloatArray], *columns: ArrayLike) -> FloatArray:
    """Return ``function`` of columns that broadcast, computed once for each distinct row of them."""
    given = np.broadcast_arrays(*(np.asarray(column, dtype=np.float64) for column in columns))
    if given[0].size == 0:
        return np.empty(given[0].shape)
    rows, inverse = distinct(*(np.ravel(column) for column in given))
    return function(*rows)[inverse].reshape(given[0].shape)
