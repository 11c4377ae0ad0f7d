"""Text columns to the types of the contract, each row with the first fault that it has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import ibis
from ibis.expr.types import BooleanValue, StringValue, Value

from features.consistency import contradictions, kept_spelling
from features.contract import Column, Kind, TableContract
from features.currency import converted
from features.engine import asked
from features.money import has_comma_decimal, has_point_decimal, to_money
from features.quarantine import fault_of, is_blank
from features.times import is_day_first, local_times

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

__all__ = ["TYPES", "Conventions", "conformed", "conventions_of", "flag", "unread_measures"]

TYPES = {
    Kind.ID: "string",
    Kind.TEXT: "string",
    Kind.TIME: "timestamp(6)",
    Kind.NUMBER: "decimal(18, 4)",
    Kind.MEASURE: "decimal(18, 4)",
    Kind.FLAG: "boolean",
}
"""The type that a column of each kind gets."""
_NUMBERS = (Kind.NUMBER, Kind.MEASURE)

_TRUE = r"(?i)^\s*(true|t|yes|y|1|1\.0|はい)\s*$"
_FALSE = r"(?i)^\s*(false|f|no|n|0|0\.0|いいえ)\s*$"


@dataclass(frozen=True)
class Conventions:
    """The columns that as wholes write in one way what single values leave open.

    Of a column of time that is in neither of both, dates like 3/4/2026 are not read.
    """

    day_first: frozenset[str] = frozenset()
    month_first: frozenset[str] = frozenset()
    decimal_commas: frozenset[str] = frozenset()

    def puts_day_first(self, column: str) -> bool | None:
        """Return whether dates begin with the day; None where nothing tells."""
        return (column in self.day_first) if column in self.day_first | self.month_first else None


def conventions_of(connection: Backend, texts: ibis.Table, contract: TableContract) -> Conventions:
    """Look at the columns of ``texts`` as wholes."""
    times, numbers = _columns(texts, contract, Kind.TIME), _columns(texts, contract, *_NUMBERS)
    if not times + numbers:
        return Conventions()
    (found,) = asked(connection, _suspicions, {"texts": texts}, contract=contract)
    commas = tuple(column.name for column in numbers if found[column.name])
    (points,) = asked(connection, _points, {"texts": texts}, columns=commas) if commas else ({},)
    return Conventions(
        day_first=frozenset(column.name for column in times if found[column.name] is True),
        month_first=frozenset(column.name for column in times if found[column.name] is False),
        decimal_commas=frozenset(name for name in commas if not points[name]),
    )


def _suspicions(texts: ibis.Table, contract: TableContract) -> ibis.Table:
    days = {column.name: is_day_first(texts[column.name]) for column in _columns(texts, contract, Kind.TIME)}
    numbers = _columns(texts, contract, *_NUMBERS)
    return texts.aggregate(**days, **{it.name: has_comma_decimal(texts[it.name]).any() for it in numbers})


def _points(texts: ibis.Table, columns: Sequence[str]) -> ibis.Table:
    return texts.aggregate(**{name: has_point_decimal(texts[name]).any() for name in columns})


def _columns(texts: ibis.Table, contract: TableContract, *kinds: Kind) -> list[Column]:
    return [column for column in contract.columns if column.kind in kinds and column.name in texts.columns]


def unread_measures(
    connection: Backend, texts: ibis.Table, contract: TableContract, conventions: Conventions
) -> Iterator[str]:
    """Yield a note for each column of measures that holds some that cannot be read."""
    if not _columns(texts, contract, Kind.MEASURE):
        return
    (lost,) = asked(connection, _lost, {"texts": texts}, contract=contract, conventions=conventions)
    for name, rows in lost.items():
        if rows:
            yield f"{rows:,} rows have a {name} that cannot be read: it is taken as missing"


def _lost(texts: ibis.Table, contract: TableContract, conventions: Conventions) -> ibis.Table:
    measures = _columns(texts, contract, Kind.MEASURE)
    unread = {it.name: _value(texts, it, conventions, "UTC").isnull() for it in measures}
    return texts.aggregate(
        **{it.name: (unread[it.name] & ~is_blank(texts[it.name], it)).sum() for it in measures}
    )


def conformed(
    texts: ibis.Table,
    contract: TableContract,
    conventions: Conventions,
    zone: str,
    *,
    foreign: BooleanValue,
    rates: Mapping[str, Decimal],
) -> ibis.Table:
    """Return source_row, the contract's columns in their types (null where absent), and ``reason``.

    Further columns of ``texts`` stay text, null where they are blank. ``reason`` is null for a row without a
    fault of its own; ``foreign`` marks rows in another currency, and ``rates`` convert rows in some.
    """
    values = {column.name: _value(texts, column, conventions, zone) for column in contract.columns}
    values = converted(values, rates)
    faults = [
        fault_of(
            column,
            texts[column.name],
            values[column.name],
            day_first=conventions.puts_day_first(column.name),
        )
        for column in contract.columns
        if column.name in texts.columns
    ]
    faults.append(foreign.ifelse("other_currency", ibis.null("string")))
    values = kept_spelling(values, contract)
    faults += [ibis.cases((amiss, reason)) for amiss, reason in contradictions(values, contract)]
    attributes = {
        name: _said(texts[name], Column(name, Kind.TEXT, ""))
        for name in texts.columns
        if name not in {"source_row", *values}
    }
    return texts.select("source_row", **values, **attributes, reason=ibis.coalesce(*faults))


def _value(texts: ibis.Table, column: Column, conventions: Conventions, zone: str) -> Value:
    if column.name not in texts.columns:
        return ibis.null(TYPES[column.kind])
    text = texts[column.name]
    if column.kind is Kind.TIME:
        return local_times(text, zone, day_first=conventions.puts_day_first(column.name))
    if column.kind in {Kind.NUMBER, Kind.MEASURE}:
        return to_money(text, decimal_commas=column.name in conventions.decimal_commas)
    if column.kind is Kind.FLAG:
        return flag(text)
    return _said(text, column)


def _said(text: StringValue, column: Column) -> StringValue:
    return is_blank(text, column).ifelse(ibis.null("string"), text)


def flag(text: StringValue) -> BooleanValue:
    """Return true or false as people write it; null for anything else."""
    return ibis.cases((text.re_search(_FALSE), False), (text.re_search(_TRUE), True))
