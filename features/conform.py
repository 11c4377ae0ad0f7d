"""Text columns to the types of the contract, each row with the first fault that it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
from ibis.expr.types import BooleanValue, StringValue, Value

from features.money import has_decimal_commas, numerals, to_money
from features.quarantine import fault_of, is_blank
from features.tables import Column, Kind, TableContract
from features.times import is_aware, is_day_first, local_times

__all__ = ["TYPES", "Conventions", "conformed", "conventions_of"]

TYPES = {
    Kind.ID: "string",
    Kind.TEXT: "string",
    Kind.TIME: "timestamp(6)",
    Kind.MONEY: "decimal(18, 4)",
    Kind.NUMBER: "decimal(18, 4)",
    Kind.FLAG: "boolean",
}
"""The type that a column of each kind gets."""

_TRUE = ("true", "t", "yes", "y", "1", "1.0", "はい")
_FALSE = ("false", "f", "no", "n", "0", "0.0", "いいえ")


@dataclass(frozen=True)
class Conventions:
    """How each column as a whole writes what single values leave open."""

    day_first: Mapping[str, bool | None]
    decimal_commas: Mapping[str, bool]
    aware: Mapping[str, int]


def conventions_of(texts: ibis.Table, contract: TableContract) -> Conventions:
    """Look at the columns of ``texts`` as wholes, in one pass."""
    kinds = {column.name: column.kind for column in contract.columns if column.name in texts.columns}
    times = [name for name, kind in kinds.items() if kind is Kind.TIME]
    numbers = [name for name, kind in kinds.items() if kind in {Kind.MONEY, Kind.NUMBER}]
    questions = {f"day_first_{name}": is_day_first(texts[name]) for name in times}
    questions |= {f"aware_{name}": is_aware(texts[name]).sum() for name in times}
    questions |= {f"commas_{name}": has_decimal_commas(numerals(texts[name])) for name in numbers}
    (answers,) = texts.aggregate(**questions).to_pyarrow().to_pylist()
    return Conventions(
        day_first={name: answers[f"day_first_{name}"] for name in times},
        decimal_commas={name: bool(answers[f"commas_{name}"]) for name in numbers},
        aware={name: answers[f"aware_{name}"] or 0 for name in times},
    )


def conformed(
    texts: ibis.Table, contract: TableContract, conventions: Conventions, zone: str, foreign: BooleanValue
) -> ibis.Table:
    """Return source_row, the contract's columns in their types (null where absent), and ``reason``.

    ``reason`` is null for a row without a fault of its own; ``foreign`` marks rows in another currency.
    """
    values = {column.name: _value(texts, column, conventions, zone) for column in contract.columns}
    faults = [
        fault_of(
            column, texts[column.name], values[column.name], day_first=conventions.day_first.get(column.name)
        )
        for column in contract.columns
        if column.name in texts.columns
    ]
    faults.append(foreign.ifelse("other_currency", ibis.null("string")))
    return texts.select("source_row", **values, reason=ibis.coalesce(*faults))


def _value(texts: ibis.Table, column: Column, conventions: Conventions, zone: str) -> Value:
    if column.name not in texts.columns:
        return ibis.null(TYPES[column.kind])
    text = texts[column.name]
    if column.kind is Kind.TIME:
        return local_times(text, zone, day_first=conventions.day_first[column.name])
    if column.kind in {Kind.MONEY, Kind.NUMBER}:
        return to_money(numerals(text), decimal_commas=conventions.decimal_commas[column.name])
    if column.kind is Kind.FLAG:
        return _flag(text)
    return is_blank(text, column).ifelse(ibis.null("string"), text)


def _flag(text: StringValue) -> BooleanValue:
    word = text.strip().lower()
    return ibis.cases((word.isin(_TRUE), True), (word.isin(_FALSE), False))
