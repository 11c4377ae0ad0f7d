"""What had happened by a moment, one row per customer-day: the relation that every family starts from.

Two clocks decide what is history: when a row happened (``day``) and when it reached the business
(``known_day``). Both lie within a moment exactly when ``as_of >= known_from``, the later of the two. So a
customer-day is kept as one row per state that the business has known it in, each valid from ``known_from``
until the day before ``known_until``; without late rows that is one row per customer-day. At any moment at
most one state of a customer-day is valid.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.tables import Tables

__all__ = ["customer_days", "known_at", "valid_at"]


def customer_days(tables: Tables) -> ir.Table:
    """Return the customer-days of ``tables``, of all time; aggregated once and kept on the connection.

    One row per customer_id, day and state of knowledge (see the module):

    - ``customer_id``, ``day`` (local date), ``known_from``, ``known_until`` (null while nothing newer is
      known)
    - ``purchase``: there is a row of amount >= 0 that is no return
    - ``gross``: sum of the positive amounts that are no returns; ``refund``: what went back, as a positive
      number; ``net`` = gross - refund; ``margin``: null where none is recorded. Exact decimals, in currency
      units
    - ``lines``: rows of purchase
    - ``first_time``: when the first purchase was, among those whose time of day is recorded; null where none
      is. Midnight sharp is how a date without a time arrives, so it counts as not recorded
    """
    days = _states(_known_together(tables.transactions))
    query = str(ibis.to_sql(days, dialect=tables.connection.name))
    name = f"customer_days_{hashlib.sha256(query.encode()).hexdigest()[:12]}"
    if name not in tables.connection.list_tables():
        tables.connection.create_table(name, days, temp=True)
    return tables.connection.table(name)


def known_at(days: ir.Table, moments: Sequence[date]) -> ir.Table:
    """Return what was known at each of ``moments``: rows of `customer_days`, keyed (as_of, customer_id, day).

    ``age_days`` = as_of - day is added; days after as_of, and what reached the business after it, are not
    there.
    """
    asked = ibis.memtable({"as_of": sorted(set(moments))}, schema={"as_of": "date"})
    known = days.join(asked, valid_at(days, asked.as_of))
    return known.mutate(age_days=known.as_of.delta(known.day, unit="day")).drop("known_from", "known_until")


def valid_at(days: ir.Table, moment: ir.DateValue) -> ir.BooleanValue:
    """Return whether each row of `customer_days` is the state that was known at the end of ``moment``."""
    return (days.known_from <= moment) & (days.known_until.isnull() | (days.known_until > moment))


def _known_together(transactions: ir.Table) -> ir.Table:
    """Sum the rows of a customer-day that became known on the same day."""
    back = (transactions.amount < 0) | transactions.is_return
    rows = transactions.mutate(
        known_from=ibis.greatest(transactions.day, transactions.known_day.fill_null(transactions.day)),
        bought=~back,
        taken=back.ifelse(0, transactions.amount),
        returned=back.ifelse(transactions.amount.abs(), 0),
        timed=(transactions.timestamp > transactions.day.cast("timestamp")).ifelse(
            transactions.timestamp, None
        ),
    )
    return rows.group_by("customer_id", "day", "known_from").aggregate(
        lines=rows.count(where=rows.bought),
        gross=rows.taken.sum(),
        refund=rows.returned.sum(),
        margin=rows.margin.sum(),
        first_time=rows.timed.min(where=rows.bought),
    )


def _states(together: ir.Table) -> ir.Table:
    """Accumulate what was known of each customer-day from one day of news to the next."""
    so_far = ibis.window(group_by=["customer_id", "day"], order_by="known_from", preceding=None, following=0)
    in_order = ibis.window(group_by=["customer_id", "day"], order_by="known_from")
    states = together.mutate(
        known_until=together.known_from.lead().over(in_order),
        lines=together.lines.sum().over(so_far),
        gross=together.gross.sum().over(so_far),
        refund=together.refund.sum().over(so_far),
        margin=together.margin.sum().over(so_far),
        first_time=together.first_time.min().over(so_far),
    )
    return states.mutate(purchase=states.lines > 0, net=states.gross - states.refund)
