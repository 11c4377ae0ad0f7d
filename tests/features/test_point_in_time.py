"""Nothing after a moment changes what is known at it: no feature, no row's acceptance, no cut."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.reference import Reference, reference_at
from features.sources import tables_from_frame
from features.table import behaviour_table
from features.tables import Tables
from tests.features.shop import made_up_shop, tables_of

MOMENTS = {
    "Asia/Tokyo": [date(2024, 2, 29), date(2024, 12, 31)],
    "America/New_York": [date(2024, 3, 9), date(2024, 3, 10), date(2024, 11, 2), date(2024, 11, 3)],
}
"""New York turns its clocks on 2024-03-10 and 2024-11-03."""


FUTURE = st.tuples(
    st.sampled_from(["c-01", "c-03", "000", "new", "", None]),
    st.one_of(st.sampled_from([0, 1, 3_599, 3_600, 86_399]), st.integers(0, 400 * 86_400)),
    st.one_of(st.integers(-(10**6), 10**6).map(float), st.just(float("nan"))),
    st.booleans(),
    st.sampled_from(["p-1", "p-2", "p-new", None]),
)
"""Who, how many seconds after the history's end, how much, a return or not, what; some break the contract."""


def known(tables: Tables, as_of: date) -> tuple[pa.Table, Reference]:
    reference = reference_at(tables, as_of)
    return behaviour_table(tables, as_of, reference).to_pyarrow(), reference


def history(zone: str, as_of: date) -> pd.DataFrame:
    """Return a small past, its last row in the last microsecond of the local day ``as_of``, in UTC."""
    shop = made_up_shop(seed=1, customers=8, rows=60).drop(
        columns=["known_at", "margin", "category", "channel"]
    )
    local = shop.timestamp - (pd.Timestamp("2025-03-15") - pd.Timestamp(as_of))
    last = datetime.combine(as_of, time.max, ZoneInfo(zone))
    times = [*local.dt.tz_localize(zone, ambiguous=True, nonexistent="shift_forward"), last]
    rows = pd.concat([shop, shop.tail(1).assign(amount=1.0, is_return=False)], ignore_index=True)
    return rows.assign(timestamp=pd.to_datetime(times, utc=True))


def read(rows: pd.DataFrame, zone: str) -> Tables:
    return tables_from_frame(rows, zone=zone, currency="USD", refused_share_limit=1.0)


@cache
def known_without_future(zone: str, as_of: date) -> tuple[pa.Table, Reference]:
    return known(read(history(zone, as_of), zone), as_of)


@pytest.mark.parametrize("zone", MOMENTS)
@settings(max_examples=3, deadline=None)
@given(data=st.data(), future=st.lists(FUTURE, min_size=1, max_size=12))
def test_rows_after_the_moment_change_nothing(
    zone: str, data: st.DataObject, future: list[tuple[object, ...]]
) -> None:
    as_of = data.draw(st.sampled_from(MOMENTS[zone]))
    midnight = pd.Timestamp(datetime.combine(as_of + timedelta(days=1), time.min, ZoneInfo(zone)))
    later = pd.DataFrame(future, columns=["customer_id", "timestamp", "amount", "is_return", "product_id"])
    later["timestamp"] = midnight.tz_convert("UTC") + pd.to_timedelta(later.timestamp, unit="s")
    past = history(zone, as_of)
    rows = pd.concat([past, later], ignore_index=True).sample(frac=1.0, random_state=len(future))
    tables = read(rows, zone)
    assert known(tables, as_of) == known_without_future(zone, as_of)
    assert tables.history(as_of).count().to_pyarrow().as_py() == len(past)


@pytest.mark.parametrize("as_of", [date(2024, 2, 29), date(2024, 12, 31)])
def test_rows_that_arrive_later_change_nothing(as_of: date) -> None:
    shop = made_up_shop(seed=2)
    arrival = shop.known_at.fillna(shop.timestamp).dt.normalize()
    by_then = shop[(arrival <= pd.Timestamp(as_of)) & (shop.timestamp.dt.normalize() <= pd.Timestamp(as_of))]
    assert len(by_then) < (shop.timestamp.dt.normalize() <= pd.Timestamp(as_of)).sum()
    assert known(tables_of(shop), as_of) == known(tables_of(by_then), as_of)


def test_a_row_known_at_the_last_minute_counts() -> None:
    rows = pd.DataFrame(
        {
            "customer_id": ["c-7f", "c-7f"],
            "timestamp": ["2024-12-30 10:00", "2024-12-30 10:00"],
            "amount": [1, 2],
            "known_at": ["2024-12-31 23:59:59", "2025-01-01 00:00:00"],
        }
    )
    tables = tables_of(rows)
    spend = [
        known(tables, as_of)[0]["gross_spend"].to_pylist() for as_of in (date(2024, 12, 31), date(2025, 1, 1))
    ]
    assert spend == [[1.0], [3.0]]


def test_the_day_is_local() -> None:
    rows = pd.DataFrame(
        {
            "customer_id": ["c-7f", "c-7f"],
            "timestamp": ["2024-12-31T14:59:59Z", "2024-12-31T15:00:00Z"],
            "amount": [1, 2],
        }
    )
    as_of = date(2024, 12, 31)
    assert known(tables_of(rows, "Asia/Tokyo"), as_of)[0]["orders"].to_pylist() == [1]
    assert known(tables_of(rows, "America/New_York"), as_of)[0]["gross_spend"].to_pylist() == [3.0]
