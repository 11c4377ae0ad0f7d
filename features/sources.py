"""From a user's files to the tables of the contract: read, conform, refuse, accept."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import duckdb
import ibis
import pandas as pd
import pyarrow as pa
from ibis.backends.duckdb import Backend

from features.columnar import frame_of, is_parquet, open_parquet
from features.columns import matched_columns
from features.conform import conformed, conventions_of, unread_measures
from features.contract import CONTRACT
from features.currency import UNKNOWN, business_currency, is_foreign
from features.delimited import Ragged, open_delimited
from features.errors import DataError, SourceNotFoundError, UnreadableSourceError
from features.quarantine import clashing_rows, ragged_rows, refused_rows
from features.report import report_of, stop_if_hopeless
from features.tables import DataConfig, Source, Tables
from features.times import checked_zone

__all__ = ["read_tables", "tables_from_frame"]

TRANSACTIONS = CONTRACT["transactions"]
_PLAIN_COLUMNS = (
    "order_id",
    "line_id",
    "product_id",
    "category",
    "quantity",
    "unit_price",
    "discount",
    "channel",
)


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


def read_tables(config: DataConfig) -> Tables:
    """Read what ``config`` names and hold it to the contract.

    Rows that break the contract go to the quarantine. Raises a `DataError` where there is no such file,
    where it cannot be read, where columns are missing, where too many rows are refused, or where no
    purchase is left.
    """
    if TRANSACTIONS.name not in config.sources:
        raise DataError(
            "No transactions are named.", mend="Give their file: --transactions FILE, or in joren.toml."
        )
    source = config.sources[TRANSACTIONS.name]
    return _read(_open(source), source, config)


def tables_from_frame(
    frame: pd.DataFrame | pa.Table,
    *,
    columns: Mapping[str, str] | None = None,
    zone: str | None = None,
    currency: str | None = None,
    refused_share_limit: float = 0.10,
) -> Tables:
    """Hold transactions in memory to the contract, as `read_tables` does with a file."""
    source = Source("the frame", columns or {})
    config = DataConfig({TRANSACTIONS.name: source}, zone, currency, refused_share_limit)
    return _read(frame_of(frame), source, config)


def _open(source: Source) -> Opened:
    path = Path(source.location)
    try:
        if not path.exists():
            raise _not_found(path)
        if path.is_dir():
            raise UnreadableSourceError(f"{path} is a folder.", mend="Name one CSV or Parquet file.")
        if is_parquet(path):
            return open_parquet(path)
        names = {column.name for column in TRANSACTIONS.columns}
        return open_delimited(path, names | set(source.columns.values()))
    except OSError as error:
        raise UnreadableSourceError(
            f"{path} cannot be opened: {error.strerror}.", mend="Check its name and who may read it."
        ) from error


def _not_found(path: Path) -> SourceNotFoundError:
    beside = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
    nearest = [str(path.parent / name) for name in get_close_matches(path.name, beside)]
    return SourceNotFoundError(
        f"There is no file {path}.",
        which=[f"there is {name}" for name in nearest],
        mend="Check the name; it is looked up from the folder that you are in.",
    )


def _read(opened: Opened, source: Source, config: DataConfig) -> Tables:
    zone = checked_zone(config.zone)
    positions = matched_columns(TRANSACTIONS, source.columns, opened.names, source.location)
    columns = {name: opened.names[position] for name, position in positions.items()}
    connection = _connect()
    texts = _texts(connection, opened, positions, source.location)
    currency = business_currency(texts, config.currency, source.location)
    conventions = conventions_of(texts, TRANSACTIONS)
    typed = conformed(texts, TRANSACTIONS, conventions, zone, is_foreign(texts, currency))
    judged = connection.create_table("transactions", _as_transactions(typed))
    quarantine = _quarantine(connection, texts, judged, columns)
    if opened.ragged:
        ragged = ragged_rows(opened.ragged, TRANSACTIONS.name, len(opened.names))
        connection.insert("quarantine", ragged)
    notes = [*opened.notes, *_notes(config, currency), *unread_measures(texts, TRANSACTIONS, conventions)]
    connection.drop_table("texts")
    accepted = _without_refused(connection)
    report = report_of(accepted, quarantine, location=source.location, columns=columns, notes=notes)
    stop_if_hopeless(accepted, quarantine, report, config.refused_share_limit)
    reports = {TRANSACTIONS.name: report}
    return Tables(connection, accepted, quarantine, reports, zone, currency, has_margin="margin" in columns)


def _connect() -> Backend:
    """Open a database in memory that installs nothing, prints nothing, and spills where that belongs."""
    spill = Path(tempfile.gettempdir()) / f"joren-{uuid4().hex}"  # made by DuckDB if need be, and removed
    connection = ibis.duckdb.connect(autoinstall_known_extensions=False, temp_directory=str(spill))
    connection.con.execute("SET enable_progress_bar = false")
    return connection


def _texts(connection: Backend, opened: Opened, positions: Mapping[str, int], location: str) -> ibis.Table:
    """Draw the batches into a table of source_row and, by the contract's names, the texts."""
    schema = ibis.schema({"source_row": "int64", **dict.fromkeys(positions, "string")})
    texts = connection.create_table("texts", schema=schema, temp=True)
    for batch in opened.batches(list(positions.values())):
        values = [
            _as_text(str(position), batch.schema.field(str(position)).type) for position in positions.values()
        ]
        connection.con.register("batch", pa.Table.from_batches([batch]))
        try:
            connection.con.execute(f"INSERT INTO texts SELECT source_row, {', '.join(values)} FROM batch")
        except duckdb.Error as error:
            raise UnreadableSourceError(
                f"{location}: a column cannot be read as text: {str(error).splitlines()[0]}",
                which=[
                    f"{opened.names[position]}: {batch.schema.field(str(position)).type}"
                    for position in positions.values()
                ],
                mend="Write its values as text, numbers, dates or times.",
            ) from error
        connection.con.unregister("batch")
    return texts


def _as_text(name: str, dtype: pa.DataType) -> str:
    """Return SQL for a column's text: whole floats without ".0", null for a float that is no number."""
    if pa.types.is_floating(dtype):
        whole = f'"{name}" = floor("{name}") AND abs("{name}") < 1e15'
        text = f'CASE WHEN {whole} THEN "{name}"::BIGINT::VARCHAR ELSE "{name}"::VARCHAR END'
        return f'CASE WHEN isnan("{name}") THEN NULL ELSE {text} END'
    if pa.types.is_binary(dtype) or pa.types.is_large_binary(dtype):
        return f'decode("{name}")'
    return f'"{name}"::VARCHAR'


def _as_transactions(typed: ibis.Table) -> ibis.Table:
    return typed.select(
        "source_row",
        "customer_id",
        "timestamp",
        day=typed.timestamp.date(),
        known_day=typed.known_at.date(),
        amount=typed.amount,
        margin=typed.margin,
        is_return=typed.is_return.fill_null(False),
        **{name: typed[name] for name in _PLAIN_COLUMNS},
        reason=typed.reason,
    )


def _quarantine(
    connection: Backend, texts: ibis.Table, judged: ibis.Table, columns: Mapping[str, str]
) -> ibis.Table:
    sound = judged.filter(judged.reason.isnull()).drop("reason")
    clashes = connection.create_table("clashes", clashing_rows(sound), temp=True)
    faulty = judged.filter(judged.reason.notnull()).select("source_row", "reason")
    refused = refused_rows(texts, faulty.union(clashes), TRANSACTIONS.name, columns)
    return connection.create_table("quarantine", refused.order_by("source_row"))


def _without_refused(connection: Backend) -> ibis.Table:
    for statement in (
        "DELETE FROM transactions WHERE reason IS NOT NULL OR source_row IN (SELECT source_row FROM clashes)",
        "ALTER TABLE transactions DROP COLUMN reason",
        "DROP TABLE clashes",
    ):
        connection.con.execute(statement)
    return connection.table("transactions")


def _notes(config: DataConfig, currency: str) -> Iterator[str]:
    if config.zone is None:
        yield "no time zone is given: UTC is taken for the business's, and for times without an offset"
    if currency == UNKNOWN:
        yield f"no currency is given: amounts are in {UNKNOWN}"
