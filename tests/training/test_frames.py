"""From Arrow to what models take: the same values, in one block, and not copied once more than needed."""

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from training.frames import frame_of_arrow, with_columns

ROWS = pa.table(
    {
        "customer_id": pa.chunked_array([["c-7f", "00123"], ["é"]]),
        "as_of": pa.chunked_array([[date(2026, 3, 31)] * 2, [date(2026, 3, 31)]], pa.date32()),
        "orders": pa.chunked_array([[3, 1], [2]], pa.int64()),
        "gap": pa.chunked_array([[1.5, None], [2.5]], pa.float64()),
        "lines": pa.chunked_array([[None, 4], [2]], pa.int32()),
        "subscribed": pa.chunked_array([[True, None], [False]], pa.bool_()),
    }
)


def test_rows_in_hand_become_numbers_days_and_texts_in_their_order() -> None:
    expected = pd.DataFrame(
        {
            "customer_id": ["c-7f", "00123", "é"],
            "as_of": np.full(3, np.datetime64("2026-03-31", "us")),
            "orders": [3.0, 1.0, 2.0],
            "gap": [1.5, np.nan, 2.5],
            "lines": [np.nan, 4.0, 2.0],
            "subscribed": [1.0, np.nan, 0.0],
        }
    )
    pd.testing.assert_frame_equal(frame_of_arrow(ROWS), expected)
    pd.testing.assert_frame_equal(frame_of_arrow(ROWS.slice(0, 0)), expected.iloc[:0], check_index_type=False)


@pytest.mark.parametrize("few", [0, 1_000], ids=["many rows", "few rows"])
def test_columns_beside_a_table_take_the_place_of_their_namesakes_and_leave_the_table_alone(
    few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.frames.FEW", few)
    table = frame_of_arrow(ROWS)
    before = table.copy()
    gaps = pd.DataFrame({"gap": [9.0, 8.0, 7.0]})
    replaced, both = with_columns(table, gaps), with_columns(table, gaps.assign(more=0.5))
    assert replaced["gap"].to_list() == both["gap"].to_list() == [9.0, 8.0, 7.0]
    assert (list(replaced), list(both)) == ([*table], [*table, "more"])
    assert np.shares_memory(replaced["orders"].to_numpy(), table["orders"].to_numpy())
    pd.testing.assert_frame_equal(table, before)
