"""The features of what is bought, on orders small enough to reckon by hand."""

from __future__ import annotations

import math
from datetime import date

import pandas as pd
import pytest

from tests.features.shop import behaviours_of

Row = dict[str, float | None]

COLUMNS = ["customer_id", "timestamp", "amount", "product_id", "category", "quantity", "discount", "channel"]
LINES = [
    ("broad", "2024-01-10", 10.0, "tea", "drinks", 2, None, "web"),
    ("broad", "2024-01-10", 10.0, "tea", "drinks", 2, None, "web"),
    ("broad", "2024-12-01", 8.0, "tea", "drinks", 1, 2.0, "shop"),
    ("broad", "2024-12-01", 6.0, "cup", "dishes", 1, 2.0, "web"),
    ("broad", "2024-12-01", 6.0, "pot", "dishes", 0, 0.0, None),
    ("broad", "2024-12-05", -10.0, "tea", "drinks", -2, 5.0, "phone"),
    ("solo", "2024-12-30", 3.0, "cup", "dishes", 3, None, "web"),
    ("late", "2023-12-01", 3.0, None, None, None, None, None),
]


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    return behaviours_of(pd.DataFrame(LINES, columns=COLUMNS), date(2024, 12, 31))


def test_sizes(rows: dict[str, Row]) -> None:
    row = rows["broad"]
    assert (row["lines_per_order"], row["last_order_lines"], row["last_to_mean_lines"]) == (2.5, 3, 1.2)
    assert row["lines_trend"] == pytest.approx(math.log(3 / 2))
    assert row["pieces_per_order"] == 3
    assert rows["solo"]["last_to_mean_lines"] is rows["solo"]["lines_trend"] is None


def test_breadth_and_concentration(rows: dict[str, Row]) -> None:
    row = rows["broad"]
    assert [row[name] for name in ("products", "products_182d", "products_364d")] == [3, 3, 3]
    assert row["product_concentration"] == pytest.approx((3**2 + 1 + 1) / 5**2)
    assert (row["categories"], row["main_category_share"]) == (2, 3 / 5)
    assert row["category_concentration"] == pytest.approx((3**2 + 2**2) / 5**2)


def test_what_was_never_bought_before_is_new(rows: dict[str, Row]) -> None:
    row = rows["broad"]
    assert row["repeat_product_share"] == pytest.approx(1 / 3)
    assert row["new_product_share_182d"] == pytest.approx(2 / 3)
    assert row["new_category_share_182d"] == pytest.approx(1 / 2)
    assert rows["solo"]["new_product_share_182d"] == 1


def test_prices_and_discounts(rows: dict[str, Row]) -> None:
    row = rows["broad"]
    assert row["mean_unit_price"] == pytest.approx(34 / 6, abs=1e-4)
    assert (row["price_score"], rows["solo"]["price_score"]) == (5, 1)
    assert (row["discounted_line_share"], row["discounted_line_share_182d"]) == (2 / 5, 2 / 3)
    assert row["discount_share"] == pytest.approx(4 / 44)


def test_channels(rows: dict[str, Row]) -> None:
    assert (rows["broad"]["channels"], rows["broad"]["main_channel_share"]) == (2, 3 / 4)


def test_a_customer_whose_lines_tell_nothing_has_null(rows: dict[str, Row]) -> None:
    row = rows["late"]
    told = ("products", "product_concentration", "categories", "mean_unit_price", "price_score", "channels")
    assert {row[name] for name in told} == {None}
