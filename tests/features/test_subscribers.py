"""Contracts: whose runs, whose has ended, and what stands in for transactions where there are none."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from features.errors import DataError, ImmatureWindowError, MissingColumnError
from features.labels import outcomes_in, outcomes_panel
from features.reference import reference_at
from features.sources import read_tables, tables_from_frame
from features.table import behaviour_table
from features.tables import DataConfig, Labelled, Source, Tables
from features.window import Window

ORACLE = """
    WITH known AS (
        SELECT customer_id, started,
               CASE WHEN ended <= :known_by THEN ended END AS ended
        FROM subscriptions WHERE started <= :known_by AND (known_at IS NULL OR known_at <= :known_by)
    ), asked AS (
        SELECT DISTINCT customer_id FROM subscriptions
        WHERE started <= :as_of AND (ended IS NULL OR ended > :as_of)
          AND (known_at IS NULL OR known_at <= :as_of)
    )
    SELECT customer_id,
           NOT EXISTS (SELECT 1 FROM known k WHERE k.customer_id = a.customer_id
                       AND k.started <= :as_of AND (k.ended IS NULL OR k.ended > :until))
           AND NOT EXISTS (SELECT 1 FROM known k WHERE k.customer_id = a.customer_id
                           AND k.started > :as_of AND k.started <= :until) AS churned
    FROM asked a ORDER BY customer_id
"""


def made_up_subscriptions(seed: int, customers: int = 60) -> pd.DataFrame:
    """Return subscriptions that start over two years, end or run on, some twice over; some known late."""
    draw = np.random.default_rng(seed)
    rows = []
    for number in draw.permutation(customers):
        start = int(draw.integers(0, 700))
        for _ in range(int(draw.integers(1, 4))):
            length = int(draw.exponential(150)) + 1
            late = int(draw.integers(0, 60)) if draw.random() < 0.2 else None
            rows.append((f"c-{number:03x}", start, start + length, late, round(float(draw.gamma(2, 9)), 2)))
            start += length + int(draw.integers(-40, 60))
    frame = pd.DataFrame(rows, columns=["customer_id", "start", "end", "late", "monthly_amount"])
    day = np.datetime64("2024-01-01")
    return pd.DataFrame(
        {
            "customer_id": frame.customer_id,
            "started_at": day + frame.start.clip(lower=0).to_numpy("timedelta64[D]"),
            "ended_at": pd.Series(day + frame.end.to_numpy("timedelta64[D]")).where(frame.end < 730),
            "known_at": pd.Series(
                day + (frame.start + frame.late.fillna(0)).clip(lower=0).to_numpy("timedelta64[D]")
            ).where(frame.late.notna()),
            "monthly_amount": frame.monthly_amount,
        }
    )


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return made_up_subscriptions(seed=7)


@pytest.fixture(scope="module")
def subscribers(frame: pd.DataFrame) -> Tables:
    return tables_from_frame(None, others={"subscriptions": frame}, zone="Asia/Tokyo", currency="JPY")


def few(*rows: tuple[str, str, str | None], amount: float = 10.0) -> Tables:
    frame = pd.DataFrame(rows, columns=["customer_id", "started_at", "ended_at"]).assign(
        monthly_amount=amount
    )
    return tables_from_frame(None, others={"subscriptions": frame}, zone="UTC", currency="USD")


@pytest.mark.parametrize(
    ("as_of", "known_by"), [(date(2024, 9, 1), date.max), (date(2025, 3, 31), date(2025, 7, 1))]
)
def test_who_churned_equals_plain_sql(
    frame: pd.DataFrame, subscribers: Tables, as_of: date, known_by: date
) -> None:
    window = Window(as_of, 60)
    database = sqlite3.connect(":memory:")
    plain = frame.rename(columns={"started_at": "started", "ended_at": "ended"})
    for name in ("started", "ended", "known_at"):
        plain[name] = plain[name].dt.strftime("%Y-%m-%d")
    plain.to_sql("subscriptions", database)
    values = {name: day.isoformat() for name, day in (("as_of", as_of), ("until", window.outcome_end))}
    expected = database.execute(ORACLE, values | {"known_by": min(known_by, date(9999, 1, 1)).isoformat()})
    found = outcomes_in(subscribers, window, known_by=known_by).to_pyarrow().to_pylist()
    pairs = [(row["customer_id"], int(row["churned"])) for row in found]
    assert pairs == expected.fetchall()
    assert 0 < sum(churned for _, churned in pairs) < len(pairs)


def test_the_ends_of_the_window_and_a_new_subscription_within_it() -> None:
    tables = few(
        ("before", "2024-01-05", "2024-06-30"),
        ("first day", "2024-01-05", "2024-07-01"),
        ("last day", "2024-01-05", "2024-07-30"),
        ("later", "2024-01-05", "2024-07-31"),
        ("runs", "2024-01-05", None),
        ("again", "2024-01-05", "2024-07-10"),
        ("again", "2024-07-20", "2024-07-25"),
        ("second runs", "2024-01-05", "2024-07-10"),
        ("second runs", "2024-02-05", None),
        ("new", "2024-07-02", None),
    )
    rows = outcomes_in(tables, Window(date(2024, 6, 30), 30)).to_pyarrow().to_pylist()
    assert {row["customer_id"]: row["churned"] for row in rows} == {
        "again": False,
        "first day": True,
        "last day": True,
        "later": False,
        "runs": False,
        "second runs": False,
    }


def test_bills_fall_due_monthly_while_a_subscription_runs() -> None:
    tables = few(("c-7f", "2024-01-31", "2024-04-30"), ("00123", "2024-03-15", None))
    bills = tables.history(date(2024, 4, 30)).order_by("customer_id", "day").to_pyarrow().to_pylist()
    assert [(bill["customer_id"], str(bill["day"])) for bill in bills] == [
        ("00123", "2024-03-15"),
        ("00123", "2024-04-15"),
        ("c-7f", "2024-01-31"),
        ("c-7f", "2024-02-29"),
        ("c-7f", "2024-03-31"),
    ]
    assert {bill["amount"] for bill in bills} == {Decimal(10)}
    assert tables.last_day(date.max) == date(2024, 4, 30)
    assert tables.last_day(date(2024, 4, 20)) == date(2024, 4, 20)
    assert tables.contract
    assert "no transactions are given" in tables.reports["transactions"].notes[0]


def test_only_running_subscriptions_have_a_row(subscribers: Tables) -> None:
    as_of = date(2025, 3, 31)
    reference = reference_at(subscribers, as_of)
    table = behaviour_table(subscribers, as_of, reference).to_pandas()
    asked = outcomes_in(subscribers, Window(as_of, 60)).to_pandas()
    assert table["customer_id"].tolist() == asked["customer_id"].tolist()
    assert reference.customers == len(table)
    assert (table["active_subscriptions"] > 0).all()


def test_what_comes_later_changes_no_feature(frame: pd.DataFrame, subscribers: Tables) -> None:
    as_of = date(2025, 3, 31)
    past = frame[frame.started_at <= np.datetime64(as_of)].copy()
    past["ended_at"] = past.ended_at.where(past.ended_at <= np.datetime64(as_of))
    until_then = tables_from_frame(None, others={"subscriptions": past}, zone="Asia/Tokyo", currency="JPY")
    reference = reference_at(subscribers, as_of)
    assert reference == reference_at(until_then, as_of)
    tables = (behaviour_table(each, as_of, reference).to_pandas() for each in (subscribers, until_then))
    pd.testing.assert_frame_equal(*tables)


def test_with_transactions_the_label_is_the_contracts_and_the_money_theirs(frame: pd.DataFrame) -> None:
    sales = pd.DataFrame(
        {"customer_id": ["c-001", "c-002"], "timestamp": ["2024-01-01"] * 2, "amount": [5, 6]}
    )
    shop = tables_from_frame(sales, others={"subscriptions": frame}, zone="UTC", currency="JPY")
    assert not shop.contract
    bound = tables_from_frame(
        sales, others={"subscriptions": frame}, zone="UTC", currency="JPY", contract=True
    )
    assert bound.contract
    assert not bound.billed
    rows = outcomes_panel(bound, [Window(date(2025, 1, 31), 30)]).to_pandas()
    assert set(rows.customer_id) <= {"c-001", "c-002"}
    assert (rows.revenue == 0).all()


def test_a_window_beyond_what_the_subscriptions_tell_is_refused(subscribers: Tables) -> None:
    assert subscribers.ends is not None
    with pytest.raises(ImmatureWindowError):
        outcomes_in(subscribers, Window(subscribers.ends, 1))


@pytest.mark.parametrize(
    ("sources", "contract", "said"),
    [
        ({"customers"}, None, "No transactions are named, and no subscriptions"),
        ({"transactions"}, True, "no subscriptions are named"),
        ({"subscriptions"}, False, "nothing else to tell who leaves"),
    ],
)
def test_what_does_not_go_together_is_said(sources: set[str], contract: bool | None, said: str) -> None:  # noqa: FBT001
    config = DataConfig({name: Source("none.csv") for name in sources}, contract=contract)
    with pytest.raises(DataError, match=said):
        read_tables(config)


@pytest.fixture
def labelled(tmp_path_factory: pytest.TempPathFactory) -> DataConfig:
    path = tmp_path_factory.mktemp("labelled") / "telco.csv"
    path.write_text("Id,Months,Left,Fee\nx-1,3,No,20\nx-2,1,Yes,30\nx-3,0,No,40\nx-4,soon,No,50\n", "utf-8")
    source = Source(
        str(path),
        {"customer_id": "Id", "monthly_amount": "Fee"},
        labelled=Labelled(date(2026, 10, 1), "Months", "Left"),
    )
    return DataConfig({"subscriptions": source}, "UTC", "USD", refused_share_limit=0.5)


def test_a_labelled_table_gets_its_dates_from_tenures(labelled: DataConfig) -> None:
    tables = read_tables(labelled)
    rows = tables.optional["subscriptions"].order_by("customer_id").to_pyarrow().to_pylist()
    assert [(row["customer_id"], str(row["started_day"]), str(row["ended_day"])) for row in rows] == [
        ("x-1", "2026-07-01", "None"),
        ("x-2", "2026-09-01", "2026-10-01"),
        ("x-3", "2026-10-01", "None"),
    ]
    assert tables.reports["subscriptions"].refused_by_reason == {"missing_started_at": 1}
    outcome = outcomes_in(tables, Window(date(2026, 9, 1), 30)).to_pyarrow().to_pylist()
    assert [(row["customer_id"], row["churned"], row["orders"]) for row in outcome] == [
        ("x-1", False, 1),
        ("x-2", True, 0),
    ]


def test_a_labelled_table_without_the_named_columns_says_which_are_there(labelled: DataConfig) -> None:
    source = labelled.sources["subscriptions"]
    other = replace(source, labelled=Labelled(date(2026, 10, 1), "Tenure", "Left"))
    with pytest.raises(MissingColumnError, match="no column 'Tenure'"):
        read_tables(replace(labelled, sources={"subscriptions": other}))
