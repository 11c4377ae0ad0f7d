"""One table of the contract, from the rows of its source to what was accepted, and what was refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import duckdb
import ibis
import pyarrow as pa
from ibis.backends.duckdb import Backend

from features.columns import attribute_columns, matched_columns
from features.compiling import sql_of
from features.conform import Conventions, conformed, conventions_of, unread_measures
from features.consistency import clashing_rows
from features.contract import CONTRACT, Kind, TableContract, day_of
from features.currency import business_currency, conversions, is_foreign
from features.errors import UnreadableSourceError
from features.labelled import DATED, labelled_positions, told_of_labels, with_dates
from features.opening import Opened
from features.quarantine import ragged_rows, refused_rows
from features.report import report_of, stop_if_refused
from features.tables import ReadReport, Rules, Source

__all__ = ["Terms", "judged", "read_table", "refusals", "with_days"]

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


@dataclass(frozen=True)
class Terms:
    """What every table of a business is read under; ``currency`` is None until the transactions tell."""

    zone: str
    currency: str | None
    refused_share_limit: float
    rules: Rules
    rates: Mapping[str, Decimal] = field(default_factory=dict)


def read_table(
    connection: Backend, contract: TableContract, opened: Opened, source: Source, terms: Terms
) -> tuple[ibis.Table, ReadReport, str]:
    """Return the accepted rows, kept under the contract's name, the report on them, and the currency.

    The refused rows are added to the table ``quarantine``. Raises a `DataError` where columns are missing,
    a column cannot be read as text, or too many rows are refused.
    """
    labelled = source.labelled
    told_apart = (*source.constants, *(DATED if labelled else ()))
    positions = matched_columns(contract, source.columns, opened.names, source.name, told_apart)
    attributes = attribute_columns(contract, positions, opened.names)
    columns = {name: opened.names[position] for name, position in positions.items()}
    labels = labelled_positions(labelled, opened.names, source.name) if labelled else {}
    texts = _texts(connection, opened, positions | attributes | labels, source)
    if labelled:
        texts = connection.create_table("texts", with_dates(texts, labelled), temp=True, overwrite=True)
    currency = business_currency(connection, texts, terms.currency, source.name)
    conventions = conventions_of(connection, texts, contract)
    business = {"zone": terms.zone, "currency": currency, "rates": tuple(terms.rates.items())}
    query = sql_of(
        connection, judged, {"texts": texts}, contract=contract, conventions=conventions, **business
    )
    connection.con.execute(f"CREATE TABLE {contract.name} AS {query}")
    told = columns | {name: name for name in (*told_apart, *attributes)}
    _refuse(connection, contract, texts, told, terms.rules)
    if opened.ragged:
        connection.insert("quarantine", ragged_rows(opened.ragged, contract.name, len(opened.names)))
    notes = [*opened.notes, *unread_measures(connection, texts, contract, conventions)]
    notes += conversions(connection, texts, terms.rates, currency)
    if labelled:
        notes.append(told_of_labels(labelled))
        columns |= dict.fromkeys(DATED, f"{labelled.tenure_months}, {labelled.churned}")
    connection.con.execute("DROP TABLE texts")
    accepted = connection.table(contract.name)
    report = report_of(
        connection,
        accepted,
        contract,
        location=source.name,
        columns=columns | {name: f"{value!r} in every row" for name, value in source.constants.items()},
        attributes={name: opened.names[position] for name, position in attributes.items()},
        notes=notes,
    )
    quarantine = connection.table("quarantine")
    stop_if_refused(quarantine.filter(quarantine.table == contract.name), report, terms.refused_share_limit)
    return accepted, report, currency


def _texts(connection: Backend, opened: Opened, positions: Mapping[str, int], source: Source) -> ibis.Table:
    """Draw the batches into a table of source_row and, by the contract's names, the texts."""
    names = [*positions, *source.constants]
    schema = ibis.schema({"source_row": "int64", **dict.fromkeys(names, "string")})
    texts = connection.create_table("texts", schema=schema, temp=True)
    for batch in opened.batches(list(positions.values())):
        values = [
            _as_text(str(position), batch.schema.field(str(position)).type) for position in positions.values()
        ]
        values += ["?"] * len(source.constants)
        connection.con.register("batch", pa.Table.from_batches([batch]))
        try:
            connection.con.execute(
                f"INSERT INTO texts SELECT source_row, {', '.join(values)} FROM batch",
                list(source.constants.values()),
            )
        except duckdb.Error as error:
            raise UnreadableSourceError(
                f"{source.name}: a column cannot be read as text: {str(error).splitlines()[0]}",
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


def with_days(typed: ibis.Table, contract: TableContract) -> ibis.Table:
    """Return ``typed`` rows with the day beside each time; the transactions have a form of their own."""
    if contract is CONTRACT["transactions"]:
        return _as_transactions(typed)
    columns = ["source_row"]
    days = {
        day_of(column.name): typed[column.name].date()
        for column in contract.columns
        if column.kind is Kind.TIME
    }
    for column in contract.columns:
        columns += [column.name, *([day_of(column.name)] if column.kind is Kind.TIME else [])]
    attributes = [name for name in typed.columns if name not in {*columns, "reason"}]
    return typed.mutate(**days).select(*columns, *attributes, "reason")


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


def judged(
    texts: ibis.Table,
    contract: TableContract,
    *,
    conventions: Conventions,
    zone: str,
    currency: str,
    rates: Sequence[tuple[str, Decimal]],
) -> ibis.Table:
    """Return ``texts`` in the form of the accepted rows, and beside it ``reason``, as `conformed` gives it.

    ``rates`` are pairs of a currency, and what one unit of it is worth in that of the business.
    """
    exchanged = dict(rates) if "currency" in texts.columns else {}
    foreign = is_foreign(texts, currency, exchanged)
    typed = conformed(texts, contract, conventions, zone, foreign=foreign, rates=exchanged)
    return with_days(typed, contract)


def _refuse(
    connection: Backend,
    contract: TableContract,
    texts: ibis.Table,
    told: Mapping[str, str],
    rules: Rules,
) -> None:
    """Move the rows that break the contract from its table to the quarantine; ``reason`` goes with them."""
    rows, run = connection.table(contract.name), connection.con.execute
    query = sql_of(connection, refusals, {"rows": rows}, contract=contract, rules=rules)
    run(f"CREATE TABLE refused AS {query}")
    if run("FROM refused LIMIT 1").fetchone():
        relations = {"texts": texts, "reasons": connection.table("refused")}
        users = tuple(told.items())
        query = sql_of(connection, refused_rows, relations, table=contract.name, columns=users)
        run(f"INSERT INTO quarantine {query}")
        run(f"DELETE FROM {contract.name} WHERE source_row IN (SELECT source_row FROM refused)")
    run("DROP TABLE refused")
    run(f"ALTER TABLE {contract.name} DROP COLUMN reason")


def refusals(rows: ibis.Table, contract: TableContract, rules: Rules) -> ibis.Table:
    """Return the source_row and the reason of each row to be refused, for itself or beside others.

    ``rows`` are as `judged` gives them.
    """
    faulty = rows.filter(rows.reason.notnull()).select("source_row", "reason")
    sound = rows.filter(rows.reason.isnull()).drop("reason")
    clashes = clashing_rows(sound, contract, rules)
    return faulty if clashes is None else faulty.union(clashes)
