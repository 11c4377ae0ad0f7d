"""Reading: from a user's file to the contract's tables."""

from __future__ import annotations

import hashlib
import importlib.util
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import (
    DataError,
    NothingUsableError,
    SourceNotFoundError,
    UnknownZoneError,
    UnreadableSourceError,
)
from features.sources import read_tables, tables_from_frame
from features.tables import DataConfig, Source, Tables

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
SHOP = """customer_id,timestamp,amount,order_id
00123,2026-11-20 23:30:00+00:00,12.50,o-1
c-7f,2026-11-21,3,o-2
00123,2026-11-22 23:59:59,-2.5,o-3
00123,2026-11-22 23:59:59,-2.5,o-3
"""


@pytest.fixture(autouse=True)
def no_temporary_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    yield
    assert list(temporary.iterdir()) == []


def read(path: Path, zone: str | None = "Asia/Tokyo", **columns: str) -> Tables:
    return read_tables(DataConfig({"transactions": Source(str(path), columns)}, zone, "JPY"))


def rows_of(tables: Tables) -> list[dict[str, Any]]:
    return tables.transactions.order_by("source_row").to_pyarrow().to_pylist()


def test_a_csv_file_is_read_typed_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "shop.csv"
    path.write_text(SHOP, encoding="utf-8")
    before = hashlib.sha256(path.read_bytes()).digest()
    tables = read(path)
    assert hashlib.sha256(path.read_bytes()).digest() == before
    assert [row["customer_id"] for row in rows_of(tables)] == ["00123", "c-7f", "00123", "00123"]
    assert [row["amount"] for row in rows_of(tables)] == [
        Decimal("12.5"),
        3,
        Decimal("-2.5"),
        Decimal("-2.5"),
    ]
    assert [row["day"].day for row in rows_of(tables)] == [21, 21, 22, 22]
    assert tables.transactions.schema() == ibis.schema(
        {
            "source_row": "int64",
            "customer_id": "string",
            "timestamp": "timestamp(6)",
            "day": "date",
            "known_day": "date",
            "amount": "decimal(18, 4)",
            "margin": "decimal(18, 4)",
            "is_return": "boolean",
            **dict.fromkeys(["order_id", "line_id", "product_id", "category"], "string"),
            **dict.fromkeys(["quantity", "unit_price", "discount"], "decimal(18, 4)"),
            "channel": "string",
        }
    )


def test_the_report_says_what_was_read_and_how(tmp_path: Path) -> None:
    path = tmp_path / "shop.csv"
    path.write_text("\ufeff" + SHOP.replace("customer_id", "顧客番号"), encoding="utf-8")
    tables = read(path, None, customer_id="顧客番号")
    report = tables.reports["transactions"]
    assert (report.read, report.accepted, report.refused, report.repeated) == (4, 4, 0, 1)
    assert (report.first_day, report.last_day) == (date(2026, 11, 20), date(2026, 11, 22))
    assert report.columns == {
        "customer_id": "顧客番号",
        "timestamp": "timestamp",
        "amount": "amount",
        "order_id": "order_id",
    }
    assert report.location == str(path)
    assert "utf-8-sig" in report.notes[0]
    assert "UTC is taken" in report.notes[1]
    assert (tables.zone, tables.currency, tables.has_margin) == ("UTC", "JPY", False)


def test_a_parquet_file_of_typed_columns_is_read_as_its_csv_would_be(tmp_path: Path) -> None:
    moment = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    table = pa.table(
        {
            "customer.id": pa.array([17850, 12, None], pa.int64()),
            "timestamp": pa.array([moment, moment, moment], pa.timestamp("ns", "America/New_York")),
            "amount": pa.array([15.3, float("nan"), 1.0], pa.float64()),
            "margin": pa.array([Decimal("1.25"), None, None], pa.decimal128(9, 2)),
            "order_id": pa.array([536365.0, None, 1.5], pa.float32()),
            "product_id": pa.array(["a", "b", "a"]).dictionary_encode(),
            "channel": pa.array([b"shop", b"web", None], pa.binary()),
            "category": pa.nulls(3),
            "is_return": pa.array([False, True, None]),
            "known_at": pa.array([date(2026, 11, 22)] * 3, pa.date32()),
            "quantity": pa.array([float("nan"), 1.0, 1e-7], pa.float32()),
        }
    )
    pq.write_table(table, tmp_path / "shop.csv")  # what a file is, its bytes say and not its name
    source = Source(str(tmp_path / "shop.csv"), {"customer_id": "customer.id"})
    tables = read_tables(DataConfig({"transactions": source}, "Asia/Tokyo", refused_share_limit=1))
    assert tables.reports["transactions"].refused_by_reason == {
        "missing_amount": 1,
        "missing_customer_id": 1,
    }
    (row,) = rows_of(tables)
    assert row == {
        "source_row": 1,
        "customer_id": "17850",
        "timestamp": datetime(2026, 11, 21, 8, 30),
        "day": date(2026, 11, 21),
        "known_day": date(2026, 11, 22),
        "amount": Decimal("15.3"),
        "margin": Decimal("1.25"),
        "is_return": False,
        "order_id": "536365",
        "line_id": None,
        "product_id": "a",
        "category": None,
        "quantity": None,
        "unit_price": None,
        "discount": None,
        "channel": "shop",
    }
    assert tables.has_margin


def test_a_frame_of_mixed_objects_is_read() -> None:
    frame = pd.DataFrame(
        {
            "customer_id": ["c-7f", 123, 45.0, "=cmd()", ' "x" ', None],
            "timestamp": [
                pd.Timestamp(2026, 11, 20),
                "2026-11-21",
                np.datetime64("2026-11-22"),
                "20261123",
                20261124.0,
                1,
            ],
            "amount": ["12.50", 3, -2.5, Decimal("0.1"), True, 1],
            "is_return": ["no", False, 0, np.nan, "Yes", 1],
        },
        index=[7, 7, 7, 7, 7, 7],
    )
    tables = tables_from_frame(frame, refused_share_limit=0.5)
    assert [row["customer_id"] for row in rows_of(tables)] == ["c-7f", "123", "45", "=cmd()"]
    assert [row["day"].day for row in rows_of(tables)] == [20, 21, 22, 23]
    assert [row["amount"] for row in rows_of(tables)] == [Decimal("12.5"), 3, Decimal("-2.5"), Decimal("0.1")]
    assert tables.reports["transactions"].refused_by_reason == {
        "missing_customer_id": 1,
        "unreadable_amount": 1,
    }


def test_pandas_types_and_arrow_tables_are_read_alike() -> None:
    frame = pd.DataFrame(
        {
            "customer_id": pd.Categorical(["a", "b"]),
            "timestamp": pd.to_datetime(["2026-11-20", "2026-11-21"]).tz_localize("Asia/Tokyo"),
            "amount": pd.array([1, None], dtype="Int64"),
        }
    ).assign(amount=[1, 2])
    from_pandas = rows_of(tables_from_frame(frame, zone="Asia/Tokyo"))
    assert from_pandas == rows_of(tables_from_frame(pa.Table.from_pandas(frame), zone="Asia/Tokyo"))
    assert [row["timestamp"].hour for row in from_pandas] == [0, 0]


def test_what_can_not_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "shop.csv").write_text(SHOP, encoding="utf-8")
    (tmp_path / "head.csv").write_text(SHOP.splitlines()[0], encoding="utf-8")
    (tmp_path / "cut.parquet").write_bytes(b"PAR1 and no more")
    pq.write_table(
        pa.table({"customer_id": [b"\xff"], "timestamp": ["x"], "amount": [1]}), tmp_path / "bytes"
    )
    (tmp_path / "shop.cv").mkdir()
    with pytest.raises(SourceNotFoundError, match=r"no file .*shop.cvs.\n  there is .*shop.csv\n") as met:
        read(tmp_path / "shop.cvs")
    assert len(met.value.which) == 1, "a folder is no file to be read"
    with pytest.raises(SourceNotFoundError, match="no file"):
        read(tmp_path / "nowhere" / "shop.csv")
    with pytest.raises(UnreadableSourceError, match="is a folder"):
        read(tmp_path)
    with pytest.raises(UnreadableSourceError, match="cannot be read as Parquet"):
        read(tmp_path / "cut.parquet")
    with pytest.raises(
        UnreadableSourceError, match=r"a column cannot be read as text.*\n  customer_id: binary"
    ):
        read(tmp_path / "bytes")
    with pytest.raises(NothingUsableError, match="has no rows"):
        read(tmp_path / "head.csv")
    with pytest.raises(UnreadableSourceError, match="cannot be opened"):
        read(tmp_path / ("x" * 300))
    with pytest.raises(UnknownZoneError, match="Asia/Tokyo"):
        read(tmp_path / "shop.csv", "Asia/Tokio")
    with pytest.raises(DataError, match="--transactions"):
        read_tables(DataConfig({}))


def test_ragged_rows_are_refused_not_lost(tmp_path: Path) -> None:
    lines = SHOP.splitlines()
    path = tmp_path / "shop.csv"
    path.write_text(
        "\n".join([*lines, "short", *lines[1:], 'a,b,"c,\n",d,e', *lines[1:] * 3]), encoding="utf-8"
    )
    tables = read(path)
    assert tables.reports["transactions"].refused_by_reason == {"ragged_line": 2}
    assert tables.quarantine.order_by("source_row").to_pyarrow().to_pylist() == [
        {
            "table": "transactions",
            "source_row": 5,
            "reason": "ragged_line",
            "detail": "1 fields, not 4",
            "row": '{"line": "short"}',
        },
        {
            "table": "transactions",
            "source_row": 10,
            "reason": "ragged_line",
            "detail": "5 fields, not 4, over 2 lines",
            "row": '{"line": "a,b,\\"c,\\n\\",d,e"}',
        },
    ]


def test_columns_agree_on_their_decimal_commas(tmp_path: Path) -> None:
    path = tmp_path / "laden.csv"
    path.write_text(
        "customer_id;timestamp;amount;margin\nc;22.11.2026;1.234,50;1,234\nc;23.11.2026;2;2.5\n",
        encoding="utf-8",
    )
    first, second = rows_of(read(path))
    assert (first["amount"], first["margin"]) == (Decimal("1234.5"), 1234)
    assert (second["amount"], second["margin"]) == (2, Decimal("2.5"))


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data sets are not here")
def test_the_online_retail_set_is_accepted_whole() -> None:
    tables = read_tables(
        DataConfig({"transactions": Source(str(SHARED / "online_retail/transactions.parquet"))})
    )
    report = tables.reports["transactions"]
    assert (report.read, report.refused, report.repeated) == (406_829, 0, 5_227)
    assert (report.first_day, report.last_day) == (date(2010, 12, 1), date(2011, 12, 9))
    assert tables.transactions.customer_id.nunique().execute() == 4_372


def test_the_cdnow_purchases_are_accepted_whole() -> None:
    spec = importlib.util.find_spec("lifetimes")
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).parent / "datasets" / "CDNOW_master.txt"
    frame = pd.read_csv(path, sep=r"\s+", dtype=str)
    columns = {"timestamp": "date", "amount": "dollar_value", "quantity": "number_of_cds"}
    tables = tables_from_frame(frame, columns=columns, zone="America/New_York", currency="USD")
    report = tables.reports["transactions"]
    assert (report.read, report.refused) == (69_659, 0)
    assert (report.first_day, report.last_day) == (date(1997, 1, 1), date(1998, 6, 30))
    assert tables.transactions.customer_id.nunique().execute() == 23_570
    assert tables.transactions.customer_id.min().execute() == "00001"
