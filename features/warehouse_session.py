"""A session of the warehouse that a project names: Spark, on Parquet files or its own tables, or Postgres."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import ibis

from features.errors import DataError, SourceNotFoundError, UnreadableSourceError
from features.opening import UNSET
from features.warehouse import Warehouse

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends import BaseBackend
    from pyspark.sql import SparkSession

    from features.tables import DataConfig, Source

__all__ = ["open_warehouse"]

PARQUET = b"PAR1"  # how every such file begins


def open_warehouse(config: DataConfig) -> Warehouse:
    """Open the session that ``config.engine`` asks for, and find the tables in it.

    Raises `SourceNotFoundError` where a table is not there, `UnreadableSourceError` where there is no session
    to be had, and `DataError` for a source that the engine cannot reach.
    """
    if config.engine.kind == "spark":
        session = _spark(config)
        connection = ibis.pyspark.connect(session)
        tables = {name: _in_spark(session, connection, name, it) for name, it in config.sources.items()}
    else:
        connection = _postgres(config)
        try:
            tables = {name: _table(connection, it.table) for name, it in config.sources.items()}
        except SourceNotFoundError:
            connection.disconnect()
            raise
    return Warehouse(
        connection,
        tables,
        {name: source.columns for name, source in config.sources.items()},
        {name: source.constants for name, source in config.sources.items()},
        zone=config.zone,
        currency=config.currency,
        refused_share_limit=config.refused_share_limit,
        rules=config.rules,
        rates=config.rates,
    )


def _spark(config: DataConfig) -> SparkSession:
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise UnreadableSourceError(
            "Spark is not installed.", mend="pip install 'joren[spark]', and Java 17 or newer."
        ) from error
    builder = SparkSession.builder.appName("joren").config("spark.ui.showConsoleProgress", "false")
    if config.engine.master is not None:
        builder = builder.master(config.engine.master)
    for name, value in config.engine.settings.items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except Exception as error:  # whatever Java or the cluster says
        raise UnreadableSourceError(
            f"No Spark session begins: {str(error).splitlines()[0]}",
            mend="Check Java (17 or newer) and [engine] in joren.toml.",
        ) from error


def _in_spark(session: SparkSession, connection: BaseBackend, name: str, source: Source) -> ir.Table:
    if source.table:
        return _table(connection, source.table)
    path = Path(source.location)
    if not path.exists():
        raise SourceNotFoundError(
            f"There is no file {path}.",
            mend=f"Check [tables.{name}]: Spark reads Parquet files, and its own tables.",
        )
    if path.is_file() and not _is_parquet(path):  # Spark would log pages of Java before it says so
        raise _no_parquet(path)
    try:
        session.read.parquet(str(path)).createOrReplaceTempView(f"{name}_file")
    except Exception as error:  # whatever Java says of a file, or of one among many
        raise _no_parquet(path) from error
    return connection.table(f"{name}_file")


def _is_parquet(file: Path) -> bool:
    with file.open("rb") as beginning:
        return beginning.read(len(PARQUET)) == PARQUET


def _no_parquet(path: Path) -> UnreadableSourceError:
    return UnreadableSourceError(
        f"{path} cannot be read as Parquet.",
        mend="Spark reads Parquet files, and its own tables; without [engine], Joren reads CSV too.",
    )


def _postgres(config: DataConfig) -> BaseBackend:
    places = {(source.location, source.password) for source in config.sources.values()}
    if len(places) > 1 or any(not source.table for source in config.sources.values()):
        raise DataError(
            "With Postgres as the engine, all tables lie in one database, each under a name.",
            mend="Give each [tables.NAME] the same url_env, and its table; or leave [engine] out.",
        )
    ((location, password),) = places
    if location.startswith(UNSET):
        raise SourceNotFoundError(
            f"The environment variable {location.removeprefix(UNSET)} is not set.",
            mend="It holds the URL of the database that is the engine.",
        )
    secret = {"password": password} if password else {}
    try:
        return ibis.connect(location, **secret)
    except Exception as error:  # ImportError without the extra, OperationalError without the server
        raise UnreadableSourceError(
            f"{location} cannot be reached.",
            mend="Check the URL, that its server runs, and that joren[postgres] is installed.",
        ) from error


def _table(connection: BaseBackend, name: str) -> ir.Table:
    schema, _, table = name.rpartition(".")
    try:
        return connection.table(table, database=schema or None)
    except Exception as error:
        raise SourceNotFoundError(
            f"The {connection.name} engine has no table {name}.", mend="Check its name and its schema."
        ) from error
