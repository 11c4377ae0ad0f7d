"""The same expressions on DuckDB, on a real Postgres and on a real Spark, equal to 1e-9."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from features.engine import on_engine, put
from features.errors import DataError
from features.histories import grouped_histories, purchase_histories
from features.labels import outcomes_in
from features.reference import references_at
from features.table import behaviour_panel
from features.warehouse import Warehouse, tables_in
from features.window import Window
from tests.features.people import made_up_people
from tests.features.shop import made_up_shop, tables_of
from tests.postgres_server import postgres, why_not

if TYPE_CHECKING:
    from ibis.backends import BaseBackend

    from features.tables import Tables

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # py4j leaves its own

MOMENTS = (date(2024, 6, 30), date(2024, 12, 31))
ZONE = "Asia/Tokyo"
WINDOW = Window(MOMENTS[0], 60)

SPARK_CONFIG = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.codegen.wholeStage": "false",  # compiling costs more than these few rows
    "spark.sql.adaptive.enabled": "false",
    "spark.driver.memory": "1g",
}


@pytest.fixture(scope="module")
def tables() -> Tables:
    shop = made_up_shop(11)
    return tables_of(shop, others=made_up_people(11, sorted(shop.customer_id.unique())))


@pytest.fixture(scope="module")
def on_postgres() -> Iterator[BaseBackend]:
    if reason := why_not():
        pytest.skip(reason)
    with postgres() as url:
        connection = ibis.connect(url.replace("+psycopg", ""))
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
    references = references_at(tables, MOMENTS)
    assert references_at(moved, MOMENTS) == references
    _assert_equal(behaviour_panel(moved, references), behaviour_panel(tables, references))


def test_outcomes_and_grouped_counts_are_the_same_on_every_engine(tables: Tables, moved: Tables) -> None:
    _assert_equal(outcomes_in(moved, WINDOW), outcomes_in(tables, WINDOW))
    _assert_equal(grouped_histories(moved, MOMENTS[0]), grouped_histories(tables, MOMENTS[0]))


def test_tables_of_a_warehouse_are_checked_where_they_are(engine: BaseBackend) -> None:
    shop = made_up_shop(12).drop(columns="margin")
    local = tables_of(shop)
    instants = shop.assign(
        timestamp=shop["timestamp"].dt.tz_localize(ZONE), known_at=shop["known_at"].dt.tz_localize(ZONE)
    )
    broken = instants.iloc[:3].assign(customer_id=["  ", None, "c-1"], amount=[1.0, 2.0, float("inf")])
    lines = pd.concat([instants, broken], ignore_index=True).rename(columns={"customer_id": "Buyer"})
    answers = pd.DataFrame(
        {
            "customer_id": ["c-01", "c-03", "c-05", "c-07"],
            "submitted_at": [date(2024, 2, 29)] * 4,
            "kind": ["NPS", "nps", "csat", "hearsay"],
            "score": [9, 11, None, 3],
        }
    )
    put(pa.Table.from_pandas(lines), "sales_lines", engine)
    put(pa.Table.from_pandas(answers), "answers", engine)
    warehouse = Warehouse(
        engine,
        {"transactions": "sales_lines", "surveys": "answers"},
        {"transactions": {"customer_id": "Buyer"}},
        zone=ZONE,
        currency="JPY",
        refused_share_limit=0.5,
    )
    tables = tables_in(warehouse)
    assert tables.reports["transactions"].refused_by_reason == {
        "missing_customer_id": 2,
        "non_finite_amount": 1,
    }
    assert tables.reports["surveys"].refused_by_reason == {"out_of_scale_score": 1, "unknown_kind": 1}
    details = tables.quarantine.to_pyarrow().to_pandas().groupby("reason")["detail"].first()
    assert details["missing_customer_id"] == "Buyer"
    assert details["out_of_scale_score"] == "score"
    _assert_equal(purchase_histories(tables, MOMENTS[1]), purchase_histories(local, MOMENTS[1]))


def test_a_type_that_cannot_be_read_is_named(engine: BaseBackend) -> None:
    put(
        pa.table({"customer_id": ["a"], "timestamp": [date(2024, 1, 1)], "amount": [[1.0, 2.0]]}),
        "lists",
        engine,
    )
    with pytest.raises(DataError, match="lists") as refusal:
        tables_in(Warehouse(engine, {"transactions": "lists"}))
    assert "amount" in str(refusal.value)


def _assert_equal(theirs: ibis.Table, ours: ibis.Table) -> None:
    expected, answer = (_plain(rows) for rows in (ours, theirs))
    assert len(expected) > 20
    pd.testing.assert_frame_equal(answer, expected, rtol=1e-9, atol=1e-9, check_dtype=False)


def _plain(rows: ibis.Table) -> pd.DataFrame:
    frame = rows.to_pyarrow().to_pandas()
    numbers = {name: frame[name].astype("float64") for name in frame if name not in {"customer_id", "as_of"}}
    frame = frame.assign(as_of=frame["as_of"].astype(str)) if "as_of" in frame else frame
    return frame.assign(**numbers).sort_values(list(frame)[:2], ignore_index=True)
