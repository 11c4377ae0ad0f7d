"""A source opened: its columns are known, its rows are still to be drawn."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from features.columnar import is_parquet, open_parquet
from features.contract import CONTRACT, TableContract
from features.delimited import Ragged, open_delimited
from features.duckdb_source import is_duckdb, open_duckdb
from features.errors import SourceNotFoundError, UnreadableSourceError
from features.postgres_source import is_postgres, open_postgres
from features.tables import Source

__all__ = ["UNSET", "WITHIN", "Opened", "open_file", "open_source"]

UNSET = "$"  # before the name of an environment variable that holds nothing
WITHIN = "::"  # between a database's file and a table in it


class Opened(Protocol):
    """A source whose columns are known and whose rows can be had as Arrow batches."""

    @property
    def names(self) -> Sequence[str]:
        """The columns' names."""

    @property
    def notes(self) -> Sequence[str]:
        """What was guessed to read it."""

    @property
    def ragged(self) -> Sequence[Ragged]:
        """Rows that have not as many fields as there are columns, once the batches are drawn."""

    def batches(self, positions: Sequence[int]) -> Iterator[pa.RecordBatch]:
        """Yield ``source_row`` (1-based) and the columns at ``positions``, named by these."""


def open_source(source: Source, contract: TableContract) -> Opened:
    """Open ``source``, which holds the table ``contract``.

    Raises `SourceNotFoundError` where nothing is there, and `UnreadableSourceError` where it is not what it
    claims to be.
    """
    section = f"[tables.{contract.name}] in joren.toml"
    location, _, within = source.location.partition(WITHIN)
    if location.startswith(UNSET):
        raise SourceNotFoundError(
            f"The environment variable {location.removeprefix(UNSET)} is not set.",
            mend=f"It holds the URL of the database that {section} is read from.",
        )
    if is_postgres(location):
        return open_postgres(location, source.password, source.table, source.query)
    mend = "Check the name; it is looked up from the folder that you are in."
    if contract is not CONTRACT["transactions"]:
        mend = f"Check the name under {section}, or leave that section out."
    wanted = {column.name for column in contract.columns} | set(source.columns.values())
    return open_file(Path(location), wanted, mend, table=source.table or within, query=source.query)


def open_file(
    path: Path, wanted: Collection[str], mend: str = "Check the path.", *, table: str = "", query: str = ""
) -> Opened:
    """Open a CSV or Parquet file, or a ``table`` or ``query`` of a DuckDB file.

    Of the ways to split a header, the one with most ``wanted`` names is taken. Raises as `open_source` does;
    ``mend`` is said where there is no such file.
    """
    try:
        if not path.exists():
            raise _not_found(path, mend)
        if path.is_dir():
            raise UnreadableSourceError(f"{path} is a folder.", mend="Name one CSV, Parquet or DuckDB file.")
        if is_duckdb(path):
            return open_duckdb(path, table, query)
        if table or query:
            raise UnreadableSourceError(
                f"{path} is no DuckDB file: it holds no table {table or query}.", mend="Name the file alone."
            )
        if is_parquet(path):
            return open_parquet(path)
        return open_delimited(path, wanted)
    except OSError as error:
        raise UnreadableSourceError(
            f"{path} cannot be opened: {error.strerror}.", mend="Check its name and who may read it."
        ) from error


def _not_found(path: Path, mend: str) -> SourceNotFoundError:
    beside = [one.name for one in path.parent.iterdir() if one.is_file()] if path.parent.is_dir() else []
    nearest = [str(path.parent / name) for name in get_close_matches(path.name, beside)]
    return SourceNotFoundError(
        f"There is no file {path}.", which=[f"there is {name}" for name in nearest], mend=mend
    )
