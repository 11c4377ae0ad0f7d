"""What had happened by a moment, one row per customer-day: the relation that every family starts from.

Two clocks decide what is history: when a row happened (``day``) and when it reached the business
(``known_day``). Both lie within a moment exactly when ``as_of >= known_from``, the later of the two. So a
customer-day is kept as one row per state that the business has known it in, each valid from ``known_from`` to
the day before ``known_until``. At any moment at most one state of a customer-day is valid.

Without late rows a history is a prefix of the days: then one state per customer-day is all there is, and the
orders before each are the same at every moment, so they are looked up once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

import ibis

from features.engine import kept

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.tables import Tables

__all__ = ["customer_days", "known_at", "valid_at"]

MONEY = "decimal(18, 4)"
MONEY_BOUND = 99_999_999_999_999
"""What a DECIMAL(18,4) holds; a day's total beyond it is nonsense that passed the contract row by row."""


def customer_days(tables: Tables) -> ir.Table:
    """Return the customer-days of ``tables``, of all time; aggregated once and kept on the connection.

    One row per customer_id, day and state of knowledge (see the module):

    - ``customer_id``, ``day`` (local date), ``known_from``, ``known_until`` (null: nothing newer is known)
    - ``purchase``: there is a row of amount >= 0 that is no return
    - ``gross``: sum of the positive amounts that are no returns; ``refund``: what went back, as a positive
      number; ``net`` = gross - refund; ``margin``: null where none is recorded. Exact, in currency units
    - ``lines``: rows of purchase
    - ``first_time``: of the first purchase whose time of day is recorded; null where none is. Midnight sharp
      is how a date without a time arrives, so it counts as not recorded
    - ``previous_order``, ``second_previous_order``: the days of the two orders before, ``previous_gross`` of
      the one before: on rows of purchase, and here only where no row is late, otherwise from `known_at` on
    """
    rows = tables.transactions
    return kept(tables.connection, "customer_days", rows, _customer_days(rows))


def known_at(days: ir.Table, moments: Iterable[date]) -> ir.Table:
    """Return what was known at each of ``moments``: rows of `customer_days`, keyed (as_of, customer_id, day).

    ``age_days`` = as_of - day is added. Days after as_of, and what became known after it, are not there.
    """
    known = ibis.union(
        *(
            days.filter(valid_at(days, moment)).mutate(as_of=ibis.literal(moment))
            for moment in sorted(set(moments))
        )
    )
    if "previous_order" not in days.columns:
        known = _with_previous_orders(known, "as_of", "customer_id")
    return known.mutate(age_days=known.as_of.delta(known.day, unit="day")).drop("known_from", "known_until")


def valid_at(days: ir.Table, moment: date) -> ir.BooleanValue:
    """Return whether each row of `customer_days` is the state that was known at the end of ``moment``."""
    return (days.known_from <= moment) & (days.known_until.isnull() | (days.known_until > moment))


def _customer_days(transactions: ir.Table) -> ir.Table:
    late = transactions.filter(transactions.known_day > transactions.day)
    if late.count().to_pyarrow().as_py():
        known_from = ibis.greatest(transactions.day, transactions.known_day.fill_null(transactions.day))
        return _finished(_states(_summed(transactions.mutate(known_from=known_from), "known_from")))
    days = _summed(transactions).mutate(known_until=ibis.null("date"))
    return _with_previous_orders(_finished(days.mutate(known_from=days.day)), "customer_id")


def _summed(transactions: ir.Table, *clock: str) -> ir.Table:
    """Sum the rows of a customer-day, apart by the day they became known where there is such a clock."""
    back = (transactions.amount < 0) | transactions.is_return
    timed = transactions.timestamp > transactions.day.cast("timestamp")
    return transactions.group_by("customer_id", "day", *clock).aggregate(
        lines=transactions.count(where=~back),
        gross=back.ifelse(0, transactions.amount).sum(),
        refund=back.ifelse(transactions.amount.abs(), 0).sum(),
        margin=transactions.margin.sum(),
        first_time=transactions.timestamp.min(where=timed & ~back),
    )


def _states(summed: ir.Table) -> ir.Table:
    """Accumulate what was known of each customer-day from one day of news to the next."""
    news = ibis.window(group_by=["customer_id", "day"], order_by="known_from")
    so_far = ibis.window(group_by=["customer_id", "day"], order_by="known_from", preceding=None, following=0)
    sums = {name: summed[name].sum().over(so_far) for name in ("lines", "gross", "refund", "margin")}
    return summed.mutate(
        known_until=summed.known_from.lead().over(news),
        first_time=summed.first_time.min().over(so_far),
        **sums,
    )


def _finished(days: ir.Table) -> ir.Table:
    """Add what follows from the sums, and bring the money back to 64 bits."""
    money = days.mutate(
        purchase=days.lines > 0,
        gross=ibis.least(days.gross, MONEY_BOUND).cast(MONEY),
        refund=ibis.least(days.refund, MONEY_BOUND).cast(MONEY),
        margin=days.margin.clip(-MONEY_BOUND, MONEY_BOUND).cast(MONEY),
    )
    return money.mutate(net=money.gross - money.refund)


def _with_previous_orders(days: ir.Table, *keys: str) -> ir.Table:
    orders = ibis.window(group_by=[*keys, "purchase"], order_by="day")
    return days.mutate(
        previous_order=days.purchase.ifelse(days.day.lag(1).over(orders), None),
        second_previous_order=days.purchase.ifelse(days.day.lag(2).over(orders), None),
        previous_gross=days.purchase.ifelse(days.gross.lag(1).over(orders), None),
    )
