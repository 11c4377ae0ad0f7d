"""The rows that break the contract: each refused with one reason, the first that is found.

A reason is a fault and the contract column that it lies in ("unreadable_amount"); the quarantine's
``detail`` is the user's name of that column. Faults of single rows are looked for column by column, in
the contract's order; then those that only appear beside other rows. Of two such rows the one that was
known later is refused, so that no row's fate hangs on what came after it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import ibis
from ibis.expr.types import BooleanValue, StringValue, Value

from features.contract import Column, Kind
from features.delimited import Ragged
from features.money import is_not_finite, is_number
from features.times import EARLIEST, LATEST, is_undecided

__all__ = [
    "MENDS",
    "QUARANTINE",
    "clashing_rows",
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
    return text.isnull() | text.re_search(_NOTHING if column.required else _NOTHING_OR_NAN)


def fault_of(column: Column, text: StringValue, value: Value, *, day_first: bool | None) -> StringValue:
    """Return what refuses a row with ``text`` in ``column``, read as ``value``; null where nothing does."""
    blank = is_blank(text, column)
    unread: _Faults = [(blank, "missing" if column.required else None)]
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


def clashing_rows(rows: ibis.Table) -> ibis.Table:
    """Return source_row and reason of the rows that repeat a line_id, or enter another customer's order.

    ``rows`` are transactions without a fault of their own.
    """
    rows = rows.mutate(seen=ibis.greatest(rows.day, ibis.coalesce(rows.known_day, rows.day)))
    earliest_first = ["seen", "timestamp", "source_row"]
    copied = rows.filter(rows.line_id.notnull()).group_by("line_id").having(rows.count() > 1).agg()
    lines = rows.semi_join(copied, "line_id")
    lines = lines.mutate(copy=ibis.row_number().over(group_by="line_id", order_by=earliest_first))
    repeated = lines.filter(lines.copy > 0).select("source_row", reason=ibis.literal("repeated_line_id"))

    orders = rows.filter(rows.order_id.notnull()).anti_join(repeated, "source_row")
    buyer = orders.customer_id
    disputed = orders.group_by("order_id").having(buyer.min() != buyer.max()).agg()
    orders = orders.semi_join(disputed, "order_id")
    owner = orders.customer_id.first().over(group_by="order_id", order_by=earliest_first)
    shared = orders.mutate(owner=owner).filter(ibis._.owner != ibis._.customer_id)
    return repeated.union(shared.select("source_row", reason=ibis.literal("order_of_another_customer")))


def refused_rows(
    texts: ibis.Table, reasons: ibis.Table, table: str, columns: Mapping[str, str]
) -> ibis.Table:
    """Return the quarantine of ``table``: the rows in ``reasons``, their texts as JSON."""
    rows = texts.inner_join(reasons, "source_row")
    users = ibis.array(list(columns.values()))
    names = {
        "repeated_line_id": "line_id",
        "order_of_another_customer": "order_id",
        "other_currency": "currency" if "currency" in columns else "amount",
    }
    column = rows.reason.re_extract(f"({'|'.join(columns)})$", 1)
    column = rows.reason.substitute(names, else_=column)
    return rows.select(
        table=ibis.literal(table),
        source_row=rows.source_row,
        reason=rows.reason,
        detail=column.substitute(dict(columns)),
        row=ibis.map(users, ibis.array([rows[name] for name in columns])).cast("json").cast("string"),
    ).cast(QUARANTINE)


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
