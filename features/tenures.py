"""What sBG sees of subscriptions: how many renewals each survived, and whether it ended at the next."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import ibis

from features.contract import day_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.period import Period

__all__ = ["grouped_tenures"]

STARTED, ENDED = day_of("started_at"), day_of("ended_at")


def grouped_tenures(subscriptions: ir.Table, as_of: date, period: Period) -> ir.Table:
    """Return the distinct (``renewals``, ``ended``) and how many ``customers`` share each, sorted.

    ``subscriptions`` are those known at ``as_of``. One renews at the end of each ``period`` from its start;
    an end in a period, on its last day or on the day after, refuses that period's renewal.
    """
    ended = subscriptions[ENDED]
    until = ended.notnull().ifelse(ended - ibis.interval(days=1), ibis.literal(as_of)).cast("date")
    over = period.over_between(subscriptions[STARTED], until)
    tenures = subscriptions.select(renewals=ibis.greatest(over, 0), ended=ended.notnull())
    grouped = tenures.group_by("renewals", "ended").aggregate(customers=tenures.count())
    return grouped.order_by("renewals", "ended")
