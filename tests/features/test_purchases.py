"""The features of orders and money, on histories small enough to reckon by hand."""

from __future__ import annotations

import math
from datetime import date

import pandas as pd
import pytest

from features.reference import reference_at
from features.table import behaviour_table
from tests.features.shop import tables_of

AS_OF = date(2024, 12, 31)


def features_of(days: list[str], amounts: list[float], **columns: list[object]) -> dict[str, float | None]:
    rows = pd.DataFrame({"customer_id": ["c-7f"] * len(days), "timestamp": days, "amount": amounts} | columns)
    tables = tables_of(rows)
    (row,) = behaviour_table(tables, AS_OF, reference_at(tables, AS_OF)).to_pyarrow().to_pylist()
    return row


def test_an_order_is_a_day_with_a_purchase() -> None:
    days = ["2024-12-01 09:00", "2024-12-01 21:00", "2024-12-02", "2024-12-03", "2024-12-04"]
    row = features_of(days, [5, 7, 0, -4, 3], is_return=[False, False, False, False, True])
    assert (row["orders"], row["paid_orders"], row["lines_per_order"]) == (2, 1, 1.5)
    assert (row["gross_spend"], row["refund_total"], row["net_revenue"]) == (12, 7, 5)
    assert (row["mean_order_value"], row["first_order_value"], row["last_order_value"]) == (12, 12, 0)
    assert row["days_since_last_refund"] == 27


def test_a_window_holds_its_days_and_no_more() -> None:
    days = ["2024-12-31", "2024-12-04", "2024-12-03", "2024-10-02", "2024-10-01", "2024-01-03", "2024-01-02"]
    row = features_of(days, [1, 2, 4, 8, 16, 32, 64])
    assert [row[f"orders_{window}d"] for window in (28, 91, 182, 364)] == [2, 4, 5, 6]
    assert [row[f"gross_spend_{window}d"] for window in (28, 91, 182, 364)] == [3, 15, 31, 63]
    assert row["orders_trend"] == pytest.approx(math.log(4.5 / 1.5))
    assert row["spend_trend"] == pytest.approx(math.log((15 / (127 / 7) + 0.5) / (16 / (127 / 7) + 0.5)))


@pytest.mark.parametrize(("first", "known"), [("2024-07-02", "known"), ("2024-07-03", "null")])
def test_a_trend_waits_until_both_windows_were_lived(first: str, known: str) -> None:
    row = features_of([first, "2024-12-30"], [3, 3])
    assert {row["orders_trend"] is None, row["spend_trend"] is None} == {known == "null"}


def test_decay() -> None:
    row = features_of(["2024-12-31", "2024-12-01"], [10, 40])
    assert row["decayed_orders_30d"] == pytest.approx(1 + math.exp(-1), abs=1e-9)
    assert row["decayed_spend_90d"] == pytest.approx(10 + 40 * math.exp(-1 / 3), abs=1e-8)


def test_spread_is_that_of_the_logarithm() -> None:
    row = features_of(["2024-12-01", "2024-12-02", "2024-12-03"], [10, 100, 1000])
    assert row["order_value_spread"] == pytest.approx(math.log(10), abs=1e-4)
    assert features_of(["2024-12-01", "2024-12-02"], [33.3, 33.3])["order_value_spread"] == 0


def test_huge_amounts_do_not_stop_the_run() -> None:
    row = features_of(["2024-12-01"] * 3, [9e13] * 3)
    assert row["gross_spend"] == pytest.approx(1e14)
    assert row["order_value_spread"] is None
