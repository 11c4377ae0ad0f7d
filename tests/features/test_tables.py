"""The contract as data, and what may be asked of the tables that fulfil it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from features.contract import CONTRACT, Kind, TableContract
from features.sources import tables_from_frame


@pytest.mark.parametrize("table", CONTRACT.values(), ids=lambda table: table.name)
def test_every_table_is_about_customers_and_says_what_its_columns_mean(table: TableContract) -> None:
    names = [column.name for column in table.columns]
    assert len(set(names)) == len(names)
    assert names[0] == "customer_id"
    assert "customer_id" in table.required
    assert all(column.meaning for column in table.columns)


def test_every_table_but_that_of_customers_has_a_time() -> None:
    timed = {
        table.name
        for table in CONTRACT.values()
        if any(column.kind is Kind.TIME and column.required for column in table.columns)
    }
    assert timed == CONTRACT.keys() - {"customers"}
    assert CONTRACT["transactions"].required == ("customer_id", "timestamp", "amount")


def test_history_ends_with_the_local_day_and_with_what_was_known() -> None:
    frame = pd.DataFrame(
        {
            "customer_id": ["a", "b", "c", "d"],
            "timestamp": ["2026-11-20T23:59:59+09:00", "2026-11-20T15:00:00Z", "2026-11-19", "2026-11-18"],
            "amount": [1, 1, 1, 1],
            "known_at": [None, None, "2026-11-21 00:00", "2026-11-20 23:59"],
        }
    )
    tables = tables_from_frame(frame, zone="Asia/Tokyo")
    as_of = date(2026, 11, 20)
    assert sorted(tables.history(as_of).customer_id.to_pyarrow().to_pylist()) == ["a", "d"]
    assert tables.after(as_of) == 2
    assert (tables.first_day(as_of), tables.last_day(as_of)) == (date(2026, 11, 18), as_of)
    assert tables.first_day(date(2026, 11, 1)) is None


def test_the_quarantine_can_be_written_as_it_is(tmp_path: Path) -> None:
    frame = pd.DataFrame({"customer_id": ["a", ""], "timestamp": ["2026-11-22"] * 2, "amount": ["1", "¥2"]})
    tables = tables_from_frame(frame, refused_share_limit=0.5)
    tables.quarantine.to_parquet(tmp_path / "quarantine.parquet")
    (row,) = pd.read_parquet(tmp_path / "quarantine.parquet").to_dict("records")
    assert json.loads(row.pop("row")) == {"customer_id": "", "timestamp": "2026-11-22", "amount": "¥2"}
    assert row == {
        "table": "transactions",
        "source_row": 2,
        "reason": "missing_customer_id",
        "detail": "customer_id",
    }
