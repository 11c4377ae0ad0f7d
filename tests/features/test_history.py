"""Customer-days, and the states that late rows give them."""

from __future__ import annotations

from datetime import date

import pandas as pd

from features.behaviour.history import customer_days, known_at
from tests.features.shop import made_up_shop, tables_of


def test_customer_days_are_aggregated_once() -> None:
    tables = tables_of(made_up_shop(seed=9))
    first = customer_days(tables)
    made = set(tables.connection.list_tables())
    assert customer_days(tables).equals(first)
    assert set(tables.connection.list_tables()) == made


def test_a_late_row_makes_a_second_state_of_its_day() -> None:
    rows = {
        "customer_id": ["c-7f"] * 3,
        "timestamp": ["2024-01-05 12:00", "2024-01-05 08:00", "2024-01-09"],
        "amount": [10, -4, 5],
        "known_at": [None, "2024-01-07", None],
    }
    days = customer_days(tables_of(pd.DataFrame(rows)))
    states = days.order_by("day", "known_from").to_pyarrow().to_pylist()
    assert [(row["known_from"].day, row["known_until"] and row["known_until"].day) for row in states] == [
        (5, 7),
        (7, None),
        (9, None),
    ]
    assert [row["net"] for row in states] == [10, 6, 5]
    moments = [date(2024, 1, day) for day in (4, 6, 7, 9)]
    known = known_at(days, moments).order_by("as_of", "day").to_pyarrow().to_pylist()
    assert [(row["as_of"].day, row["day"].day, row["net"]) for row in known] == [
        (6, 5, 10),
        (7, 5, 6),
        (9, 5, 6),
        (9, 9, 5),
    ]
    assert [row["previous_order"] for row in known] == [None, None, None, date(2024, 1, 5)]


def test_an_order_known_late_comes_between_orders_that_were_known() -> None:
    rows = {
        "customer_id": ["c-7f"] * 3,
        "timestamp": ["2024-01-01", "2024-01-05", "2024-01-09"],
        "amount": [1, 2, 4],
        "known_at": [None, "2024-01-20", None],
    }
    days = customer_days(tables_of(pd.DataFrame(rows)))
    known = (
        known_at(days, [date(2024, 1, 19), date(2024, 1, 20)])
        .order_by("as_of", "day")
        .to_pyarrow()
        .to_pylist()
    )
    before = [row["previous_order"] and row["previous_order"].day for row in known]
    assert before == [None, 1, None, 1, 5]
