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
import pytest

from features.engine import on_engine
from features.histories import grouped_histories
from features.labels import outcomes_in
from features.reference import references_at
from features.table import behaviour_panel
from features.window import Window
from tests.features.shop import made_up_shop, tables_of
from tests.postgres_server import postgres, why_not

if TYPE_CHECKING:
    from ibis.backends import BaseBackend

    from features.tables import Tables

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # py4j leaves its own

MOMENTS = (date(2024, 6, 30), date(2024, 12, 31))
WINDOW = Window(MOMENTS[0], 60)

SPARK_CONFIG = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.codegen.wholeStage": "false",  # compiling costs more than these few rows
    "spark.sql.adaptive.enabled": "false",
    "spark.driver.memory": "1g",
}


@pytest.fixture(scope="module")
def tables() -> Tables:
    return tables_of(made_up_shop(11))


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
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").appName("joren-tests")
    for name, value in SPARK_CONFIG.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield ibis.pyspark.connect(session)
    session.stop()
    gc.collect()


@pytest.fixture(params=["on_postgres", "on_spark"])
def moved(request: pytest.FixtureRequest, tables: Tables) -> Tables:
    return on_engine(tables, request.getfixturevalue(request.param))


def test_every_feature_is_the_same_on_every_engine(tables: Tables, moved: Tables) -> None:
    references = references_at(tables, MOMENTS)
    assert references_at(moved, MOMENTS) == references
    _assert_equal(behaviour_panel(moved, references), behaviour_panel(tables, references))


def test_outcomes_and_grouped_counts_are_the_same_on_every_engine(tables: Tables, moved: Tables) -> None:
    _assert_equal(outcomes_in(moved, WINDOW), outcomes_in(tables, WINDOW))
    _assert_equal(grouped_histories(moved, MOMENTS[0]), grouped_histories(tables, MOMENTS[0]))


def _assert_equal(theirs: ibis.Table, ours: ibis.Table) -> None:
    expected, answer = (_plain(rows) for rows in (ours, theirs))
    assert len(expected) > 20
    pd.testing.assert_frame_equal(answer, expected, rtol=1e-9, atol=1e-9, check_dtype=False)


def _plain(rows: ibis.Table) -> pd.DataFrame:
    frame = rows.to_pyarrow().to_pandas()
    numbers = {name: frame[name].astype("float64") for name in frame if name not in {"customer_id", "as_of"}}
    frame = frame.assign(as_of=frame["as_of"].astype(str)) if "as_of" in frame else frame
    return frame.assign(**numbers).sort_values(list(frame)[:2], ignore_index=True)
