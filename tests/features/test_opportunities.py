"""Periods, and the opportunities that they make of purchases."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import pandas as pd
import pytest

from features.errors import DataError
from features.opportunities import grouped_opportunities
from features.period import Period
from tests.features.shop import tables_of

DAYS = [date(2023, 12, 1) + timedelta(days=k) for k in range(500)]


def places(name: str, as_of: date) -> dict[date, int]:
    days = ibis.memtable(pd.DataFrame({"day": DAYS}), schema={"day": "date"})
    place = Period.of(name).place(days.day, as_of).cast("int64")
    rows = days.select("day", place=place).to_pyarrow().to_pylist()
    return {row["day"]: row["place"] for row in rows}


@pytest.mark.parametrize(("name", "length"), [("day", 1), ("week", 7), ("28d", 28)])
def test_days_are_counted_back_from_the_moment(name: str, length: int) -> None:
    as_of = date(2025, 1, 15)
    assert places(name, as_of) == {day: -((as_of - day).days // length) for day in DAYS}


@pytest.mark.parametrize(
    ("name", "as_of", "last"),
    [
        ("month", date(2024, 2, 29), date(2024, 2, 1)),
        ("month", date(2024, 2, 28), date(2024, 1, 1)),
        ("quarter", date(2024, 12, 31), date(2024, 10, 1)),
        ("year", date(2025, 3, 31), date(2024, 1, 1)),
    ],
)
def test_the_last_calendar_period_that_is_over_has_the_place_0(name: str, as_of: date, last: date) -> None:
    told = places(name, as_of)
    assert min(day for day, place in told.items() if place == 0) == last
    assert told[as_of] == (0 if name == "quarter" or as_of == date(2024, 2, 29) else 1)


@pytest.mark.parametrize(
    ("name", "start", "end", "over"),
    [
        ("month", (2024, 1, 31), (2024, 2, 28), 0),
        ("month", (2024, 1, 31), (2024, 2, 29), 1),
        ("month", (2024, 1, 15), (2025, 1, 14), 11),
        ("year", (2024, 2, 29), (2025, 2, 28), 1),
        ("year", (2023, 3, 1), (2024, 2, 29), 0),
        ("28d", (2024, 1, 1), (2024, 2, 26), 2),
        ("week", (2024, 1, 8), (2024, 1, 7), -1),
    ],
)
def test_whole_periods_between_two_days(
    name: str, start: tuple[int, int, int], end: tuple[int, int, int], over: int
) -> None:
    days = ibis.memtable([(date(*start), date(*end))], schema={"start": "date", "end": "date"})
    assert Period.of(name).over_between(days.start, days.end).to_pyarrow().to_pylist() == [over]


@pytest.mark.parametrize("name", ["months", "0d", "-7d", "7", "fortnight", ""])
def test_what_is_no_period_is_refused(name: str) -> None:
    with pytest.raises(DataError, match="no period"):
        Period.of(name)


def test_a_period_with_several_purchases_is_taken_once_and_one_under_way_not_at_all() -> None:
    rows = {
        "customer_id": ["c-7f"] * 5 + ["00123"] * 2 + ["-1"],
        "timestamp": [
            *("2020-12-31", "2022-01-05", "2022-07-01", "2024-03-03", "2025-02-02"),
            *("2024-05-05", "2024-06-06", "2025-01-01"),
        ],
        "amount": [10.0] * 8,
    }
    grouped = grouped_opportunities(tables_of(pd.DataFrame(rows)), date(2025, 6, 30), Period.of("year"))
    assert [tuple(row.values()) for row in grouped.to_pyarrow().to_pylist()] == [(0, 0, 0, 1), (2, 4, 4, 1)]
