"""Text columns to the types of the contract, each row with the first fault that it has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import ibis
from ibis.expr.types import BooleanValue, StringValue, Value

from features.consistency import contradictions, kept_spelling
from features.contract import Column, Kind, TableContract
from features.currency import converted
from features.money import has_comma_decimal, has_point_decimal, to_money
from features.quarantine import fault_of, is_blank
from features.times import is_day_first, local_times

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

_TRUE = r"(?i)^\s*(true|t|yes|y|1|1\.0|はい)\s*$"
_FALSE = r"(?i)^\s*(false|f|no|n|0|0\.0|いいえ)\s*$"


@dataclass(frozen=True)
class Conventions:
    """How each column as a whole writes what single values leave open."""

    day_first: Mapping[str, bool | None]
    decimal_commas: Mapping[str, bool]


def conventions_of(texts: ibis.Table, contract: TableContract) -> Conventions:
    """Look at the columns of ``texts`` as wholes."""
    kinds = {column.name: column.kind for column in contract.columns if column.name in texts.columns}
    times = {name: texts[name] for name, kind in kinds.items() if kind is Kind.TIME}
    numbers = {name: texts[name] for name, kind in kinds.items() if kind in {Kind.NUMBER, Kind.MEASURE}}
    answers = _answers(
        texts,
        {name: is_day_first(text) for name, text in times.items()}
        | {name: has_comma_decimal(text).any() for name, text in numbers.items()},
    )
    commas = {name: text for name, text in numbers.items() if answers[name]}
    points = _answers(texts, {name: has_point_decimal(text).any() for name, text in commas.items()})
    return Conventions(
        day_first={name: answers[name] for name in times},
        decimal_commas={name: name in commas and not points[name] for name in numbers},
    )


def unread_measures(texts: ibis.Table, contract: TableContract, conventions: Conventions) -> Iterator[str]:
    """Yield a note for each column of measures that holds some that cannot be read."""
    measures = [
        column for column in contract.columns if column.kind is Kind.MEASURE and column.name in texts.columns
    ]
    lost = {
        column.name: _value(texts, column, conventions, "UTC").isnull()
        & ~is_blank(texts[column.name], column)
        for column in measures
    }
    for name, rows in _answers(texts, {name: rows.sum() for name, rows in lost.items()}).items():
        if rows:
            yield f"{rows:,} rows have a {name} that cannot be read: it is taken as missing"


def _answers(texts: ibis.Table, questions: Mapping[str, ibis.expr.types.Scalar]) -> dict[str, Any]:
    """Ask all ``questions`` of the whole table in one go."""
    if not questions:
        return {}
    row: dict[str, Any] = texts.aggregate(**questions).to_pyarrow().to_pylist()[0]
    return row


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
            column, texts[column.name], values[column.name], day_first=conventions.day_first.get(column.name)
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
        return local_times(text, zone, day_first=conventions.day_first[column.name])
    if column.kind in {Kind.NUMBER, Kind.MEASURE}:
        return to_money(text, decimal_commas=conventions.decimal_commas[column.name])
    if column.kind is Kind.FLAG:
        return flag(text)
    return _said(text, column)


def _said(text: StringValue, column: Column) -> StringValue:
    return is_blank(text, column).ifelse(ibis.null("string"), text)


def flag(text: StringValue) -> BooleanValue:
    """Return true or false as people write it; null for anything else."""
    return ibis.cases((text.re_search(_FALSE), False), (text.re_search(_TRUE), True))
