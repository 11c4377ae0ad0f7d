"""The same expressions on DuckDB, on a real Postgres and on a real Spark, equal to 1e-9."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from features.behaviour.past import count_cancelled_orders
from features.engine import on_engine, put, rows_hash
from features.errors import DataError, MixedCurrencyError, SourceNotFoundError, UnreadableSourceError
from features.histories import grouped_histories, purchase_histories
from features.labels import outcomes_in
from features.reference import references_at
from features.sources import read_tables
from features.table import behaviour_panel
from features.tables import DataConfig, Engine, Source
from features.warehouse import Warehouse, tables_in
from features.window import Window
from tests.features.people import made_up_people
from tests.features.shop import made_up_shop, tables_of, with_cancellations
from tests.postgres_server import postgres, why_not

if TYPE_CHECKING:
    from ibis.backends import BaseBackend

    from features.tables import Tables

pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),  # py4j leaves its own
    pytest.mark.timeout(600),  # Spark plans each join for seconds
]

MOMENTS = (date(2024, 6, 30), date(2024, 12, 31))
ZONE = "Asia/Tokyo"
WINDOW = Window(MOMENTS[0], 60)

SPARK_CONFIG = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.constraintPropagation.enabled": "false",
    "spark.sql.maxPlanStringLength": "0",
    "spark.sql.codegen.wholeStage": "false",  # compiling costs more than these few rows
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.memory": "1g",
}


@pytest.fixture(scope="module")
def tables() -> Tables:
    shop = with_cancellations(made_up_shop(11), 11)
    return tables_of(shop, others=made_up_people(11, sorted(shop.customer_id.unique())))


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    if reason := why_not():
        pytest.skip(reason)
    with postgres() as url:
        yield url.replace("+psycopg", "")


@pytest.fixture(scope="module")
def on_postgres(postgres_url: str) -> Iterator[BaseBackend]:
    connection = ibis.connect(postgres_url)
    yield connection
    connection.disconnect()


@pytest.fixture(scope="module")
def on_spark() -> Iterator[BaseBackend]:
    if shutil.which("java") is None:
        pytest.skip("there is no Java for Spark (apt-get install default-jre-headless)")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ["JDK_JAVA_OPTIONS"] = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # a short life
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").appName("joren-tests")
    for name, value in SPARK_CONFIG.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield ibis.pyspark.connect(session)
    session.stop()
    gc.collect()


@pytest.fixture(scope="module", params=["on_postgres", "on_spark"])
def engine(request: pytest.FixtureRequest) -> BaseBackend:
    connection: BaseBackend = request.getfixturevalue(request.param)
    return connection


@pytest.fixture(scope="module")
def moved(engine: BaseBackend, tables: Tables) -> Tables:
    return on_engine(tables, engine)


def test_every_feature_is_the_same_on_every_engine(tables: Tables, moved: Tables) -> None:
    """On Spark, which plans each join for seconds, those of the transactions; the others in `prove`."""
    if moved.connection.name == "pyspark":
        tables, moved = _without_others(tables), _without_others(moved)
    _assert_same_features(moved, tables)


def _without_others(tables: Tables) -> Tables:
    return replace(tables, optional={}, reports={"transactions": tables.reports["transactions"]})


@pytest.mark.prove
@pytest.mark.timeout(900)
def test_every_feature_of_all_tables_is_the_same_on_spark(tables: Tables, on_spark: BaseBackend) -> None:
    _assert_same_features(on_engine(tables, on_spark), tables)


def _assert_same_features(moved: Tables, tables: Tables) -> None:
    moments = MOMENTS if moved.connection.name == "postgres" else MOMENTS[1:]
    references = references_at(tables, moments)
    assert references_at(moved, moments) == references
    _assert_equal(behaviour_panel(moved, references), behaviour_panel(tables, references))


def test_rows_have_a_hash_on_every_engine(moved: Tables) -> None:
    rows = moved.transactions.drop("source_row")
    assert rows_hash(rows) == rows_hash(rows.order_by("amount"))
    assert rows_hash(rows) != rows_hash(rows.mutate(amount=rows.amount + 1))


def test_outcomes_and_grouped_counts_are_the_same_on_every_engine(tables: Tables, moved: Tables) -> None:
    _assert_equal(outcomes_in(moved, WINDOW), outcomes_in(tables, WINDOW))
    _assert_equal(grouped_histories(moved, MOMENTS[0]), grouped_histories(tables, MOMENTS[0]))


def test_tables_of_a_warehouse_are_checked_where_they_are(engine: BaseBackend) -> None:
    shop = with_cancellations(made_up_shop(12), 12).drop(columns="margin")
    local = tables_of(shop)
    assert count_cancelled_orders(local) > 0
    instants = shop.assign(
        timestamp=shop["timestamp"].dt.tz_localize(ZONE), known_at=shop["known_at"].dt.tz_localize(ZONE)
    )
    instants["currency"] = "jpy"
    abroad = instants.index % 3 == 0
    instants.loc[abroad, ["amount", "discount"]] *= 2
    instants.loc[abroad, "currency"] = "USD"
    broken = instants.iloc[:4].assign(
        customer_id=["  ", None, "c-1", "c-1"],
        amount=[1.0, 2.0, float("inf"), 4.0],
        currency=["JPY", "JPY", "JPY", "EUR"],
    )
    lines = pd.concat([instants, broken], ignore_index=True).rename(columns={"customer_id": "Buyer"})
    answers = pd.DataFrame(
        {
            "customer_id": ["c-01", "c-03", "c-05", "c-07"],
            "submitted_at": [date(2024, 2, 29)] * 4,
            "kind": ["NPS", "nps", "csat", "hearsay"],
            "score": [9, 11, None, 3],
        }
    )
    warehouse = Warehouse(
        engine,
        {
            "transactions": put(pa.Table.from_pandas(lines), "sales_lines", engine),
            "surveys": put(pa.Table.from_pandas(answers), "answers", engine),
        },
        {"transactions": {"customer_id": "Buyer"}},
        zone=ZONE,
        currency="JPY",
        rates={"USD": Decimal("0.5")},
        refused_share_limit=0.5,
    )
    tables = tables_in(warehouse)
    assert tables.reports["transactions"].refused_by_reason == {
        "missing_customer_id": 2,
        "non_finite_amount": 1,
        "other_currency": 1,
    }
    assert f"{abroad.sum()} rows in USD are read as JPY, at 0.5" in tables.reports["transactions"].notes
    with pytest.raises(MixedCurrencyError, match="3 currencies"):
        tables_in(replace(warehouse, currency=None, rates={}))
    assert tables.reports["surveys"].refused_by_reason == {"out_of_scale_score": 1, "unknown_kind": 1}
    details = tables.quarantine.to_pyarrow().to_pandas().groupby("reason")["detail"].first()
    assert details["missing_customer_id"] == "Buyer"
    assert details["out_of_scale_score"] == "score"
    _assert_equal(purchase_histories(tables, MOMENTS[1]), purchase_histories(local, MOMENTS[1]))
    assert count_cancelled_orders(tables) == count_cancelled_orders(local)


def test_a_type_that_cannot_be_read_is_named(engine: BaseBackend) -> None:
    lists = pa.table({"customer_id": ["a"], "timestamp": [date(2024, 1, 1)], "amount": [[1.0, 2.0]]})
    with pytest.raises(DataError, match="lists") as refusal:
        tables_in(Warehouse(engine, {"transactions": put(lists, "lists", engine)}))
    assert "amount" in str(refusal.value)


@pytest.mark.usefixtures("on_spark")
def test_spark_reads_the_parquet_files_of_a_project(tmp_path: Path) -> None:
    shop = made_up_shop(13, rows=200)
    shop.assign(kind="x").to_parquet(tmp_path / "lines.parquet", coerce_timestamps="us")
    source = Source(str(tmp_path / "lines.parquet"), constants={"channel": "web"})
    tables = read_tables(DataConfig({"transactions": source}, zone=ZONE, engine=Engine("spark")))
    assert tables.connection.name == "pyspark"
    channels = tables.transactions.select("channel").distinct().to_pyarrow()["channel"].to_pylist()
    assert channels == ["web"]
    with pytest.raises(SourceNotFoundError, match=r"no file .*lost\.parquet"):
        read_tables(DataConfig({"transactions": Source("lost.parquet")}, engine=Engine("spark")))
    lines = tmp_path / "lines.csv"
    shop.to_csv(lines, index=False)
    with pytest.raises(UnreadableSourceError, match=r"lines\.csv cannot be read as Parquet"):
        read_tables(DataConfig({"transactions": Source(str(lines))}, engine=Engine("spark")))
    (tmp_path / "folder").mkdir()
    lines.rename(tmp_path / "folder" / "part-0.parquet")
    with pytest.raises(UnreadableSourceError, match="folder cannot be read as Parquet"):
        read_tables(DataConfig({"transactions": Source(str(tmp_path / "folder"))}, engine=Engine("spark")))


def test_a_postgres_database_is_the_engine_of_a_project(postgres_url: str, on_postgres: BaseBackend) -> None:
    local = tables_of(made_up_shop(14, rows=200))
    on_postgres.create_table(
        "orders_14", local.transactions.drop("source_row", "day", "known_day").to_pyarrow()
    )
    source = Source(postgres_url, table="public.orders_14")
    tables = read_tables(DataConfig({"transactions": source}, zone=ZONE, engine=Engine("postgres")))
    assert tables.connection.name == "postgres"
    assert tables.reports["transactions"].accepted == local.reports["transactions"].accepted
    tables.connection.disconnect()
    lost = Source(postgres_url, table="nowhere")
    with pytest.raises(SourceNotFoundError, match="no table nowhere"):
        read_tables(DataConfig({"transactions": lost}, engine=Engine("postgres")))


def _assert_equal(theirs: ibis.Table | pa.Table, ours: ibis.Table | pa.Table) -> None:
    expected, answer = (_plain(rows) for rows in (ours, theirs))
    assert len(expected) > 20
    pd.testing.assert_frame_equal(answer, expected, rtol=1e-9, atol=1e-9, check_dtype=False)


def _plain(rows: ibis.Table | pa.Table) -> pd.DataFrame:
    frame = (rows if isinstance(rows, pa.Table) else rows.to_pyarrow()).to_pandas()
    numbers = {name: frame[name].astype("float64") for name in frame if name not in {"customer_id", "as_of"}}
    frame = frame.assign(as_of=frame["as_of"].astype(str)) if "as_of" in frame else frame
    return frame.assign(**numbers).sort_values(list(frame)[:2], ignore_index=True)
