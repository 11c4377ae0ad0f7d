"""From a user's files to the tables of the contract: read, conform, refuse, accept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import ibis
import pandas as pd
import pyarrow as pa
from ibis.backends.duckdb import Backend

from features.columnar import frame_of, is_parquet, open_parquet
from features.columns import matched_columns
from features.conform import conformed, conventions_of
from features.currency import business_currency, is_foreign
from features.delimited import Ragged, open_delimited
from features.errors import DataError, NothingUsableError, SourceNotFoundError, UnreadableSourceError
from features.quarantine import clashing_rows, ragged_rows, refused_rows, stop_if_too_many
from features.tables import CONTRACT, DataConfig, ReadReport, Source, Tables
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
    return _tables(_open(source), source, config)


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
    return _tables(frame_of(frame), source, config)


def _open(source: Source) -> Opened:
    path = Path(source.location)
    if not path.exists():
        raise SourceNotFoundError(
            f"There is no file {path}.", mend="Check the path; it is relative to where you are."
        )
    if path.is_dir():
        raise UnreadableSourceError(f"{path} is a folder.", mend="Name one CSV or Parquet file.")
    if is_parquet(path):
        return open_parquet(path)
    names = {column.name for column in TRANSACTIONS.columns}
    return open_delimited(path, names | set(source.columns.values()))


def _tables(opened: Opened, source: Source, config: DataConfig) -> Tables:
    zone = checked_zone(config.zone)
    positions = matched_columns(TRANSACTIONS, source.columns, opened.names, source.location)
    columns = {name: opened.names[position] for name, position in positions.items()}
    connection = ibis.duckdb.connect(autoinstall_known_extensions=False)
    texts = _texts(connection, opened, positions)
    currency = business_currency(texts, config.currency, source.location)
    conventions = conventions_of(texts, TRANSACTIONS)

    typed = conformed(texts, TRANSACTIONS, conventions, zone, is_foreign(texts, currency))
    judged = connection.create_table("judged", _as_transactions(typed), temp=True)
    sound = judged.filter(judged.reason.isnull()).drop("reason")
    clashes = connection.create_table("clashes", clashing_rows(sound), temp=True)
    faulty = judged.filter(judged.reason.notnull()).select("source_row", "reason")
    quarantine = refused_rows(texts, faulty.union(clashes), TRANSACTIONS.name, columns)
    if opened.ragged:
        quarantine = quarantine.union(ragged_rows(opened.ragged, TRANSACTIONS.name, len(opened.names)))
    quarantine = connection.create_table("quarantine", quarantine.order_by("source_row"))
    accepted = connection.create_table("transactions", sound.anti_join(clashes, "source_row"))

    notes = [*opened.notes, *_notes(config, currency)]
    report = _report(accepted, quarantine, columns, source.location, notes)
    for name in ("judged", "clashes", "texts"):
        connection.drop_table(name)
    stop_if_too_many(quarantine, report, config.refused_share_limit)
    _stop_if_no_purchase(accepted, report)
    return Tables(
        connection,
        accepted,
        quarantine,
        {TRANSACTIONS.name: report},
        zone,
        currency,
        has_margin="margin" in columns,
    )


def _texts(connection: Backend, opened: Opened, positions: Mapping[str, int]) -> ibis.Table:
    """Draw the batches into a table of source_row and, by the contract's names, the texts."""
    schema = ibis.schema({"source_row": "int64", **dict.fromkeys(positions, "string")})
    texts = connection.create_table("texts", schema=schema, temp=True)
    for batch in opened.batches(list(positions.values())):
        values = [
            _as_text(str(position), batch.schema.field(str(position)).type) for position in positions.values()
        ]
        connection.con.register("batch", pa.Table.from_batches([batch]))
        connection.con.execute(f"INSERT INTO texts SELECT source_row, {', '.join(values)} FROM batch")
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


def _report(
    accepted: ibis.Table,
    quarantine: ibis.Table,
    columns: Mapping[str, str],
    location: str,
    notes: Sequence[str],
) -> ReadReport:
    refused = quarantine.group_by("reason").agg(rows=ibis._.count()).order_by(ibis.desc("rows"), "reason")
    refused_by_reason = {row["reason"]: row["rows"] for row in refused.to_pyarrow().to_pylist()}
    same = accepted.mutate(same=ibis.struct({name: accepted[name] for name in accepted.columns[1:]}).hash())
    (facts,) = (
        same.aggregate(
            rows=same.count(), different=same.same.nunique(), first=same.day.min(), last=same.day.max()
        )
        .to_pyarrow()
        .to_pylist()
    )
    return ReadReport(
        table=TRANSACTIONS.name,
        location=location,
        read=facts["rows"] + sum(refused_by_reason.values()),
        accepted=facts["rows"],
        refused_by_reason=refused_by_reason,
        repeated=facts["rows"] - facts["different"],
        first_day=facts["first"],
        last_day=facts["last"],
        columns=columns,
        notes=tuple(notes),
    )


def _notes(config: DataConfig, currency: str) -> Iterator[str]:
    if config.zone is None:
        yield "no time zone is given: UTC is taken for the business's"
    if currency == "XXX":
        yield "no currency is given: amounts are reported as XXX"


def _stop_if_no_purchase(accepted: ibis.Table, report: ReadReport) -> None:
    purchases = accepted.filter((accepted.amount >= 0) & ~accepted.is_return)
    if purchases.count().execute():
        return
    if report.read == 0:
        what = f"{report.location} has a header, but no row."
    elif report.accepted == 0:
        what = f"{report.location}: none of {report.read:,} rows can be used."
    else:
        what = f"{report.location} holds no purchase: all {report.accepted:,} rows are refunds."
    raise NothingUsableError(
        what, mend="At least one row has to be a purchase: an amount of 0 or more, no return."
    )
