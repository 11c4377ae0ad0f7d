"""The features of orders and money, on histories small enough to reckon by hand."""

from __future__ import annotations

import math
from datetime import date

import pytest

from tests.features.shop import behaviours

Row = dict[str, float | None]

HISTORIES = {
    "mixed": [
        ("2024-12-01 09:00", 5.0),
        ("2024-12-01 21:00", 7.0),
        ("2024-12-02", 0.0),
        ("2024-12-03", -4.0),
        ("2024-12-01 22:00", -3.0),
    ],
    "edges": [
        ("2024-12-31", 1.0),
        ("2024-12-04", 2.0),
        ("2024-12-03", 4.0),
        ("2024-10-02", 8.0),
        ("2024-10-01", 16.0),
        ("2024-01-03", 32.0),
        ("2024-01-02", 64.0),
    ],
    "lived both": [("2024-07-02", 3.0), ("2024-12-30", 3.0)],
    "lived one": [("2024-07-03", 3.0), ("2024-12-30", 3.0)],
    "decay": [("2024-12-31", 10.0), ("2024-12-01", 40.0)],
    "spread": [("2024-12-01", 10.0), ("2024-12-02", 100.0), ("2024-12-03", 1000.0)],
    "alike": [("2024-12-01", 33.3), ("2024-12-02", 33.3)],
    "huge": [("2024-12-01", 9e13), ("2024-12-01", 9e13), ("2024-12-01", 9e13)],
}


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    return behaviours(HISTORIES, date(2024, 12, 31))


def test_an_order_is_a_day_with_a_purchase(rows: dict[str, Row]) -> None:
    row = rows["mixed"]
    assert (row["orders"], row["paid_orders"], row["lines_per_order"]) == (2, 1, 1.5)
    assert (row["gross_spend"], row["refund_total"], row["net_revenue"]) == (12, 7, 5)
    assert (row["mean_order_value"], row["first_order_value"], row["last_order_value"]) == (12, 12, 0)
    assert row["days_since_last_refund"] == 28


def test_a_window_holds_its_days_and_no_more(rows: dict[str, Row]) -> None:
    row = rows["edges"]
    assert [row[f"orders_{window}d"] for window in (28, 91, 182, 364)] == [2, 4, 5, 6]
    assert [row[f"gross_spend_{window}d"] for window in (28, 91, 182, 364)] == [3, 15, 31, 63]
    assert row["orders_trend"] == pytest.approx(math.log(4.5 / 1.5))
    mean = 127 / 7
    assert row["spend_trend"] == pytest.approx(math.log((15 / mean + 0.5) / (16 / mean + 0.5)))


def test_a_trend_waits_until_both_windows_were_lived(rows: dict[str, Row]) -> None:
    for trend in ("orders_trend", "spend_trend"):
        assert rows["lived both"][trend] is not None
        assert rows["lived one"][trend] is None


def test_decay(rows: dict[str, Row]) -> None:
    assert rows["decay"]["decayed_orders_30d"] == pytest.approx(1 + math.exp(-1), abs=1e-9)
    assert rows["decay"]["decayed_spend_90d"] == pytest.approx(10 + 40 * math.exp(-1 / 3), abs=1e-8)


def test_spread_is_that_of_the_logarithm(rows: dict[str, Row]) -> None:
    assert rows["spread"]["order_value_spread"] == pytest.approx(math.log(10), abs=1e-4)
    assert rows["alike"]["order_value_spread"] == 0


def test_a_day_of_nonsense_does_not_stop_the_run(rows: dict[str, Row]) -> None:
    assert rows["huge"]["gross_spend"] == pytest.approx(1e14)
    assert rows["huge"]["order_value_spread"] is None
