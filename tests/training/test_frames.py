"""From Arrow to what models take: the same values, in one block, and not copied once more than needed."""

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa

from training.frames import Columns, frame_of_arrow, known

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


def test_columns_are_read_once_and_others_beside_them_take_the_place_of_their_namesakes() -> None:
    frame = frame_of_arrow(ROWS)
    before = frame.copy()
    columns = Columns(frame)
    beside = columns.beside({"gap": np.array([9.0, 8.0, 7.0]), "more": np.full(3, 0.5)})
    assert beside["gap"].tolist() == [9.0, 8.0, 7.0]
    assert beside["more"].tolist() == [0.5] * 3
    assert columns["orders"] is columns["orders"]
    assert columns["orders"].dtype == np.float64
    assert known(columns["gap"], 0.0).tolist() == [1.5, 0.0, 2.5]
    assert (len(columns), len(beside)) == (3, 3)
    pd.testing.assert_frame_equal(frame, before)


def test_the_moment_is_read_as_it_stands_from_a_column_or_the_index() -> None:
    frame = frame_of_arrow(ROWS)
    for table in (frame, frame.set_index(["as_of", "customer_id"])):
        assert Columns(table)["as_of"].tolist() == frame["as_of"].tolist()
