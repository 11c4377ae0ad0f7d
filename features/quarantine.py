"""The rows that break the contract: each refused with one reason, the first that is found.

A reason is a fault and the contract column that it lies in ("unreadable_amount"); the quarantine's
``detail`` is the user's name of that column. Faults of single rows are looked for column by column, in
the contract's order; then those that only appear beside other rows. Of two such rows the one that was
known later is refused, so that no row's fate hangs on what came after it.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Mapping

import ibis
from ibis.expr.types import BooleanValue, StringValue, Value

from features.delimited import Ragged
from features.errors import SHOWN, TooManyRefusedError
from features.money import is_not_finite, is_number, numerals
from features.tables import Column, Kind, ReadReport
from features.times import EARLIEST, LATEST, is_undecided

__all__ = [
    "QUARANTINE",
    "clashing_rows",
    "fault_of",
    "is_blank",
    "ragged_rows",
    "refused_rows",
    "stop_if_too_many",
]

QUARANTINE = ibis.schema(
    {"table": "string", "source_row": "int64", "reason": "string", "detail": "string", "row": "string"}
)

_MENDS = {
    "missing": "Fill the column in, or leave these rows out.",
    "unreadable": "Numbers: 1234.50, dates: 2026-11-22 or 2026-11-22T10:30:00+09:00, flags: true or false.",
    "ambiguous": "Is it day/month or month/day? Write dates as 2026-11-22.",
    "non_finite": "An amount has to be a number.",
    "out_of_range": "Amounts have at most 14 digits before the point; years lie between 1900 and 2199.",
    "other_currency": "Convert the amounts into one currency, or leave these rows out.",
    "repeated": "A line_id may stand once only: leave the copies out, or do not map line_id.",
    "order_of": "An order belongs to one customer: correct the ids, or do not map order_id.",
    "ragged": "Rows need as many fields as the header: quote values that hold the separator.",
}
_NOTHING = ("", "null", "none", "na", "n/a", "nat", "\\n")


def is_blank(text: StringValue, column: Column) -> BooleanValue:
    """Return whether ``text`` says nothing: spaces only or, outside of names, a word for "missing"."""
    if column.kind in {Kind.ID, Kind.TEXT}:
        return text.isnull() | ~text.re_search(r"[^\s\x{3000}\x{a0}]")
    words = _NOTHING if column.required else (*_NOTHING, "nan")
    return text.isnull() | text.strip().lower().isin(words)


def fault_of(column: Column, text: StringValue, value: Value, *, day_first: bool | None) -> StringValue:
    """Return what refuses a row with ``text`` in ``column``, read as ``value``; null where nothing does."""
    blank = is_blank(text, column)
    unread = value.isnull() & ~blank
    faults = [(blank, "missing")] if column.required else []
    match column.kind:
        case Kind.ID:
            faults += [(text.re_search(r"\x00"), "unreadable")]
        case Kind.TIME:
            faults += [
                (unread & is_undecided(text), "ambiguous" if day_first is None else "unreadable"),
                (unread, "unreadable"),
                ((value < EARLIEST) | (value >= LATEST), "out_of_range"),
            ]
        case Kind.MONEY:
            faults += [
                (unread & is_not_finite(text), "non_finite"),
                (unread & is_number(numerals(text)), "out_of_range"),
                (unread, "unreadable"),
            ]
        case Kind.FLAG:
            faults += [(unread, "unreadable")]
        case Kind.TEXT | Kind.NUMBER:
            pass
    if not faults:
        return ibis.null("string")
    return ibis.cases(*((when, f"{fault}_{column.name}") for when, fault in faults))


def clashing_rows(rows: ibis.Table) -> ibis.Table:
    """Return source_row and reason of the rows that repeat a line_id, or enter another customer's order.

    ``rows`` are transactions without a fault of their own.
    """
    rows = rows.mutate(seen=ibis.greatest(rows.day, ibis.coalesce(rows.known_day, rows.day)))
    earliest_first = ["seen", "timestamp", "source_row"]
    lines = rows.filter(rows.line_id.notnull())
    lines = lines.mutate(copy=ibis.row_number().over(group_by="line_id", order_by=earliest_first))
    repeated = lines.filter(lines.copy > 0).select("source_row", reason=ibis.literal("repeated_line_id"))

    orders = rows.filter(rows.order_id.notnull()).anti_join(repeated, "source_row")
    owners = orders.group_by("order_id").having(orders.customer_id.nunique() > 1).agg(buyers=ibis._.count())
    orders = orders.semi_join(owners, "order_id")
    orders = orders.mutate(
        owner=orders.customer_id.first().over(group_by="order_id", order_by=earliest_first)
    )
    shared = orders.filter(orders.owner != orders.customer_id)
    return repeated.union(shared.select("source_row", reason=ibis.literal("order_of_another_customer")))


def refused_rows(
    texts: ibis.Table, reasons: ibis.Table, table: str, columns: Mapping[str, str]
) -> ibis.Table:
    """Return the quarantine of ``table``: the rows in ``reasons``, their texts as JSON."""
    rows = texts.inner_join(reasons, "source_row")
    names = {
        "repeated_line_id": "line_id",
        "order_of_another_customer": "order_id",
        "other_currency": "currency",
    }
    column = rows.reason.re_extract(f"({'|'.join(columns)})$", 1)
    column = rows.reason.substitute(names, else_=column)
    return rows.select(
        table=ibis.literal(table),
        source_row=rows.source_row,
        reason=rows.reason,
        detail=column.substitute(dict(columns)),
        row=ibis.struct({user: rows[name] for name, user in columns.items()}).cast("json").cast("string"),
    ).cast(QUARANTINE)


def ragged_rows(rows: Iterable[Ragged], table: str, fields: int) -> ibis.Table:
    """Return the quarantine of rows that have not as many ``fields`` as the header."""
    return ibis.memtable(
        [
            (
                table,
                row.source_row,
                "ragged_line",
                f"{row.fields} fields, not {fields}",
                json.dumps({"line": row.text}, ensure_ascii=False),
            )
            for row in rows
        ],
        schema=QUARANTINE,
    )


def stop_if_too_many(quarantine: ibis.Table, report: ReadReport, limit: float) -> None:
    """Raise `TooManyRefusedError` where more than the share ``limit`` of the rows read is refused."""
    if report.refused <= limit * report.read:
        return
    worst = max(report.refused_by_reason, key=lambda reason: report.refused_by_reason[reason])
    first = quarantine.filter(quarantine.reason == worst).order_by("source_row").limit(SHOWN)
    mend = next(mend for fault, mend in _MENDS.items() if worst.startswith(fault))
    raise TooManyRefusedError(
        f"{report.location}: {report.refused:,} of {report.read:,} rows are refused, more than {limit:.0%}; "
        f"{report.refused_by_reason[worst]:,} of them for {worst}.",
        which=[f"row {row['source_row']}: {_shown(row)}" for row in first.to_pyarrow().to_pylist()],
        mend=mend,
    )


def _shown(row: Mapping[str, str]) -> str:
    values = json.loads(row["row"])
    column = row["detail"]
    text = f"{column} = {values[column]!r}" if column in values else f"{column}: {values['line']!r}"
    return textwrap.shorten(text, 100, placeholder=" …")
