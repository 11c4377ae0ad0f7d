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

from features.behaviour.cancelled import ORDER, may_have_cancelled, with_cancellations
from features.behaviour.known import dated, known_at, out_of_order
from features.behaviour.lines import KINDS
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
    "history_at",
    "kept_moments",
    "known_days",
    "known_lines",
    "past_at",
    "settled_days",
    "unsettled_customers",
    "unsettled_days",
    "view_at",
]

MONEY = "decimal(18, 4)"
MONEY_BOUND = 99_999_999_999_999
"""What a DECIMAL(18,4) holds; a day's total beyond it is nonsense that passed the contract row by row."""


GOODS = ("pieces", "pieces_paid", "discounts")
LINE = ("day", "back", *KINDS)
"""What is kept of a row beside the sums of its day."""


class Past(NamedTuple):
    """What is made once of the transactions, and kept on their connection."""

    settled_days: ir.Table
    settled_lines: ir.Table
    unsettled_rows: ir.Table


def history_at(tables: Tables, moments: Iterable[date]) -> ir.Table:
    """Return the customer-days known at each of ``moments``, keyed (as_of, customer_id, day).

    Columns as in `customer_days`, and ``age_days`` = as_of - day. Days after as_of, and what became known
    after it, are not there.
    """
    return view_at(tables, moments, known_days)


def view_at(
    tables: Tables, moments: Iterable[date], build: Callable[..., ir.Table], **others: ir.Table
) -> ir.Table:
    """Return what ``build`` makes of the `Past`, the ``moments`` and ``others``, as a view."""
    moments = kept_moments(tables, moments)
    relations = past_at(tables, moments) | {"moments": moments} | others
    return view(tables.connection, build, relations)


def kept_moments(tables: Tables, moments: Iterable[date]) -> ir.Table:
    """Return the ``moments`` as a relation: ``as_of``, each once."""
    clock = pa.table({"as_of": pa.array(sorted(set(moments)), pa.date32())})
    return kept_rows(tables.connection, "moments", clock)


def past_at(tables: Tables, moments: ir.Table) -> dict[str, ir.Table]:
    """Return the relations of the `Past`, by name, and the ``unsettled_days`` at each of ``moments``."""
    past = past_of(tables)
    relations = {"unsettled_rows": past.unsettled_rows, "moments": moments}
    return past._asdict() | {"unsettled_days": kept(tables.connection, unsettled_days, relations)}


def known_days(
    settled_days: ir.Table, unsettled_days: ir.Table, moments: ir.Table, **_others: ir.Table
) -> ir.Table:
    """Return `history_at` of the relations of `past_at`, at each ``as_of`` of ``moments``."""
    prefixes = settled_days.cross_join(moments.select("as_of"))
    prefixes = prefixes.filter(prefixes.known_from <= prefixes.as_of)
    known = prefixes.union(unsettled_days.select(prefixes.columns).cast(prefixes.schema()))
    return known.mutate(age_days=known.as_of.delta(known.day, unit="day")).drop("known_from")


def unsettled_days(unsettled_rows: ir.Table, moments: ir.Table) -> ir.Table:
    """Return the customer-days of the unsettled customers, as they were known at each ``as_of``."""
    return customer_days(known_at(unsettled_rows, moments), "as_of", "customer_id")


def known_lines(settled_lines: ir.Table, unsettled_rows: ir.Table, moments: ir.Table) -> ir.Table:
    """Return the rows that count at each ``as_of`` of ``moments``: as_of, customer_id and `LINE`."""
    settled = settled_lines.cross_join(moments.select("as_of"))
    settled = settled.filter(settled.known_from <= settled.as_of).drop("known_from")
    return settled.union(known_at(unsettled_rows, moments).select(settled.columns))


def customer_days(rows: ir.Table, *keys: str) -> ir.Table:
    """Return the customer-days of `dated` rows, one for each of ``keys`` (customer_id among them) and day.

    - ``day`` (local date), ``known_from``: the day from which on all of it is known
    - ``purchase``: there is a row of amount >= 0 that is no return
    - ``gross``: sum of the positive amounts that are no returns; ``refund``: what went back, as a positive
      number; ``net`` = gross - refund; ``margin``: null where none is recorded. Exact, in currency units
    - ``lines``: rows of purchase; ``pieces``: of their quantities, and ``pieces_paid``: what was paid for
      these; ``discounted_lines``, and ``discounts`` in currency units
    - ``first_time``: of the first purchase whose time of day is recorded; null where none is. Midnight sharp
      is how a date without a time arrives, so it counts as not recorded
    - ``previous_order``, ``second_previous_order``: the days of the two orders before, ``previous_gross`` of
      the one before: on rows of purchase
    - what the families need of a day beyond that
    """
    timed = rows.timestamp > rows.day.cast("timestamp")
    counted = (rows.quantity > 0) & ~rows.back
    discounted = ((rows.discount > 0) & ~rows.back).fill_null(False)
    days = rows.group_by(*keys, "day").aggregate(
        known_from=rows.known_from.max(),
        lines=rows.count(where=~rows.back),
        gross=rows.back.ifelse(0, rows.amount).sum(),
        refund=rows.back.ifelse(rows.amount.abs(), 0).sum(),
        margin=rows.margin.sum(),
        first_time=rows.timestamp.min(where=timed & ~rows.back),
        pieces=rows.quantity.sum(where=counted),
        pieces_paid=rows.amount.sum(where=counted),
        discounts=rows.discount.sum(where=discounted).fill_null(0),
        discounted_lines=rows.count(where=discounted),
    )
    days = _with_previous_orders(_in_bounds(days), *keys)
    return days.mutate(**purchase_days(days), **rhythm_days(days))


def count_cancelled_orders(tables: Tables) -> int:
    """Return how many orders of all time were cancelled in full, and so are no purchase any more."""
    rows = past_of(tables).unsettled_rows
    cancelled = rows.filter(rows.cancelled_from.notnull()).select(ORDER).distinct()
    return int(cancelled.count().to_pyarrow().as_py())


def past_of(tables: Tables) -> Past:
    """Return the past of ``tables``, made when it is first asked for."""
    connection, rows = tables.connection, {"transactions": tables.transactions}
    unsettled = kept(connection, unsettled_rows, rows, within_days=cancelled_within(tables.rules))
    rows |= {"unsettled": kept(connection, unsettled_customers, {"rows": unsettled})}
    return Past(kept(connection, settled_days, rows), kept(connection, settled_lines, rows), unsettled)


def cancelled_within(rules: Rules) -> int:
    """Return within how many days a refund cancels its sale; -1 where none does."""
    return rules.cancelled_within_days if rules.cancelled_orders == "drop" else -1


def unsettled_rows(transactions: ir.Table, within_days: int) -> ir.Table:
    """Return the rows of those whose known days are no prefix of their days, `with_cancellations`."""
    rows = dated(transactions)
    unsettled = out_of_order(rows).union(may_have_cancelled(rows, within_days))
    return with_cancellations(rows.semi_join(unsettled, "customer_id"), within_days)


def unsettled_customers(rows: ir.Table) -> ir.Table:
    """Return the customers of `unsettled_rows`."""
    return rows.select("customer_id").distinct().mutate(unsettled=True)


def settled_days(transactions: ir.Table, unsettled: ir.Table) -> ir.Table:
    """Return the customer-days of all but the ``unsettled`` customers."""
    return _without(customer_days(dated(transactions), "customer_id"), unsettled)


def settled_lines(transactions: ir.Table, unsettled: ir.Table) -> ir.Table:
    """Return the rows of all but the ``unsettled`` customers: customer_id, known_from and `LINE`."""
    return _without(dated(transactions).select("customer_id", "known_from", *LINE), unsettled)


def _without(rows: ir.Table, customers: ir.Table) -> ir.Table:
    """Leave out the rows of the few ``customers``; an anti join would make DuckDB hash the many rows."""
    told = rows.left_join(customers, "customer_id")
    return told.filter(told.unsettled.isnull()).select(rows.columns)


def _in_bounds(days: ir.Table) -> ir.Table:
    """Add what follows from the sums, and bring the money back to 64 bits."""
    money = days.mutate(
        purchase=days.lines > 0,
        gross=ibis.least(days.gross, MONEY_BOUND).cast(MONEY),
        refund=ibis.least(days.refund, MONEY_BOUND).cast(MONEY),
        margin=days.margin.clip(-MONEY_BOUND, MONEY_BOUND).cast(MONEY),
        **{name: days[name].clip(upper=MONEY_BOUND).cast(MONEY) for name in GOODS},
    )
    return money.mutate(net=money.gross - money.refund)


def _with_previous_orders(days: ir.Table, *keys: str) -> ir.Table:
    orders = ibis.window(group_by=[*keys, "purchase"], order_by="day")
    return days.mutate(
        previous_order=days.purchase.ifelse(days.day.lag(1).over(orders), None),
        second_previous_order=days.purchase.ifelse(days.day.lag(2).over(orders), None),
        previous_gross=days.purchase.ifelse(days.gross.lag(1).over(orders), None),
    )
