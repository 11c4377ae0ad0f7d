"""Tables in a DuckDB file and on a real Postgres are read as their Parquet files are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.errors import DataError, SourceNotFoundError, UnreadableSourceError
from features.sources import read_tables
from features.tables import DataConfig, Source, Tables
from tests.postgres_server import postgres, why_not

HIDDEN = "s3cret"
ROWS = 3_000
SALES = f"""
SELECT
  CASE WHEN n % 97 = 0 THEN NULL WHEN n % 2 = 0 THEN '00' || n % 40 ELSE 'c-"7'',é髙' || n % 40 END
    AS customer_id,
  (TIMESTAMP '2024-01-01 12:00:00' + n * INTERVAL '6 hours 1 second') AT TIME ZONE 'UTC' AS timestamp,
  CASE WHEN n % 89 = 0 THEN NULL ELSE (n % 500 - 40) / 4.0 END::NUMERIC(12, 2) AS amount,
  CASE WHEN n % 3 = 0 THEN NULL ELSE 12345678901234.1234 - n * 0.1 END::NUMERIC(18, 4) AS margin,
  n::BIGINT AS order_id,
  CASE n % 4 WHEN 0 THEN '' WHEN 1 THEN E'two\\nlines' WHEN 2 THEN 'NULL' END AS category,
  n * 1e0 AS quantity,
  0.1::DOUBLE PRECISION + n AS unit_price,
  n % 50 = 1 AS is_return,
  CAST(TIMESTAMP '2024-01-03' + n * INTERVAL '6 hours' AS DATE) AS known_at
FROM generate_series(1, {ROWS}) AS numbers(n)
"""
ASKED = """
SELECT customer_id, timestamp AS submitted_at, 'NPS' AS kind, order_id % 13 AS score FROM sales
WHERE order_id <= 200 -- the first that were asked;
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the same tables as Parquet files and in a DuckDB file."""
    folder = tmp_path_factory.mktemp("shop")
    with closing(duckdb.connect(folder / "shop.duckdb")) as connection:
        connection.execute("SET TimeZone = 'America/New_York'")
        sales = SALES.replace("E'two\\nlines'", "e'two\\nlines'")
        connection.execute(f"CREATE TABLE sales AS {sales}")
        connection.execute("CREATE SCHEMA crm; CREATE VIEW crm.asked AS " + ASKED)
        for name, table in (("sales", "sales"), ("asked", "crm.asked")):
            pq.write_table(connection.execute(f"FROM {table}").to_arrow_table(), folder / f"{name}.parquet")
    return folder


@pytest.fixture(scope="module")
def from_parquet(folder: Path) -> Tables:
    return read(Source(str(folder / "sales.parquet")), Source(str(folder / "asked.parquet")))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    if reason := why_not():
        pytest.skip(reason)
    with postgres() as address:
        url = address.replace("+psycopg", "").replace("postgres@", "reader@")
        with psycopg.connect(address.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(f"CREATE TABLE sales AS {SALES}")
            connection.execute("CREATE SCHEMA crm")
            connection.execute(f"CREATE VIEW crm.asked AS {ASKED}")
            connection.execute(f"CREATE ROLE reader LOGIN PASSWORD '{HIDDEN}'")
            connection.execute("GRANT USAGE ON SCHEMA crm TO reader")
            connection.execute("GRANT SELECT ON sales, crm.asked TO reader")
        yield url


def read(transactions: Source, surveys: Source) -> Tables:
    sources = {"transactions": transactions, "surveys": surveys}
    return read_tables(DataConfig(sources, "Asia/Tokyo", "JPY", refused_share_limit=0.2))


def contents(tables: Tables) -> list[pa.Table]:
    """Return all rows; of what was refused all but its text, which each source writes in its own way."""
    accepted = (tables.transactions, *tables.optional.values())
    refused = tables.quarantine.drop("row").order_by("table", "source_row")
    return [*(rows.order_by("source_row").to_pyarrow() for rows in accepted), refused.to_pyarrow()]


def test_a_duckdb_file_gives_the_same_tables_as_its_parquet(folder: Path, from_parquet: Tables) -> None:
    file = folder / "shop.duckdb"
    before = file.read_bytes()
    tables = read(Source(f"{file}::sales"), Source(str(file), table="crm.asked"))
    assert contents(tables) == contents(from_parquet)
    assert tables.reports["transactions"].refused_by_reason == {
        "missing_amount": 33,
        "missing_customer_id": 30,
    }
    assert tables.reports["surveys"].location == f"{file}::crm.asked"
    assert contents(read(Source(str(file), query="FROM sales;"), Source(str(file), query=ASKED))) == contents(
        from_parquet
    )
    assert file.read_bytes() == before


def test_postgres_gives_the_same_tables_as_the_parquet_and_keeps_every_digit(
    server: str, from_parquet: Tables
) -> None:
    tables = read(
        Source(server, table="sales", password=HIDDEN),
        Source(server, query="SELECT * FROM crm.asked;", password=HIDDEN),
    )
    assert contents(tables) == contents(from_parquet)
    told = repr(tables.reports) + repr(Source(server, password=HIDDEN))
    assert HIDDEN not in told


def test_what_a_duckdb_file_has_not_is_said(folder: Path, tmp_path: Path) -> None:
    file = folder / "shop.duckdb"
    good = Source(str(folder / "sales.parquet"))
    with pytest.raises(
        SourceNotFoundError, match=r"no table sale.\n  nearest: sales\n  there are crm.asked, sales"
    ):
        read(Source(f"{file}::sale"), good)
    with pytest.raises(SourceNotFoundError, match=r"has 2 tables.*\n.*crm.asked"):
        read(Source(str(file)), good)
    with pytest.raises(UnreadableSourceError, match="nowhere"):
        read(Source(str(file), query="FROM nowhere"), good)
    with pytest.raises(UnreadableSourceError, match="no DuckDB file"):
        read(Source(good.location, table="sales"), good)
    (tmp_path / "cut.duckdb").write_bytes(file.read_bytes()[:64])
    with pytest.raises(UnreadableSourceError, match="cannot be read as a DuckDB file"):
        read(Source(str(tmp_path / "cut.duckdb")), good)


def test_what_postgres_has_not_is_said_and_never_with_the_password(server: str, folder: Path) -> None:
    good = Source(str(folder / "sales.parquet"))
    closed = server.rpartition(":")[0] + ":1/postgres"
    cases: list[tuple[Source, type[DataError], str]] = [
        (
            Source(server, table="sale", password=HIDDEN),
            SourceNotFoundError,
            "no table sale.\n  nearest: sales",
        ),
        (Source(server, password=HIDDEN), SourceNotFoundError, "no table is named"),
        (Source(server, query=f"SELECT {HIDDEN}", password=HIDDEN), UnreadableSourceError, "does not exist"),
        (Source(closed, table="sales", password=HIDDEN), UnreadableSourceError, "cannot be read"),
        (Source("$SHOP_URL", table="sales"), SourceNotFoundError, "variable SHOP_URL is not set"),
    ]
    for source, error, says in cases:
        with pytest.raises(error, match=says) as refusal:
            read(source, good)
        assert HIDDEN not in str(refusal.value)
    with pytest.raises(UnreadableSourceError, match="permission denied"):
        read(Source(server, query="SELECT * FROM pg_authid", password=HIDDEN), good)
    assert "PGPASSWORD" not in os.environ
