"""Faults that no single value has: between the columns of a row, and between rows.

Of two rows that cannot both stand, the one that was known later is refused, so that no row's fate hangs on
what came after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from types import MappingProxyType

import ibis
from ibis.expr.types import BooleanValue, TimestampValue, Value

from features.contract import SCALES, TableContract, day_of
from features.tables import Rules

__all__ = ["DETAILS", "clashing_rows", "contradictions", "kept_spelling"]

DETAILS: Mapping[str, str] = MappingProxyType(
    {
        "repeated_line_id": "line_id",
        "order_of_another_customer": "order_id",
        "repeated_customer": "customer_id",
        "repeated_row": "customer_id",
    }
)
"""The column that a reason points at, where it does not end with the column's name."""

_ALWAYS = date(1, 1, 1)


def kept_spelling(values: Mapping[str, Value], contract: TableContract) -> dict[str, Value]:
    """Return ``values`` with the words that Joren itself knows in its own spelling: "NPS " is nps."""
    if contract.name != "surveys":
        return dict(values)
    return dict(values) | {"kind": values["kind"].strip().lower()}


def contradictions(
    values: Mapping[str, Value], contract: TableContract
) -> Iterator[tuple[BooleanValue, str]]:
    """Yield what may be wrong between the columns of a row, and the reason to refuse it for.

    ``values`` holds the contract's columns in their types. An end on the day of its start is never too early
    where it says no time of day.
    """
    for column in contract.columns:
        if column.not_before:
            start, end = values[column.not_before], values[column.name]
            yield _lies_before(end, start), f"too_early_{column.name}"
    if contract.name == "surveys":
        kind, score = values["kind"], values["score"]
        yield kind.notin(list(SCALES)), "unknown_kind"
        for name, (lowest, highest) in SCALES.items():
            yield (kind == name) & ~score.between(lowest, highest), "out_of_scale_score"


def _lies_before(end: TimestampValue, start: TimestampValue) -> BooleanValue:
    says_no_time = end == end.truncate("D")
    return says_no_time.ifelse(end < start.truncate("D"), end < start)


def clashing_rows(rows: ibis.Table, contract: TableContract, rules: Rules) -> ibis.Table | None:
    """Return source_row and reason of the ``rows`` that cannot stand beside others; None where any can.

    ``rows`` are those without a fault of their own. A line_id stands once, an order has one customer, a
    customer one row among the customers. A column of ids that ``rows`` lack tells nothing apart.
    """
    clashes = _CLASHES.get(contract.name)
    return clashes(_in_order(rows, contract), rules) if clashes else None


def _in_order(rows: ibis.Table, contract: TableContract) -> ibis.Table:
    """Add ``seen``, the day from which on a row is known, and ``moment``, what orders the rows of a day."""
    happened = rows[day_of(contract.time)].fill_null(_ALWAYS)
    return rows.mutate(
        seen=ibis.greatest(happened, rows.known_day.fill_null(happened)),
        moment=rows[contract.time].fill_null(ibis.literal(_ALWAYS).cast("timestamp(6)")),
    )


_EARLIEST_FIRST = ("seen", "moment", "source_row")


def _clashing_transactions(rows: ibis.Table, rules: Rules) -> ibis.Table | None:
    clashes: list[ibis.Table] = []
    if "line_id" in rows.columns:
        clashes.append(_repeated_lines(rows))
    if "order_id" in rows.columns:
        clashes.append(_lines_of_another_customer(_without(rows, clashes)))
    if not rules.keep_repeated_lines:
        line = [name for name in rows.columns if name not in _EARLIEST_FIRST]
        clashes.append(_later(_without(rows, clashes), *line, reason="repeated_row"))
    return ibis.union(*clashes) if clashes else None


def _repeated_lines(rows: ibis.Table) -> ibis.Table:
    copied = rows.filter(rows.line_id.notnull()).group_by("line_id").having(rows.count() > 1).agg()
    return _later(rows.semi_join(copied, "line_id"), "line_id", reason="repeated_line_id")


def _lines_of_another_customer(rows: ibis.Table) -> ibis.Table:
    orders = rows.filter(rows.order_id.notnull())
    buyer = orders.customer_id
    disputed = orders.group_by("order_id").having(buyer.min() != buyer.max()).agg()
    orders = orders.semi_join(disputed, "order_id")
    owner = orders.customer_id.first().over(group_by="order_id", order_by=_EARLIEST_FIRST)
    shared = orders.mutate(owner=owner).filter(ibis._.owner != ibis._.customer_id)
    return shared.select("source_row", reason=ibis.literal("order_of_another_customer"))


def _without(rows: ibis.Table, clashes: Sequence[ibis.Table]) -> ibis.Table:
    for refused in clashes:
        rows = rows.anti_join(refused, "source_row")
    return rows


def _clashing_customers(rows: ibis.Table, _: Rules) -> ibis.Table:
    return _later(rows, "customer_id", reason="repeated_customer")


def _later(rows: ibis.Table, *key: str, reason: str) -> ibis.Table:
    """Return all but the earliest of the rows that have the same ``key``."""
    copies = rows.mutate(copy=ibis.row_number().over(group_by=list(key), order_by=_EARLIEST_FIRST))
    return copies.filter(copies.copy > 0).select("source_row", reason=ibis.literal(reason))


_CLASHES: Mapping[str, Callable[[ibis.Table, Rules], ibis.Table | None]] = MappingProxyType(
    {"transactions": _clashing_transactions, "customers": _clashing_customers}
)
