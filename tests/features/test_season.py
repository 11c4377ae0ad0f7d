"""The features of the time of the year, on histories small enough to reckon by hand."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from features.reference import reference_at
from features.table import behaviour_table
from tests.features.shop import behaviours, tables_of

Row = dict[str, float | None]

AS_OF = date(2024, 12, 1)
DAYS = {
    "christmas": ["2021-12-10", "2022-12-20", "2023-12-15"],
    "gifts": ["2022-12-01", "2022-12-10", "2022-12-20", "2023-12-10"],
    "quarterly": ["2023-01-05", "2023-04-05", "2023-07-06", "2023-10-05", "2024-01-04"],
    "at once": ["2023-06-01", "2023-06-11"],
    "edges": ["2023-12-02", "2023-12-03", "2023-12-30", "2023-12-31", "2024-03-02", "2024-03-03"],
    "new": ["2024-11-01", "2024-11-15"],
}


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    return behaviours({customer: [(day, 4.0) for day in days] for customer, days in DAYS.items()}, AS_OF)


def test_who_orders_once_a_year_is_recognised(rows: dict[str, Row]) -> None:
    assert {customer: row["once_a_year"] for customer, row in rows.items()} == {
        "christmas": 1,
        "gifts": 1,
        "quarterly": 0,
        "at once": 0,
        "edges": 0,
        "new": None,
    }
    assert (rows["christmas"]["yearly_gap_share"], rows["gifts"]["yearly_gap_share"]) == (1, 1 / 3)
    assert rows["quarterly"]["yearly_gap_share"] == 0


def test_the_own_season_and_the_way_to_it(rows: dict[str, Row]) -> None:
    row = rows["christmas"]
    assert row["season_concentration"] == pytest.approx(1, abs=0.01)
    assert row["days_to_usual_season"] == pytest.approx(13, abs=0.5)
    assert rows["at once"]["days_to_usual_season"] == pytest.approx(365.25 - 336 + 157, abs=0.5)
    assert rows["quarterly"]["season_concentration"] == pytest.approx(0.2, abs=0.02)
    assert rows["quarterly"]["days_to_usual_season"] is None
    assert rows["christmas"]["month_order_share"] == 1
    assert rows["new"]["month_order_share"] is None


def test_the_coming_weeks_a_year_ago(rows: dict[str, Row]) -> None:
    row = rows["edges"]
    assert (row["orders_year_ago_28d"], row["orders_year_ago_91d"]) == (2, 4)
    assert (row["gross_spend_year_ago_28d"], row["gross_spend_year_ago_91d"]) == (8, 16)
    assert rows["new"]["orders_year_ago_91d"] is None


def test_peak_weeks_are_the_shops() -> None:
    days = [*pd.date_range("2023-11-01", AS_OF, freq="84h"), *["2023-12-08"] * 3, "2023-12-09"]
    crowd = {"customer_id": [f"c-{n}" for n in range(len(days))], "timestamp": pd.to_datetime(days)}
    own = {"customer_id": "c-7f", "timestamp": pd.to_datetime(["2023-12-09", "2024-06-01"])}
    tables = tables_of(pd.concat([pd.DataFrame(crowd), pd.DataFrame(own)]).assign(amount=1))
    reference = reference_at(tables, AS_OF)
    assert reference.peak_weeks == (48,)
    table = behaviour_table(tables, AS_OF, reference).to_pandas().set_index("customer_id")
    assert table.loc["c-7f", ["peak_order_share", "days_since_peak_order"]].tolist() == [1 / 2, 358]
    assert pd.isna(table.loc["c-0", "days_since_peak_order"])
