"""What had happened by a moment, one row per customer-day: the relation that every family starts from.

For most customers what is known at a moment is a prefix of their days. They are *settled*: their days are
summed once, and the orders before each are the same at every moment. Where rows come late, between days that
were known already, or orders are cancelled, the days are summed at every moment anew, from the rows known at
it: by the same expressions, for those customers alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import ibis
import pyarrow as pa

from features.behaviour.cancelled import (
    ORDER,
    cancellable_goods,
    cancellable_orders,
    mirrored_sales,
    paired_lines,
    refunds,
    void_lines,
)
from features.behaviour.known import dated, known_at, out_of_order
from features.behaviour.lines import kinds_at, running_kinds
from features.behaviour.purchases import purchase_days
from features.behaviour.rhythm import rhythm_days
from features.engine import kept, kept_rows, view

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.tables import Rules, Tables

__all__ = [
    "Past",
    "cancelled_within",
    "count_cancelled_orders",
    "customer_days",
    "day_parts",
    "days_at",
    "days_of",
    "history_at",
    "kept_moments",
    "known_days",
    "known_kinds",
    "lines_of",
    "settled_days",
    "unsettled_customers",
    "unsettled_days",
    "view_at",
]

MONEY = "decimal(18, 4)"
MONEY_BOUND = 99_999_999_999_999
"""What a DECIMAL(18,4) holds; a day's total beyond it is nonsense that passed the contract row by row."""


GOODS = ("pieces", "pieces_paid", "discounts")
SUMS = ("lines", "gross", "refund", "margin", *GOODS, "discounted_lines")


class Past(NamedTuple):
    """What is made once of the transactions, and kept on their connection."""

    void: ir.Table
    parts: ir.Table
    unsettled: ir.Table
    settled_days: ir.Table


def history_at(tables: Tables, moments: Iterable[date]) -> ir.Table:
    """Return the customer-days known at each of ``moments``, keyed (as_of, customer_id, day).

    Columns as in `customer_days`, and ``age_days`` = as_of - day. Days after as_of, and what became known
    after it, are not there.
    """
    return view_at(tables, moments, known_days)


def view_at(
    tables: Tables, moments: Iterable[date], build: Callable[..., ir.Table], **others: ir.Table
) -> ir.Table:
    """Return what ``build`` makes of `days_at`, the ``moments`` and ``others``, as a view."""
    moments = kept_moments(tables, moments)
    relations = days_at(tables, moments) | {"moments": moments} | others
    return view(tables.connection, build, relations)


def kept_moments(tables: Tables, moments: Iterable[date]) -> ir.Table:
    """Return the ``moments`` as a relation: ``as_of``, each once."""
    clock = pa.table({"as_of": pa.array(sorted(set(moments)), pa.date32())})
    return kept_rows(tables.connection, "moments", clock)


def days_at(tables: Tables, moments: ir.Table) -> dict[str, ir.Table]:
    """Return the ``settled_days``, and the ``unsettled_days`` at each of ``moments``."""
    past = past_of(tables)
    relations = {"parts": past.parts, "unsettled": past.unsettled, "moments": moments}
    unsettled = kept(tables.connection, unsettled_days, relations)
    return {"settled_days": past.settled_days, "unsettled_days": unsettled}


def lines_of(tables: Tables) -> dict[str, ir.Table]:
    """Return what `known_kinds` are made of: the ``transactions``, and the ``void`` ones among them."""
    return {"transactions": tables.transactions, "void": past_of(tables).void}


def known_days(
    settled_days: ir.Table, unsettled_days: ir.Table, moments: ir.Table, **_others: ir.Table
) -> ir.Table:
    """Return `history_at` of the relations of `days_at`, at each ``as_of`` of ``moments``."""
    prefixes = settled_days.cross_join(moments.select("as_of"))
    prefixes = prefixes.filter(prefixes.known_from <= prefixes.as_of)
    known = prefixes.union(unsettled_days.select(prefixes.columns).cast(prefixes.schema()))
    return known.mutate(age_days=known.as_of.delta(known.day, unit="day")).drop("known_from")


def known_kinds(
    transactions: ir.Table, void: ir.Table, moments: ir.Table, column: str, *, several: bool
) -> ir.Table:
    """Return `kinds_at` each ``as_of`` of ``moments``, of the ``transactions`` that count then.

    With ``several`` moments the sums run on from one to the next, but for the customers of whom some lines
    become ``void`` between them.
    """
    rows = dated(transactions)
    if not several:
        return kinds_at(known_at(_with_void(rows, void), moments), column)
    leaving = void.select("customer_id", leaves=True).distinct()
    told = rows.left_join(leaving, "customer_id")
    staying = told.filter(told.leaves.isnull()).select(rows.columns)
    others = known_at(_with_void(rows.semi_join(leaving, "customer_id"), void), moments)
    running = running_kinds(staying, column, moments)
    return running.union(kinds_at(others, column).select(running.columns).cast(running.schema()))


def count_cancelled_orders(tables: Tables) -> int:
    """Return how many orders of all time were cancelled in full, and so are no purchase any more."""
    return int(past_of(tables).void.select(ORDER).distinct().count().to_pyarrow().as_py())


def past_of(tables: Tables) -> Past:
    """Return the past of ``tables``, made when it is first asked for."""
    connection, within_days = tables.connection, cancelled_within(tables.rules)
    rows = {"transactions": tables.transactions}
    given_back = rows | {"refunds": kept(connection, refunds, rows)}
    mirrored = rows | {"mirrored": kept(connection, mirrored_sales, given_back, within_days=within_days)}
    orders = {"orders": kept(connection, cancellable_orders, mirrored)}
    goods = rows | {"goods": kept(connection, cancellable_goods, rows | orders)}
    paired = {"paired": kept(connection, paired_lines, goods, within_days=within_days)}
    void = kept(connection, void_lines, paired | orders)
    parts = kept(connection, day_parts, rows | {"void": void})
    unsettled = kept(connection, unsettled_customers, {"parts": parts})
    days = kept(connection, settled_days, {"parts": parts, "unsettled": unsettled})
    return Past(void, parts, unsettled, days)


def cancelled_within(rules: Rules) -> int:
    """Return within how many days a refund cancels its sale; -1 where none does."""
    return rules.cancelled_within_days if rules.cancelled_orders == "drop" else -1


def day_parts(transactions: ir.Table, void: ir.Table) -> ir.Table:
    """Return the sums of each customer's rows of a day that became known, and void, on the same days.

    One row for each customer_id, ``day``, ``known_from`` and ``cancelled_from`` (`dated`, `void_lines`), with
    the columns of `customer_days` from ``lines`` to ``first_time``.
    """
    rows = _with_void(dated(transactions), void)
    timed = rows.timestamp > rows.day.cast("timestamp")
    counted = (rows.quantity > 0) & ~rows.back
    discounted = ((rows.discount > 0) & ~rows.back).fill_null(False)
    return _in_bounds(
        rows.group_by("customer_id", "day", "known_from", "cancelled_from").aggregate(
            lines=rows.count(where=~rows.back),
            gross=rows.back.ifelse(0, rows.amount).sum(),
            refund=rows.back.ifelse(rows.amount.abs(), 0).sum(),
            margin=rows.margin.sum(),
            pieces=rows.quantity.sum(where=counted),
            pieces_paid=rows.amount.sum(where=counted),
            discounts=rows.discount.sum(where=discounted).fill_null(0),
            discounted_lines=rows.count(where=discounted),
            first_time=rows.timestamp.min(where=timed & ~rows.back),
        )
    )


def unsettled_customers(parts: ir.Table) -> ir.Table:
    """Return the customers whose known days are no prefix of their days."""
    void = parts.filter(parts.cancelled_from.notnull()).select("customer_id")
    return out_of_order(parts).union(void, distinct=True).mutate(unsettled=True)


def settled_days(parts: ir.Table, unsettled: ir.Table) -> ir.Table:
    """Return the customer-days of all but the ``unsettled`` customers: each has one part."""
    told = parts.left_join(unsettled, "customer_id")  # an anti join would have DuckDB hash the many rows
    settled = told.filter(told.unsettled.isnull()).select(parts.columns).drop("cancelled_from")
    return customer_days(settled, "customer_id")


def unsettled_days(parts: ir.Table, unsettled: ir.Table, moments: ir.Table) -> ir.Table:
    """Return the customer-days of the ``unsettled`` customers, as they were known at each ``as_of``."""
    return days_of(parts.semi_join(unsettled, "customer_id"), moments)


def days_of(parts: ir.Table, moments: ir.Table) -> ir.Table:
    """Return the `customer_days` that the ``parts`` known at each ``as_of`` of ``moments`` add up to."""
    known = known_at(parts, moments)
    days = known.group_by("as_of", "customer_id", "day").aggregate(
        known_from=known.known_from.max(),
        **{name: known[name].sum() for name in SUMS},
        first_time=known.first_time.min(),
    )
    return customer_days(_in_bounds(days), "as_of", "customer_id")


def customer_days(days: ir.Table, *keys: str) -> ir.Table:
    """Return the customer-days, one for each of ``keys`` (customer_id among them) and day.

    - ``day`` (local date), ``known_from``: the day from which on all of it is known
    - ``lines``: rows of purchase, of amount >= 0 that are no return; ``purchase``: there is one
    - ``gross``: sum of the positive amounts that are no returns; ``refund``: what went back, as a positive
      number; ``net`` = gross - refund; ``margin``: null where none is recorded. Exact, in currency units
    - ``pieces``: bought, and ``pieces_paid``: what was paid for these; ``discounted_lines``; ``discounts`` in
      currency units
    - ``first_time``: of the first purchase whose time of day is recorded; null where none is. Midnight sharp
      is how a date without a time arrives, so it counts as not recorded
    - ``previous_order``, ``second_previous_order``: the days of the two orders before, ``previous_gross`` of
      the one before: on rows of purchase
    - what the families need of a day beyond that
    """
    days = days.mutate(purchase=days.lines > 0, net=days.gross - days.refund)
    orders = ibis.window(group_by=[*keys, "purchase"], order_by="day")
    days = days.mutate(
        previous_order=days.purchase.ifelse(days.day.lag(1).over(orders), None),
        second_previous_order=days.purchase.ifelse(days.day.lag(2).over(orders), None),
        previous_gross=days.purchase.ifelse(days.gross.lag(1).over(orders), None),
    )
    return days.mutate(**purchase_days(days), **rhythm_days(days))


def _with_void(rows: ir.Table, void: ir.Table) -> ir.Table:
    """Return ``rows`` with ``cancelled_from``, null on those that are not ``void``."""
    ends = void.group_by("source_row").aggregate(cancelled_from=void.cancelled_from.min())
    return rows.left_join(ends, "source_row").select(*rows.columns, "cancelled_from")


def _in_bounds(sums: ir.Table) -> ir.Table:
    """Bring sums back to the 64 bits of what was summed."""
    return sums.mutate(
        lines=sums.lines.cast("int64"),
        discounted_lines=sums.discounted_lines.cast("int64"),
        gross=ibis.least(sums.gross, MONEY_BOUND).cast(MONEY),
        refund=ibis.least(sums.refund, MONEY_BOUND).cast(MONEY),
        margin=sums.margin.clip(-MONEY_BOUND, MONEY_BOUND).cast(MONEY),
        **{name: sums[name].clip(upper=MONEY_BOUND).cast(MONEY) for name in GOODS},
    )
