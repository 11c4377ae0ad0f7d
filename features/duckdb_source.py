"""Tables in a DuckDB file, as batches with the number of each row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import ClassVar

import duckdb
import pyarrow as pa

from features.columnar import BATCH_ROWS, numbered
from features.delimited import Ragged
from features.errors import SourceNotFoundError, UnreadableSourceError

__all__ = ["DuckDBTable", "is_duckdb", "open_duckdb", "tables_within"]

MAGIC, MAGIC_AT = b"DUCK", 8


@dataclass(frozen=True)
class DuckDBTable:
    """A table, or the answer to a query, in a DuckDB file; the file is never written to."""

    path: Path
    relation: str
    names: tuple[str, ...]
    notes: ClassVar[tuple[str, ...]] = ()
    ragged: ClassVar[tuple[Ragged, ...]] = ()

    def batches(self, positions: Sequence[int]) -> Iterator[pa.RecordBatch]:
        """Yield ``source_row`` and the columns at ``positions``, named by these, in the table's order."""
        columns = ", ".join(f'{_quoted(self.names[position])} AS "{position}"' for position in positions)
        with _connected(self.path) as connection:
            rows = connection.execute(f"SELECT {columns} FROM {self.relation}")
            yield from numbered(rows.to_arrow_reader(BATCH_ROWS))


def is_duckdb(path: Path) -> bool:
    """Return whether ``path`` begins as DuckDB's files do, whatever it is called."""
    with path.open("rb") as file:
        return file.read(MAGIC_AT + len(MAGIC))[MAGIC_AT:] == MAGIC


def open_duckdb(path: Path, table: str = "", query: str = "") -> DuckDBTable:
    """Read the names of the columns of ``table`` ("orders", "sales.orders") or of the answer to ``query``.

    A file of one table needs neither. Raises `SourceNotFoundError` where there is no such table, and
    `UnreadableSourceError` where the file or the query cannot be read.
    """
    with _connected(path) as connection:
        relation = f"(\n{query.rstrip('; ')}\n)" if query else _relation(connection, path, table)
        described = connection.execute(f"SELECT * FROM {relation} LIMIT 0").description
        return DuckDBTable(path, relation, tuple(column[0] for column in described))


def tables_within(path: Path) -> list[str]:
    """Return the tables and views of a DuckDB file, those outside its main schema with their schema."""
    with _connected(path) as connection:
        return _tables(connection)


def _relation(connection: duckdb.DuckDBPyConnection, path: Path, table: str) -> str:
    there = _tables(connection)
    if not table and len(there) == 1:
        (table,) = there
    name = table.removeprefix("main.")
    if name not in there:
        nearest = get_close_matches(name, there, n=1, cutoff=0.5)
        raise SourceNotFoundError(
            f"{path} has no table {table}." if table else f"{path} has {len(there)} tables.",
            which=[*(f"nearest: {one}" for one in nearest), f"there are {', '.join(there) or 'none'}"],
            mend=f'Name one: table = "…" beside file in joren.toml, or {path}::TABLE.',
        )
    return ".".join(_quoted(part) for part in name.split(".", 1))


def _tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = connection.execute(
        "SELECT table_schema, table_name FROM information_schema.tables "
        "WHERE table_catalog = current_catalog() ORDER BY ALL"
    ).fetchall()
    return [name if schema == "main" else f"{schema}.{name}" for schema, name in found]


@contextmanager
def _connected(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        with duckdb.connect(
            path, read_only=True, config={"autoinstall_known_extensions": "false"}
        ) as connection:
            connection.execute("SET enable_progress_bar = false")
            yield connection
    except duckdb.Error as error:
        raise UnreadableSourceError(
            f"{path} cannot be read as a DuckDB file: {str(error).splitlines()[0]}",
            mend="Is it whole, and does no other program hold it open for writing?",
        ) from error


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
