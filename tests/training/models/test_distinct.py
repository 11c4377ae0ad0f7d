from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.models.distinct import axis_of, distinct, distinct_totals, on_distinct

numbers = st.one_of(st.integers(-3, 40).map(float), st.sampled_from([0.5, 1 / 7, 1e9, -1e300, 1e5]))


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=60), st.booleans())
def test_the_distinct_rows_are_those_of_a_dictionary(
    rows: list[tuple[float, float]],
    weighted: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    first, second = (np.array(column) for column in zip(*rows, strict=True))
    weights = np.arange(1.0, len(rows) + 1) if weighted else None
    counted: dict[tuple[float, float], float] = {}
    for i, row in enumerate(rows):
        counted[row] = counted.get(row, 0.0) + (i + 1 if weighted else 1)
    columns, totals = distinct_totals((first, second), weights)
    assert (
        dict(zip(zip(*(c.tolist() for c in columns), strict=True), totals.tolist(), strict=True)) == counted
    )
    assert sorted(counted) == list(zip(*(c.tolist() for c in columns), strict=True))
    (left, right), inverse = distinct(first, second)
    np.testing.assert_array_equal(left[inverse], first)
    np.testing.assert_array_equal(right[inverse], second)


def test_more_combinations_than_keys_are_left_as_they_are() -> None:
    wide = [np.random.default_rng(i).random(50_000) for i in range(5)]
    columns, inverse = distinct(*wide)
    assert inverse.tolist() == list(range(50_000))
    np.testing.assert_array_equal(columns[0], wide[0])
    _, totals = distinct_totals(wide, None)
    assert totals.sum() == 50_000


def test_an_axis_holds_the_column() -> None:
    for column in ([3.0, 1, 3], [0.25, 1e12, 0.25], [7.0]):
        axis = axis_of(np.array(column))
        assert axis.rows.tolist() == column
        assert axis.values.tolist() == sorted(set(column))
    assert axis_of(np.array([3.0, 1, 3])).sums(np.array([1.0, 10, 100])).tolist() == [10, 101]


def test_a_function_is_computed_once_for_each_distinct_row() -> None:
    sizes = []

    def product(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        sizes.append(x.size)
        return x * y

    given_x, given_y = np.array([[1.0], [2.0]]), np.array([5.0, 5.0, 6.0])
    np.testing.assert_array_equal(on_distinct(product, given_x, given_y), given_x * given_y)
    assert sizes == [4]
    assert on_distinct(product, np.empty((0, 2)), 1.0).shape == (0, 2)
    assert on_distinct(product, 3.0, 4.0) == pytest.approx(12)
