"""Tables that stay where they are: typed tables of a Spark session or a Postgres server, checked there.

No row travels: the checks and the features are expressions that the engine runs. What a value of the right
type can break is checked row by row; that a declared ``line_id`` stands once is for the warehouse's own keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

import ibis
from ibis.expr.datatypes import DataType

from features.columns import attribute_columns, matched_columns
from features.conform import TYPES
from features.consistency import DETAILS, contradictions, kept_spelling
from features.contract import CONTRACT, Column, Kind, TableContract, day_of
from features.currency import (
    BEYOND,
    UNKNOWN,
    business_currency,
    checked_rates,
    conversions,
    converted,
    has_no_rate,
)
from features.engine import kept_as, row_hash, set_zone
from features.errors import DataError
from features.quarantine import QUARANTINE
from features.reading import with_days
from features.report import stop_if_refused, stop_without_purchase
from features.tables import ReadReport, Rules, Tables
from features.times import EARLIEST, LATEST, checked_zone

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends import BaseBackend

__all__ = ["Warehouse", "tables_in"]

FITTING: Mapping[Kind, Callable[[DataType], bool]] = {
    Kind.ID: lambda dtype: dtype.is_string() or dtype.is_integer(),
    Kind.TEXT: lambda dtype: dtype.is_string() or dtype.is_numeric() or dtype.is_boolean(),
    Kind.TIME: DataType.is_temporal,
    Kind.NUMBER: DataType.is_numeric,
    Kind.MEASURE: DataType.is_numeric,
    Kind.FLAG: DataType.is_boolean,
}
FAULTS = ("missing", "non_finite", "out_of_range", "too_early", "out_of_scale", "unknown")


@dataclass(frozen=True)
class Warehouse:
    """Where the tables stand, and the business that they belong to; the settings mean what `DataConfig`'s do.

    ``connection`` is what ``ibis.pyspark.connect(session)`` or ``ibis.postgres.connect(…)`` gives. ``tables``
    has its tables or views by contract table, ``columns`` the user's names of contract columns, likewise, and
    ``constants`` contract columns that have one value in every row.
    """

    connection: BaseBackend
    tables: Mapping[str, ir.Table]
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    zone: str | None = None
    currency: str | None = None
    refused_share_limit: float = 0.10
    rules: Rules = field(default_factory=Rules)
    rates: Mapping[str, Decimal] = field(default_factory=dict)


def tables_in(warehouse: Warehouse) -> Tables:
    """Hold the tables of a warehouse to the contract, where they are.

    Times without a zone are local; the engine turns instants into local times, and its session is set to the
    business zone for that. Repeated lines are kept. Raises a `DataError` where a column is missing or of a
    type that cannot be read, where too many rows are refused, or where no purchase is left.
    """
    if unknown := sorted(warehouse.tables.keys() - CONTRACT.keys()):
        raise DataError(
            f"There is no table {unknown[0]} in the contract.", mend=f"It has {', '.join(CONTRACT)}."
        )
    if "transactions" not in warehouse.tables:
        raise DataError("No transactions are named.", mend="Name their table in the warehouse.")
    zone = checked_zone(warehouse.zone)
    checked_rates(warehouse.rates, warehouse.currency)
    set_zone(warehouse.connection, zone)
    currency = _currency(warehouse)
    warehouse = replace(warehouse, currency=currency)
    checked = {
        name: _checked(warehouse, contract) for name, contract in CONTRACT.items() if name in warehouse.tables
    }
    accepted = {name: rows for name, (rows, _, _) in checked.items()}
    reports = {name: report for name, (_, _, report) in checked.items()}
    transactions = accepted.pop("transactions")
    stop_without_purchase(warehouse.connection, transactions, reports["transactions"])
    return Tables(
        warehouse.connection,
        transactions,
        ibis.union(*(refused for _, refused, _ in checked.values())),
        reports,
        zone,
        currency,
        has_margin="margin" in reports["transactions"].columns,
        optional=accepted,
        rules=warehouse.rules,
        rates=warehouse.rates,
    )


def _currency(warehouse: Warehouse) -> str:
    """Return the currency of the business: the one named, or the only one that the transactions name."""
    rows, name = warehouse.tables["transactions"], "transactions"
    names = warehouse.columns.get(name, {})
    place = matched_columns(CONTRACT[name], names, rows.columns, rows.get_name()).get("currency")
    if warehouse.currency is not None or place is None:
        return warehouse.currency or UNKNOWN
    codes = rows.select(currency=rows[rows.columns[place]].cast("string"))
    return business_currency(warehouse.connection, codes, None, rows.get_name())


def _checked(warehouse: Warehouse, contract: TableContract) -> tuple[ir.Table, ir.Table, ReadReport]:
    """Return the rows accepted, the rows refused in the quarantine's form, and the report on both."""
    rows = warehouse.tables[contract.name]
    name = rows.get_name()
    constants = warehouse.constants.get(contract.name, {})
    rows = rows.mutate(**{column: ibis.literal(value) for column, value in constants.items()})
    places = matched_columns(contract, warehouse.columns.get(contract.name, {}), rows.columns, name)
    columns = {column: rows.columns[place] for column, place in places.items()}
    attributes = {
        attribute: rows.columns[place]
        for attribute, place in attribute_columns(contract, places, rows.columns).items()
    }
    typed = _typed(rows, contract, columns, attributes, warehouse)
    judged = kept_as(warehouse.connection, contract.name, with_days(typed, contract))
    refused = _quarantined(judged, contract, columns)
    report = _report(judged, contract, name, columns, attributes)
    if "currency" in columns:
        codes = rows.select(currency=rows[columns["currency"]].cast("string"))
        notes = conversions(warehouse.connection, codes, warehouse.rates, warehouse.currency or UNKNOWN)
        report = replace(report, notes=(*report.notes, *notes))
    stop_if_refused(refused, report, warehouse.refused_share_limit)
    return judged.filter(judged.reason.isnull()).drop("reason"), refused, report


def _typed(
    rows: ir.Table,
    contract: TableContract,
    columns: Mapping[str, str],
    attributes: Mapping[str, str],
    warehouse: Warehouse,
) -> ir.Table:
    """Return the contract's columns in their types, and the first fault of each row.

    There are no row numbers: ``source_row`` is null, or of a transaction its `row_hash`, by which lines of
    cancelled orders are found again. So rows that are alike in all are cancelled together.
    """
    _refuse_types(rows, contract, columns, warehouse.tables[contract.name].get_name())
    values = {
        column.name: _value(rows[columns[column.name]], column)
        if column.name in columns
        else ibis.null(TYPES[column.kind])
        for column in contract.columns
    }
    if "currency" in columns:
        values = converted(values, warehouse.rates)
    values = kept_spelling(values, contract)
    faults = [
        fault
        for column in contract.columns
        if column.name in columns
        for fault in _faults(rows[columns[column.name]], values[column.name], column)
    ]
    faults += [wrong.ifelse(reason, None) for wrong, reason in contradictions(values, contract)]
    if "currency" in columns:
        foreign = has_no_rate(values["currency"], warehouse.currency or UNKNOWN, warehouse.rates)
        faults.append(foreign.ifelse("other_currency", None))
    extra = {attribute: rows[user].cast("string") for attribute, user in attributes.items()}
    typed = rows.select(**values, **extra, reason=ibis.coalesce(*faults))
    number = row_hash(typed) if contract.name == "transactions" else ibis.null("int64")
    return typed.select(typed, source_row=number).relocate("source_row")


def _refuse_types(rows: ir.Table, contract: TableContract, columns: Mapping[str, str], name: str) -> None:
    types = {
        column: rows[columns[column.name]].type() for column in contract.columns if column.name in columns
    }
    misfits = [f"{columns[it.name]}: {dtype}" for it, dtype in types.items() if not FITTING[it.kind](dtype)]
    if misfits:
        raise DataError(
            f"{name}: columns have types that the contract of {contract.name} has no use for.",
            which=misfits,
            mend="Ids are text or whole numbers, times dates or timestamps, amounts numbers, flags booleans.",
        )


def _value(raw: ir.Value, column: Column) -> ir.Value:
    if column.kind in {Kind.ID, Kind.TEXT}:
        text = raw.cast("string")
        return (text.strip() == "").ifelse(None, text)
    if column.kind in {Kind.NUMBER, Kind.MEASURE} and raw.type().is_floating():
        finite = ~(raw.isnan() | raw.isinf()) & (raw.abs() < BEYOND)
        return finite.ifelse(raw, None).cast(TYPES[column.kind])
    return raw.cast(TYPES[column.kind])


def _faults(raw: ir.Value, value: ir.Value, column: Column) -> Iterator[ir.StringValue]:
    """Yield what may be wrong with a column: the reason, or null."""
    if column.filled:
        yield (value.isnull() & _says_nothing(raw)).ifelse(f"missing_{column.name}", None)
    if column.kind is Kind.NUMBER:
        yield (raw.notnull() & value.isnull()).ifelse(f"non_finite_{column.name}", None)
    if column.kind is Kind.TIME:
        outside = (value < EARLIEST) | (value >= LATEST)
        yield outside.ifelse(f"out_of_range_{column.name}", None)


def _says_nothing(raw: ir.Value) -> ir.BooleanValue:
    return raw.isnull() | (raw.strip() == "") if raw.type().is_string() else raw.isnull()


def _quarantined(judged: ir.Table, contract: TableContract, columns: Mapping[str, str]) -> ir.Table:
    """Return the refused rows; ``row`` holds what is required of one, there is no number to find it by."""
    refused = judged.filter(judged.reason.notnull())
    told = [
        ibis.literal(f"{name}=") + refused[name].cast("string").fill_null("") for name in contract.required
    ]
    users = {f"{fault}_{name}": user for name, user in columns.items() for fault in FAULTS}
    users |= {reason: columns.get(name, name) for reason, name in DETAILS.items()}
    return refused.select(
        table=ibis.literal(contract.name),
        source_row=ibis.null("int64"),
        reason=refused.reason,
        detail=refused.reason.substitute(users),
        row=ibis.literal(", ").join(told),
    ).cast(QUARANTINE)


def _report(
    judged: ir.Table,
    contract: TableContract,
    location: str,
    columns: Mapping[str, str],
    attributes: Mapping[str, str],
) -> ReadReport:
    day = judged[day_of(contract.time)]
    found = judged.group_by("reason").aggregate(rows=judged.count(), first_day=day.min(), last_day=day.max())
    by_reason = {row.pop("reason"): row for row in found.to_pyarrow().to_pylist()}
    accepted = by_reason.pop(None, {"rows": 0, "first_day": None, "last_day": None})
    refused = {
        reason: row["rows"] for reason, row in sorted(by_reason.items(), key=lambda it: -it[1]["rows"])
    }
    return ReadReport(
        table=contract.name,
        location=location,
        read=accepted["rows"] + sum(refused.values()),
        accepted=accepted["rows"],
        refused_by_reason=refused,
        repeated=0,
        first_day=accepted["first_day"],
        last_day=accepted["last_day"],
        columns=columns,
        notes=("repeated lines are not looked for in a warehouse",),
        attributes=attributes,
    )
