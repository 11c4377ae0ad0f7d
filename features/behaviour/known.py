"""The two clocks of a row: when it happened, and when the business knew of it; and until when it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["dated", "known_at", "out_of_order"]


def dated(transactions: ir.Table) -> ir.Table:
    """Return ``transactions`` with ``known_from`` and ``back``.

    A row is history at ``as_of`` exactly when as_of >= ``known_from``, the later of its day and of the day on
    which it reached the business. ``back``: it gives something back, so it is no purchase.
    """
    known_day = transactions.known_day.fill_null(transactions.day)
    return transactions.mutate(
        known_from=ibis.greatest(transactions.day, known_day),
        back=(transactions.amount < 0) | transactions.is_return,
    )


def known_at(rows: ir.Table, moments: ir.Table) -> ir.Table:
    """Return the rows that count at each ``as_of`` of ``moments``, with that.

    ``rows`` have ``known_from`` and ``cancelled_from``, null where they are not void.
    """
    rows = rows.cross_join(moments.select("as_of"))
    stands = rows.cancelled_from.isnull() | (rows.cancelled_from > rows.as_of)
    return rows.filter((rows.known_from <= rows.as_of) & stands)


def out_of_order(parts: ir.Table) -> ir.Table:
    """Return the customer_id of those of whom a day became known, or changed, after a later day was known.

    ``parts`` are customer-days by ``known_from``.
    """
    late = parts.filter(parts.known_from > parts.day)
    days = (
        parts.semi_join(late, "customer_id")
        .group_by("customer_id", "day")
        .aggregate(first=ibis._.known_from.min(), last=ibis._.known_from.max())
    )
    before = ibis.window(group_by="customer_id", order_by="day")
    days = days.mutate(last_before=days["last"].lag().over(before))
    amiss = days.filter((days["first"] < days["last"]) | (days["first"] < days.last_before))
    return amiss.select("customer_id").distinct()
