"""The features of what is given back, on histories small enough to reckon by hand."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from tests.features.shop import behaviours_of

Row = dict[str, float | None]

LINES = [
    ("back", "2023-06-01", 40.0, "tea"),
    ("back", "2023-06-11", -10.0, "tea"),
    ("back", "2024-12-01", 20.0, "cup"),
    ("back", "2024-12-01", 20.0, "pot"),
    ("back", "2024-12-01", 20.0, "jug"),
    ("back", "2024-12-05", -15.0, "cup"),
    ("back", "2024-12-07", -5.0, "cup"),
    ("often", "2024-01-01", 5.0, "tea"),
    ("often", "2024-02-01", 5.0, "tea"),
    ("often", "2024-01-20", -4.0, "tea"),
    ("before", "2024-01-01", -5.0, "tea"),
    ("before", "2024-02-01", 5.0, "tea"),
    ("never", "2024-02-01", 5.0, "tea"),
]


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    frame = pd.DataFrame(LINES, columns=["customer_id", "timestamp", "amount", "product_id"])
    return behaviours_of(frame, date(2024, 12, 31))


def test_how_much_and_how_often(rows: dict[str, Row]) -> None:
    row = rows["back"]
    assert (row["refund_total"], row["refund_total_91d"], row["refund_total_364d"]) == (30, 20, 20)
    assert (row["refund_share"], row["refund_share_364d"]) == (30 / 100, 20 / 60)
    assert row["refunds_per_order"] == 3 / 2
    assert rows["never"]["refund_total_364d"] == 0


def test_a_return_belongs_to_the_one_purchase_of_its_product(rows: dict[str, Row]) -> None:
    assert rows["back"]["returned_product_share"] == 2 / 4
    assert rows["back"]["mean_days_to_return"] == (10 + 4) / 2
    assert (rows["often"]["returned_product_share"], rows["often"]["mean_days_to_return"]) == (1, None)
    assert (rows["before"]["returned_product_share"], rows["before"]["mean_days_to_return"]) == (0, None)


def test_whether_the_last_order_was_followed_by_a_refund(rows: dict[str, Row]) -> None:
    since = {customer: row["refunded_since_last_order"] for customer, row in rows.items()}
    assert since == {"back": 1, "often": 0, "before": 0, "never": 0}
