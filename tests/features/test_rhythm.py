"""The features of time, on histories small enough to reckon by hand."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from features.reference import reference_at
from features.table import behaviour_table
from tests.features.shop import tables_of

AS_OF = date(2024, 3, 31)


def features_of(times: list[str], amounts: list[float] | None = None) -> dict[str, float | None]:
    rows = {"customer_id": ["c-7f"] * len(times), "timestamp": times, "amount": amounts or [5.0] * len(times)}
    tables = tables_of(pd.DataFrame(rows))
    (row,) = behaviour_table(tables, AS_OF, reference_at(tables, AS_OF)).to_pyarrow().to_pylist()
    return row


def test_gaps_over_a_year_end_and_a_leap_day() -> None:
    row = features_of(["2023-12-31", "2024-01-01", "2024-02-28", "2024-03-01"])
    assert (row["min_gap_days"], row["median_gap_days"], row["max_gap_days"]) == (1, 2, 58)
    assert (row["last_gap_days"], row["mean_gap_days"]) == (2, pytest.approx(61 / 3))
    assert row["sd_gap_days"] == pytest.approx(pd.Series([1, 58, 2]).std())
    since = [row[f"days_since_{which}_order"] for which in ("first", "last", "second_last", "third_last")]
    assert since == [91, 30, 32, 90]
    assert row["lateness"] == 15
    assert row["active_months"] == 4


def test_a_refund_is_no_order_and_opens_no_gap() -> None:
    row = features_of(["2024-01-01", "2024-01-11", "2024-01-05", "2024-03-20"], [5, 5, -5, -5])
    assert (row["orders"], row["median_gap_days"], row["days_since_last_order"]) == (2, 10, 80)


def test_clockwork_has_no_spread_and_no_lateness_in_its_units() -> None:
    row = features_of(["2024-01-01", "2024-01-11", "2024-01-21"])
    assert (row["sd_gap_days"], row["cv_gap"], row["last_to_mean_gap"]) == (0, 0, 1)
    assert row["lateness_sd"] is None


def test_habits() -> None:
    times = ["2024-03-02 18:00", "2024-03-03 17:59", "2024-03-09 23:00", "2024-03-11", "2024-03-16 09:00"]
    row = features_of([*times, "2024-03-16 20:00"])
    assert row["weekend_share"] == pytest.approx(4 / 5)
    assert row["favourite_weekday_share"] == pytest.approx(3 / 5)
    assert row["evening_share"] == pytest.approx(2 / 4)


def test_a_repeat_a_month_is_some_twelve_a_year() -> None:
    assert features_of(["2024-01-01", "2024-02-01", "2024-03-01"])["orders_per_year"] == pytest.approx(
        2 * 365 / 90
    )
    assert features_of(["2024-03-31"])["orders_per_year"] is None
