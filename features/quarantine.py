"""The rows that break the contract: each refused with one reason, the first that is found.

A reason is a fault and the contract column that it lies in ("unreadable_amount"); the quarantine's
``detail`` is the user's name of that column. Faults of single values are looked for column by column, in
the contract's order; then those that only appear beside another column or row (`features.consistency`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import ibis
from ibis.expr.types import BooleanValue, StringValue, Value

from features.consistency import DETAILS
from features.contract import CONTRACT, Column, Kind
from features.currency import currency_told_by
from features.delimited import Ragged
from features.money import is_not_finite, is_number
from features.times import EARLIEST, LATEST, is_undecided

__all__ = [
    "MENDS",
    "QUARANTINE",
    "fault_of",
    "is_blank",
    "ragged_rows",
    "refused_rows",
]

QUARANTINE = ibis.schema(
    {"table": "string", "source_row": "int64", "reason": "string", "detail": "string", "row": "string"}
)

MENDS = {
    "missing": "Fill the column in, or leave these rows out.",
    "unreadable": "Numbers: 1234.50, dates: 2026-11-22 or 2026-11-22T10:30:00+09:00, flags: true or false.",
    "ambiguous": "Is it day/month or month/day? Write dates as 2026-11-22.",
    "non_finite": "An amount has to be a number.",
    "out_of_range": "Amounts have at most 14 digits before the point; years lie between 1900 and 2199.",
    "other_currency": "Convert the amounts into one currency, or leave these rows out.",
    "unknown_kind": "The kind of a survey is nps, csat or ces.",
    "out_of_scale": "Scores: nps 0 to 10, csat 1 to 5, ces 1 to 7; blank where none was given.",
    "too_early": "It lies before the start of the same row: are the two columns mixed up?",
    "repeated_customer": "A customer has one row: keep the one that holds.",
    "repeated_row": "keep_repeated_lines = true under [data.rules] keeps lines that repeat an earlier one.",
    "repeated": "A line_id may stand once only: leave the copies out, or read without: --map line_id=",
    "order_of": "An order belongs to one customer: correct the ids, or read without: --map order_id=",
    "ragged": "Rows need as many fields as the header: quote values that hold the separator.",
}
"""How to mend each fault; a reason begins with its fault."""

_Faults = list[tuple[BooleanValue, str | None]]
_SPACE = r"[\s\x{3000}\x{a0}]*"
_NOTHING = rf"(?i)^{_SPACE}(null|none|na|n/a|nat|\\n)?{_SPACE}$"
_NOTHING_OR_NAN = rf"(?i)^{_SPACE}(null|none|na|n/a|nat|\\n|nan)?{_SPACE}$"


@ibis.udf.scalar.builtin(name="chr", signature=(("int32",), "string"))
def character(code):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return the character numbered ``code``: a function of DuckDB (and of Postgres)."""


def is_blank(text: StringValue, column: Column) -> BooleanValue:
    """Return whether ``text`` says nothing: spaces only or, outside of names, a word for "missing"."""
    if column.kind in {Kind.ID, Kind.TEXT}:
        suspect = (text < "!") | text.startswith("\u3000") | text.startswith("\xa0")
        return text.isnull() | suspect.ifelse(text.re_search(f"^{_SPACE}$"), False)
    return text.isnull() | text.re_search(_NOTHING if column.filled else _NOTHING_OR_NAN)


def fault_of(column: Column, text: StringValue, value: Value, *, day_first: bool | None) -> StringValue:
    """Return what refuses a row with ``text`` in ``column``, read as ``value``; null where nothing does."""
    blank = is_blank(text, column)
    unread: _Faults = [(blank, "missing" if column.filled else None)]
    amiss: _Faults = []
    match column.kind:
        case Kind.ID:
            amiss = [(text.contains(character(0)), "unreadable")] if column.required else []
        case Kind.TIME:
            unread += [(is_undecided(text), "ambiguous")] if day_first is None else []
            unread += [(ibis.literal(True), "unreadable")]
            amiss = [((value < EARLIEST) | (value >= LATEST), "out_of_range")]
        case Kind.NUMBER:
            unread += [(is_not_finite(text), "non_finite"), (is_number(text), "out_of_range")]
            unread += [(ibis.literal(True), "unreadable")]
        case Kind.FLAG:
            unread += [(ibis.literal(True), "unreadable")]
    return value.isnull().ifelse(_first(unread, column), _first(amiss, column))


def _first(faults: _Faults, column: Column) -> StringValue:
    reasons = [(when, fault and f"{fault}_{column.name}") for when, fault in faults]
    return ibis.cases(*reasons, else_=ibis.null("string")) if reasons else ibis.null("string")


def refused_rows(
    texts: ibis.Table, reasons: ibis.Table, table: str, columns: Sequence[tuple[str, str]]
) -> ibis.Table:
    """Return the quarantine of ``table``, by source_row: the rows in ``reasons``, their texts as JSON.

    ``columns`` are pairs of a column of ``texts`` and the user's name for it.
    """
    rows = texts.inner_join(reasons, "source_row")
    user_of = dict(columns)
    users = ibis.array(list(user_of.values()))
    names = {**DETAILS, "other_currency": currency_told_by(user_of)}
    known = [column.name for column in CONTRACT[table].columns if column.name in user_of]
    column = rows.reason.re_extract(f"({'|'.join(known)})$", 1)
    column = rows.reason.substitute(names, else_=column)
    quarantined = rows.select(
        table=ibis.literal(table),
        source_row=rows.source_row,
        reason=rows.reason,
        detail=column.substitute(user_of),
        row=ibis.map(users, ibis.array([rows[name] for name in user_of])).cast("json").cast("string"),
    )
    return quarantined.cast(QUARANTINE).order_by("source_row")


def ragged_rows(rows: Iterable[Ragged], table: str, fields: int) -> ibis.Table:
    """Return the quarantine of rows that have not as many ``fields`` as the header.

    Where such a row runs over many lines, a quotation mark in it was probably never closed.
    """
    quarantined = [
        (
            table,
            row.source_row,
            "ragged_line",
            _misfit(row, fields),
            json.dumps({"line": row.text}, ensure_ascii=False),
        )
        for row in rows
    ]
    return ibis.memtable(quarantined, schema=QUARANTINE)


def _misfit(row: Ragged, fields: int) -> str:
    lines = len(row.text.splitlines())
    return f"{row.fields} fields, not {fields}" + (f", over {lines:,} lines" if lines > 1 else "")
