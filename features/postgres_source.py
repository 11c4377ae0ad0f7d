"""Tables of a Postgres server, streamed by COPY as batches of text with the number of each row.

Every value travels as the text that Postgres itself writes for it, so that no digit of a NUMERIC and no
offset of a TIMESTAMPTZ is lost. The password is never part of a message, a report or a representation.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa
import pyarrow.csv as pacsv

from features.columnar import numbered
from features.delimited import Ragged
from features.errors import SourceNotFoundError, UnreadableSourceError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from psycopg import Connection, Copy
    from psycopg.sql import Composable

__all__ = ["PostgresTable", "is_postgres", "open_postgres"]

BLOCK_BYTES = 16 << 20  # the longest row that can be read, too
PATIENCE_SECONDS = 10
SETTINGS = (
    "-c timezone=UTC -c datestyle=ISO -c client_encoding=UTF8 "
    "-c synchronize_seqscans=off -c max_parallel_workers_per_gather=0"  # rows come in one order, always
)


@dataclass(frozen=True)
class PostgresTable:
    """A table, or the answer to a query, on a Postgres server; nothing is ever written there."""

    url: str
    password: str = field(repr=False)
    relation: Composable
    names: tuple[str, ...]
    notes: ClassVar[tuple[str, ...]] = ()
    ragged: ClassVar[tuple[Ragged, ...]] = ()

    def batches(self, positions: Sequence[int]) -> Iterator[pa.RecordBatch]:
        """Yield ``source_row`` and the columns at ``positions``, named by these, as the server gives them."""
        from psycopg import sql

        columns = sql.SQL(", ").join(
            sql.SQL("{}::text").format(sql.Identifier(self.names[position])) for position in positions
        )
        copy = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT (FORMAT csv)").format(columns, self.relation)
        with (
            _connected(self.url, self.password) as connection,
            connection.cursor() as cursor,
            cursor.copy(copy) as rows,
        ):
            yield from numbered(_parsed(rows, [str(position) for position in positions]))


def is_postgres(location: str) -> bool:
    """Return whether ``location`` is the URL of a Postgres database."""
    return location.startswith(("postgresql://", "postgres://"))


def open_postgres(url: str, password: str, table: str = "", query: str = "") -> PostgresTable:
    """Read the names of the columns of ``table`` ("orders", "sales.orders") or of the answer to ``query``.

    Without a ``password``, libpq's own ways to one hold (PGPASSWORD, the password file). Raises
    `SourceNotFoundError` where there is no such table, and `UnreadableSourceError` where the server cannot be
    reached or the query cannot be read.
    """
    with _connected(url, password) as connection:
        from psycopg import sql

        relation: Composable = sql.Identifier(*table.split(".", 1))
        if query:
            relation = sql.SQL("(\n{}\n) AS asked").format(sql.SQL(query.rstrip("; \n")))
        elif not table or not _is_there(connection, relation):
            raise _no_table(connection, url, table)
        described = connection.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(relation)).description
        return PostgresTable(url, password, relation, tuple(column.name for column in described or ()))


def _parsed(rows: Copy, labels: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Read the lines of COPY: what is empty and unquoted is null, what is quoted is text."""
    reader = pacsv.open_csv(
        pa.PythonFile(io.BufferedReader(_Stream(rows), BLOCK_BYTES), mode="r"),
        read_options=pacsv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES, column_names=list(labels)),
        parse_options=pacsv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=pacsv.ConvertOptions(
            column_types=dict.fromkeys(labels, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    yield from reader


class _Stream(io.RawIOBase):
    """The bytes of a COPY as a file."""

    def __init__(self, rows: Copy) -> None:
        self._blocks = iter(rows)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, into: WriteableBuffer) -> int:
        if not self._rest:
            self._rest = memoryview(next(self._blocks, b""))
        space = memoryview(into).cast("B")
        length = min(len(space), len(self._rest))
        space[:length] = self._rest[:length]
        self._rest = self._rest[length:]
        return length


def _is_there(connection: Connection, relation: Composable) -> bool:
    found = connection.execute("SELECT to_regclass(%s)", [relation.as_string(connection)]).fetchone()
    return found is not None and found[0] is not None


def _no_table(connection: Connection, url: str, table: str) -> SourceNotFoundError:
    found = connection.execute(
        "SELECT table_schema, table_name FROM information_schema.tables "
        "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2"
    ).fetchall()
    there = [name if schema == "public" else f"{schema}.{name}" for schema, name in found]
    nearest = get_close_matches(table, there, n=1, cutoff=0.5)
    return SourceNotFoundError(
        f"{url} has no table {table}." if table else f"{url}: no table is named.",
        which=[*(f"nearest: {one}" for one in nearest), f"there are {', '.join(there) or 'none'}"],
        mend='Name one: table = "…" beside the URL in joren.toml.',
    )


@contextmanager
def _connected(url: str, password: str) -> Iterator[Connection]:
    try:
        import psycopg
    except ImportError as error:
        raise UnreadableSourceError(
            "Reading from Postgres needs a driver.", mend="Install it: pip install 'joren[postgres]'"
        ) from error
    try:
        with psycopg.connect(
            url, password=password or None, options=SETTINGS, connect_timeout=PATIENCE_SECONDS
        ) as connection:
            connection.read_only = True
            yield connection
    except psycopg.Error as error:
        told = str(error).splitlines()[0]
        raise UnreadableSourceError(
            f"{url} cannot be read: {told.replace(password, '…') if password else told}",
            mend="Check the URL, the password's variable, and what its user may read.",
        ) from None
