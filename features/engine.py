"""Where expressions run: DuckDB in the process by default, a Spark session, or a Postgres server."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import ibis
from ibis.common.exceptions import TableNotFound

from features.compiling import identifier, sql_of

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa
    from ibis.backends import BaseBackend
    from pyspark.sql import DataFrame, SparkSession

    from features.tables import Tables

__all__ = [
    "asked",
    "borrowed",
    "kept",
    "kept_as",
    "kept_rows",
    "on_engine",
    "put",
    "row_hash",
    "rows_hash",
    "set_zone",
    "view",
]


def on_engine(tables: Tables, connection: BaseBackend) -> Tables:
    """Return the accepted rows of ``tables`` on another engine, where every expression then runs.

    ``connection`` is what ``ibis.pyspark.connect(session)`` or ``ibis.postgres.connect(…)`` gives. The
    quarantine stays behind.
    """
    return replace(
        tables,
        connection=connection,
        transactions=_moved(tables.transactions, "transactions", connection),
        optional={name: _moved(rows, name, connection) for name, rows in tables.optional.items()},
    )


def _moved(rows: ir.Table, name: str, connection: BaseBackend) -> ir.Table:
    return put(rows.to_pyarrow(), f"{name}_{uuid4().hex[:12]}", connection)


def put(rows: pa.Table, name: str, connection: BaseBackend) -> ir.Table:
    """Return ``rows`` as the temporary table (on Spark: the view) ``name`` of an engine."""
    if connection.name == "pyspark":
        frame = connection._session.createDataFrame(rows)  # noqa: SLF001 - Ibis copies through pandas
        frame.createOrReplaceTempView(name)
        return connection.table(name)
    return connection.create_table(name, rows, temp=True)


def set_zone(connection: BaseBackend, zone: str) -> None:
    """Let the session of a Spark or a Postgres engine tell instants in ``zone``, an IANA name."""
    if connection.name == "pyspark":
        connection._session.conf.set("spark.sql.session.timeZone", zone)  # noqa: SLF001 - Ibis hands none out
    else:
        connection.raw_sql(f"SET TIME ZONE '{zone}'").close()


@ibis.udf.scalar.builtin(name="hashtextextended", signature=(("string", "int64"), "int64"))
def text_hash(text, seed):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return the 64-bit hash of a text: a function of Postgres, for which Ibis has no hash."""


def row_hash(rows: ir.Table) -> ir.IntegerValue:
    """Return a 64-bit number of each row, the same for rows that are alike; each engine has its own."""
    if rows.get_backend().name == "postgres":
        texts = [rows[name].cast("string").fill_null("\x1e") for name in rows.columns]
        return text_hash(ibis.literal("\x1f").join(texts), 0)
    return ibis.struct({name: rows[name] for name in rows.columns}).hash()


def rows_hash(rows: ir.Table) -> str:
    """Return a number that tells these rows from others, in whatever order; each engine has its own."""
    return str(row_hash(rows).cast("decimal(38, 0)").sum().to_pyarrow().as_py())


def kept(
    connection: BaseBackend,
    build: Callable[..., ir.Table],
    relations: Mapping[str, ir.Table],
    **settings: Hashable,
) -> ir.Table:
    """Return `view`, computed once for the life of ``connection`` and kept there.

    The same relations give the table that stands. Spark has no temporary tables: there it is a view on a
    checkpoint, without the plan that led to it, which Spark would check anew at every step. An executor that
    is lost takes its part of a local checkpoint along; with ``spark.checkpoint.dir`` they are kept there.
    """
    return _stored(connection, build.__name__, sql_of(connection, build, relations, **settings))


@contextmanager
def borrowed(
    connection: BaseBackend,
    build: Callable[..., ir.Table],
    relations: Mapping[str, ir.Table],
    **settings: Hashable,
) -> Iterator[ir.Table]:
    """Have `kept` while the block lasts."""
    table = kept(connection, build, relations, **settings)
    try:
        yield table
    finally:
        if connection.name == "pyspark":
            connection.drop_view(table.get_name())
        else:
            connection.drop_table(table.get_name())


def kept_as(connection: BaseBackend, name: str, expression: ir.Table) -> ir.Table:
    """Return ``expression`` computed once, as `kept`; ``name`` is the beginning of its name."""
    return _stored(connection, name, str(connection.compile(expression)))


def _stored(connection: BaseBackend, name: str, query: str) -> ir.Table:
    name = f"{name}_{_digest(query)}"
    standing = _standing(connection, name)
    if standing is not None:
        return standing
    if connection.name == "pyspark":
        _checkpoint(connection, query).createOrReplaceTempView(name)
    else:
        connection.raw_sql(f"CREATE TEMPORARY TABLE {identifier(name, connection)} AS {query}")
    return connection.table(name)


def _checkpoint(connection: BaseBackend, query: str) -> DataFrame:
    session: SparkSession = connection._session  # noqa: SLF001 - Ibis keeps no views
    frame = session.sql(query)
    return frame.checkpoint() if session.sparkContext.getCheckpointDir() else frame.localCheckpoint()


def _standing(connection: BaseBackend, name: str) -> ir.Table | None:
    try:
        return connection.table(name)
    except TableNotFound:
        return None


def kept_rows(connection: BaseBackend, name: str, rows: pa.Table) -> ir.Table:
    """Return a few ``rows`` as a temporary table of an engine; the same rows give the table that stands."""
    name = f"{name}_{_digest(repr((rows.schema, rows.to_pylist())))}"
    if _standing(connection, name) is None:
        put(rows, name, connection)
    return connection.table(name)


def view(
    connection: BaseBackend,
    build: Callable[..., ir.Table],
    relations: Mapping[str, ir.Table],
    **settings: Hashable,
) -> ir.Table:
    """Return ``build(**settings, **relations)`` as a temporary view.

    Ibis compiles it once for each shape of the relations, whatever their rows: a large expression takes it a
    second, and the engine, which reads the SQL, milliseconds.
    """
    query = sql_of(connection, build, relations, **settings)
    name = f"{build.__name__}_{_digest(query)}"
    if connection.name == "pyspark":
        connection._session.sql(query).createOrReplaceTempView(name)  # noqa: SLF001 - SQL is planned anew
    else:
        connection.raw_sql(f"CREATE OR REPLACE TEMPORARY VIEW {identifier(name, connection)} AS {query}")
    return connection.table(name)


def asked(
    connection: BaseBackend,
    build: Callable[..., ir.Table],
    relations: Mapping[str, ir.Table],
    **settings: Hashable,
) -> list[dict[str, Any]]:
    """Return the few rows of ``build(**settings, **relations)``; on DuckDB it is compiled as a `view` is."""
    if connection.name != "duckdb":
        rows: list[dict[str, Any]] = build(**settings, **relations).to_pyarrow().to_pylist()
        return rows
    answer = connection.con.execute(sql_of(connection, build, relations, **settings))
    names = [name for name, *_ in answer.description]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
