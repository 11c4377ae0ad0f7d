"""Where expressions run: DuckDB in the process by default, a Spark session, or a Postgres server."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import ibis

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa
    from ibis.backends import BaseBackend

    from features.tables import Tables

__all__ = ["kept", "on_engine", "put", "rows_hash", "set_zone"]

ibis.options.sql.fuse_selects = False
"""Engines merge nested selects themselves; Ibis takes nearly half of a compilation for it."""


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


def rows_hash(rows: ir.Table) -> str:
    """Return a number that tells these rows from others, in whatever order; each engine has its own."""
    if rows.get_backend().name == "postgres":
        texts = [rows[name].cast("string").fill_null("\x1e") for name in rows.columns]
        hashed = text_hash(ibis.literal("\x1f").join(texts), 0)
    else:
        hashed = ibis.struct({name: rows[name] for name in rows.columns}).hash()
    return str(hashed.cast("decimal(38, 0)").sum().to_pyarrow().as_py())


def kept(connection: BaseBackend, name: str, rows: ir.Table, expression: Callable[[], ir.Table]) -> ir.Table:
    """Return the ``expression`` of ``rows``, computed once for the life of ``connection`` and kept there.

    The same ``name`` and the same ``rows`` give the table that stands. Spark has no temporary tables: there
    it is a view on a cached frame.
    """
    query = str(ibis.to_sql(rows, dialect=connection.name))
    name = f"{name}_{hashlib.sha256(query.encode()).hexdigest()[:12]}"
    if name not in connection.list_tables():
        if connection.name == "pyspark":
            query = connection.compile(expression())
            frame = connection._session.sql(query)  # noqa: SLF001 - Ibis keeps no views
            frame.cache().createOrReplaceTempView(name)
        else:
            connection.create_table(name, expression(), temp=True)
    return connection.table(name)
