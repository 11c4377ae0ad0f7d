"""What the transactions come to, whatever the moment: void lines, the sums of each day, who is settled.

For most customers what is known at a moment is a prefix of their days. They are *settled*: their days are
summed once, and the orders before each are the same at every moment. Where rows come late, between days that
were known already, or orders are cancelled, the days are summed at every moment anew, from the rows known at
it: by the same expressions, for those customers alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import ibis

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
from features.behaviour.purchases import purchase_days
from features.behaviour.rhythm import rhythm_days
from features.behaviour.season import season_days
from features.engine import kept

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.tables import Rules, Tables

__all__ = [
    "Past",
    "Step",
    "count_cancelled_orders",
    "customer_days",
    "days_of",
    "past_of",
    "steps",
    "unsettled_days",
    "with_void",
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


class Step(NamedTuple):
    """A table that ``build`` makes ``of`` others, which it takes by their names."""

    name: str
    build: Callable[..., ir.Table]
    of: tuple[str, ...]
    settings: Mapping[str, int] = {}


def past_of(tables: Tables) -> Past:
    """Return the past of ``tables``, made when it is first asked for."""
    made = {"transactions": tables.transactions}
    for step in (*steps(tables.rules), *SETTLING):
        of = {name: made[name] for name in step.of}
        made[step.name] = kept(tables.connection, step.build, of, **step.settings)
    return Past(*(made[name] for name in Past._fields))


def count_cancelled_orders(tables: Tables) -> int:
    """Return how many orders of all time were cancelled in full, and so are no purchase any more."""
    return int(past_of(tables).void.select(ORDER).distinct().count().to_pyarrow().as_py())


def steps(rules: Rules) -> tuple[Step, ...]:
    """Return how the sums of each day are made of the ``transactions``, one table after the other."""
    within = {"within_days": cancelled_within(rules)}
    return (
        Step("refunds", refunds, ("transactions",)),
        Step("mirrored", mirrored_sales, ("transactions", "refunds"), within),
        Step("orders", cancellable_orders, ("transactions", "mirrored")),
        Step("goods", cancellable_goods, ("transactions", "orders")),
        Step("paired", paired_lines, ("transactions", "goods"), within),
        Step("void", void_lines, ("paired", "orders")),
        Step("parts", day_parts, ("transactions", "void")),
    )


def cancelled_within(rules: Rules) -> int:
    """Return within how many days a refund cancels its sale; -1 where none does."""
    return rules.cancelled_within_days if rules.cancelled_orders == "drop" else -1


def day_parts(transactions: ir.Table, void: ir.Table) -> ir.Table:
    """Return the sums of each customer's rows of a day that became known, and void, on the same days.

    One row for each customer_id, ``day``, ``known_from`` and ``cancelled_from`` (`dated`, `void_lines`), with
    the columns of `customer_days` from ``lines`` to ``first_time``.
    """
    rows = with_void(dated(transactions), void)
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
    return days.mutate(**purchase_days(days), **rhythm_days(days), **season_days(days))


def with_void(rows: ir.Table, void: ir.Table) -> ir.Table:
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


SETTLING = (
    Step("unsettled", unsettled_customers, ("parts",)),
    Step("settled_days", settled_days, ("parts", "unsettled")),
)
