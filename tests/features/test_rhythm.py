"""The features of time, on histories small enough to reckon by hand."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from tests.features.shop import behaviours

Row = dict[str, float | None]

TIMES = {
    "leap": ["2023-12-31", "2024-01-01", "2024-02-28", "2024-03-01"],
    "clockwork": ["2024-01-01", "2024-01-11", "2024-01-21"],
    "habits": [
        *("2024-03-02 18:00", "2024-03-03 17:59", "2024-03-09 23:00"),
        *("2024-03-11", "2024-03-16 09:00", "2024-03-16 20:00"),
    ],
    "monthly": ["2024-01-01", "2024-02-01", "2024-03-01"],
    "today": ["2024-03-31"],
}
REFUNDED = [("2024-01-01", 5.0), ("2024-01-11", 5.0), ("2024-01-05", -4.0), ("2024-03-20", -4.0)]


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    histories = {customer: [(time, 5.0) for time in times] for customer, times in TIMES.items()}
    return behaviours(histories | {"refunded": REFUNDED}, date(2024, 3, 31))


def test_gaps_over_a_year_end_and_a_leap_day(rows: dict[str, Row]) -> None:
    row = rows["leap"]
    assert (row["min_gap_days"], row["median_gap_days"], row["max_gap_days"]) == (1, 2, 58)
    assert (row["last_gap_days"], row["mean_gap_days"]) == (2, pytest.approx(61 / 3))
    assert row["sd_gap_days"] == pytest.approx(pd.Series([1, 58, 2]).std())
    since = [row[f"days_since_{which}_order"] for which in ("first", "last", "second_last", "third_last")]
    assert since == [91, 30, 32, 90]
    assert row["lateness"] == 15
    assert row["active_months"] == 4


def test_a_refund_is_no_order_and_opens_no_gap(rows: dict[str, Row]) -> None:
    row = rows["refunded"]
    assert (row["orders"], row["median_gap_days"], row["days_since_last_order"]) == (2, 10, 80)


def test_clockwork_has_no_spread_and_no_lateness_in_its_units(rows: dict[str, Row]) -> None:
    row = rows["clockwork"]
    assert (row["sd_gap_days"], row["cv_gap"], row["last_to_mean_gap"]) == (0, 0, 1)
    assert row["lateness_sd"] is None


def test_habits(rows: dict[str, Row]) -> None:
    row = rows["habits"]
    assert row["weekend_share"] == pytest.approx(4 / 5)
    assert row["favourite_weekday_share"] == pytest.approx(3 / 5)
    assert row["evening_share"] == pytest.approx(2 / 4)


def test_orders_a_year_count_what_followed_the_first(rows: dict[str, Row]) -> None:
    assert rows["monthly"]["orders_per_year"] == pytest.approx(2 * 365 / 90)
    assert rows["today"]["orders_per_year"] is None
