"""Orders cancelled in full: what mirrors what, from when on, and that nothing known later changes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from features.behaviour.history import history_at
from features.behaviour.past import count_cancelled_orders
from features.engine import row_hash
from features.labels import outcomes_in
from features.tables import Rules, Tables
from features.window import Window
from tests.features.shop import tables_of

NAMES = ["timestamp", "order_id", "product_id", "quantity", "amount", "known_at"]
Row = tuple[str, str | None, str | None, float | None, float, str | None]
SALE: list[Row] = [
    ("2024-01-05 10:00", "a", "pen", 2, 6.0, None),
    ("2024-01-05 10:00", "a", "ink", 1, 4.0, None),
]
MIRROR: list[Row] = [
    ("2024-01-08 09:00", "C1", "pen", -2, -6.0, None),
    ("2024-01-10 09:00", "C2", "ink", -1, -4.0, None),
]
BEFORE: Row = ("2024-01-01", "z", "cup", 1, 9.0, None)


def shop_of(rows: Mapping[str, Sequence[Row]]) -> Tables:
    """Return the tables of each customer's rows; what an order is called is told apart by customer."""
    frames = [
        pd.DataFrame(of, columns=NAMES).assign(
            customer_id=customer, order_id=lambda it, name=customer: it.order_id + "/" + name
        )
        for customer, of in rows.items()
    ]
    return tables_of(pd.concat(frames, ignore_index=True))


def bought(rows: Sequence[Row]) -> Tables:
    return shop_of({"c-7f": rows})


def days_at(tables: Tables, *moments: date) -> list[tuple[int, int, float, float]]:
    """Return (day of the moment, day, gross, refund) of January 2024."""
    history = history_at(tables, moments).order_by("as_of", "day").to_pyarrow().to_pylist()
    return [(it["as_of"].day, it["day"].day, float(it["gross"]), float(it["refund"])) for it in history]


def test_an_order_counts_until_the_day_on_which_its_last_line_is_mirrored() -> None:
    tables = bought([BEFORE, *SALE, *MIRROR])
    moments = [date(2024, 1, day) for day in (7, 8, 9, 10, 31)]
    order, half_back = (5, 10, 0), (8, 0, 6)
    seen = {7: [order], 8: [order, half_back], 9: [order, half_back], 10: [], 31: []}
    assert days_at(tables, *moments) == [
        (moment, *day) for moment, days in seen.items() for day in [(1, 9, 0), *days]
    ]
    assert count_cancelled_orders(tables) == 1


def test_who_has_bought_nothing_else_is_no_customer() -> None:
    tables = bought([*SALE, *MIRROR])
    assert days_at(tables, date(2024, 1, 10)) == []


def test_an_order_stands_unless_every_line_is_mirrored() -> None:
    mirrors: dict[str, list[Row]] = {
        "a line is kept": MIRROR[:1],
        "another amount": [MIRROR[0], ("2024-01-10", None, "ink", -1, -3.99, None)],
        "another quantity": [MIRROR[0], ("2024-01-10", None, "ink", -2, -4.0, None)],
        "another product": [MIRROR[0], ("2024-01-10", None, "nib", -1, -4.0, None)],
        "before the sale": [MIRROR[0], ("2024-01-05 09:59", None, "ink", -1, -4.0, None)],
        "31 days after": [MIRROR[0], ("2024-02-05", None, "ink", -1, -4.0, None)],
        "30 days after": [MIRROR[0], ("2024-02-04", None, "ink", -1, -4.0, None)],
    }
    tables = shop_of({customer: [*SALE, *mirror] for customer, mirror in mirrors.items()})
    known = history_at(tables, [date(2024, 3, 1)])
    standing = known.filter(known.purchase).customer_id.to_pyarrow().to_pylist()
    assert sorted(standing) == sorted(mirrors.keys() - {"30 days after"})


def test_one_refund_cancels_one_order_the_latest() -> None:
    again: Row = ("2024-01-06", "b", "ink", 1, 4.0, None)
    tables = bought([SALE[1], again, MIRROR[1]])
    assert days_at(tables, date(2024, 1, 31)) == [(31, 5, 4, 0)]


def test_without_ids_an_order_is_what_was_entered_at_one_time() -> None:
    rows: list[Row] = [(time, None, None, None, amount, None) for time, _, _, _, amount, _ in SALE + MIRROR]
    assert count_cancelled_orders(bought(rows)) == 1
    apart: Row = ("2024-01-05 10:00", None, None, None, 1.0, None)
    assert count_cancelled_orders(bought([*rows, apart])) == 0


def test_a_line_heard_of_after_the_cancellation_is_a_sale_of_its_own() -> None:
    late: Row = ("2024-01-05 10:00", "a", "cap", 1, 3.0, "2024-01-12")
    tables = bought([*SALE, late, *MIRROR])
    assert days_at(tables, date(2024, 1, 11), date(2024, 1, 12)) == [(12, 5, 3, 0)]


def test_a_rule_keeps_them() -> None:
    tables = replace(bought([*SALE, *MIRROR]), rules=Rules(cancelled_orders="keep"))
    assert days_at(tables, date(2024, 1, 31)) == [(31, 5, 10, 0), (31, 8, 0, 6), (31, 10, 0, 4)]
    weeks = replace(tables, rules=Rules(cancelled_within_days=4))
    assert [count_cancelled_orders(it) for it in (tables, weeks)] == [0, 0]


def test_an_outcome_is_what_was_known_of_the_window() -> None:
    tables = bought([BEFORE, *SALE, *MIRROR, ("2024-01-09", None, "cup", -1, -1.0, None)])
    window = Window(date(2024, 1, 2), 7)
    seen = {
        day: outcomes_in(tables, window, known_by=date(2024, 1, day)).to_pyarrow().to_pylist()
        for day in (9, 10)
    }
    assert {day: (row["churned"], row["orders"], float(row["revenue"])) for day, (row,) in seen.items()} == {
        9: (False, 1, 3.0),
        10: (True, 0, 0.0),
    }


def test_what_is_known_later_changes_nothing() -> None:
    draw = np.random.default_rng(4)
    rows: dict[str, list[Row]] = {}
    for customer in draw.permutation(150):
        days, known = draw.integers(1, 10, 12), draw.integers(1, 13, 12)
        late = np.where(draw.random(12) < 0.3, known, 0)
        orders, products = draw.choice(["a", "b", "c", ""], 12), draw.choice(["pen", "ink"], 12)
        amounts = draw.choice([4.0, -4.0], 12)
        rows[f"{customer:02x}-c"] = [
            (f"2024-01-{day:02}", order or None, product, 1, amount, f"2024-01-{at:02}" if at else None)
            for day, order, product, amount, at in zip(days, orders, products, amounts, late, strict=True)
        ]
    tables = shop_of(rows)
    for day in (4, 6, 9):
        end = f"2024-01-{day:02}"
        by_then = {name: [row for row in of if max(row[0], row[5] or "") <= end] for name, of in rows.items()}
        then = shop_of({name: of for name, of in by_then.items() if of})
        assert count_cancelled_orders(then) > 0
        assert known_at(then, date(2024, 1, day)) == known_at(tables, date(2024, 1, day))


def known_at(tables: Tables, moment: date) -> list[dict[str, object]]:
    days: list[dict[str, object]] = (
        history_at(tables, [moment]).order_by("customer_id", "day").to_pyarrow().to_pylist()
    )
    return days


def test_rows_that_are_alike_may_have_one_number() -> None:
    tables = bought([BEFORE, *SALE[:1] * 2, *MIRROR[:1] * 2])
    rows = tables.transactions.drop("source_row")
    alike = replace(tables, transactions=rows.mutate(source_row=row_hash(rows)))
    assert alike.transactions.source_row.nunique().to_pyarrow().as_py() == 3
    assert count_cancelled_orders(alike) == count_cancelled_orders(tables) == 1
    moments = [date(2024, 1, 6), date(2024, 1, 31)]
    assert (
        days_at(alike, *moments) == days_at(tables, *moments) == [(6, 1, 9, 0), (6, 5, 12, 0), (31, 1, 9, 0)]
    )
