"""Reading: from a user's file to the contract's tables."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd

from features.sources import tables_from_frame


def frame(**columns: list[object]) -> pd.DataFrame:
    rows = {
        "customer_id": ["c-7f", "00123", "c-7f"],
        "timestamp": ["2026-11-20 10:30:00", "2026-11-21", "2026-11-22 23:59:59"],
        "amount": ["12.50", 3, -2.5],
    }
    return pd.DataFrame(rows | columns)


def test_a_frame_of_mixed_objects_is_read() -> None:
    tables = tables_from_frame(frame(), zone="Asia/Tokyo", currency="JPY")
    rows = tables.transactions.order_by("source_row").to_pyarrow().to_pylist()
    assert [row["customer_id"] for row in rows] == ["c-7f", "00123", "c-7f"]
    assert [row["amount"] for row in rows] == [Decimal("12.5"), 3, Decimal("-2.5")]
    assert [row["day"] for row in rows] == [date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)]
    assert tables.after(date(2026, 11, 20)) == 2
    assert tables.last_day(date(2026, 11, 21)) == date(2026, 11, 21)
    assert tables.first_day(date(2026, 11, 1)) is None
