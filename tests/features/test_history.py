"""Customer-days, and what late rows make of them."""

from __future__ import annotations

from datetime import date

import pandas as pd

from features.behaviour.history import history_at
from tests.features.shop import made_up_shop, tables_of


def test_what_does_not_hang_on_the_moment_is_made_once() -> None:
    tables = tables_of(made_up_shop(seed=9))
    kept = ("void_lines", "day_parts", "settled_days", "unsettled_customers")
    for moment in (date(2024, 1, 1), date(2024, 12, 31)):
        history_at(tables, [moment])
        made = [name for name in tables.connection.list_tables() if name.startswith(kept)]
        assert len(made) == 4


def test_a_late_row_changes_its_day_when_it_is_known() -> None:
    rows = {
        "customer_id": ["c-7f"] * 3,
        "timestamp": ["2024-01-05 12:00", "2024-01-05 08:00", "2024-01-09"],
        "amount": [10, -4, 5],
        "known_at": [None, "2024-01-07", None],
    }
    moments = [date(2024, 1, day) for day in (4, 6, 7, 9)]
    history = history_at(tables_of(pd.DataFrame(rows)), moments)
    known = history.order_by("as_of", "day").to_pyarrow().to_pylist()
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
    history = history_at(tables_of(pd.DataFrame(rows)), [date(2024, 1, 19), date(2024, 1, 20)])
    known = history.order_by("as_of", "day").to_pyarrow().to_pylist()
    before = [row["previous_order"] and row["previous_order"].day for row in known]
    assert before == [None, 1, None, 1, 5]


def test_rows_that_all_come_a_day_late_leave_a_history_settled() -> None:
    shop = made_up_shop(seed=9)
    days = shop.timestamp.dt.normalize() + pd.Timedelta(days=1)
    made = tables_of(shop.assign(known_at=days))
    history_at(made, [date(2024, 1, 1)])
    (unsettled,) = [it for it in made.connection.list_tables() if it.startswith("unsettled_customers")]
    assert made.connection.table(unsettled).count().to_pyarrow().as_py() == 0
