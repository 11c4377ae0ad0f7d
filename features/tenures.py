"""What sBG sees of subscriptions: how many renewals each survived, and whether it ended at the next."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis

from features.contract import day_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.period import Period

__all__ = ["customer_tenures", "grouped_tenures"]

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


def customer_tenures(subscriptions: ir.Table, as_of: date, period: Period) -> ir.Table | None:
    """Return the distinct (``entered``, ``renewals``, ``ended``) and how many customers share each, sorted.

    As in `grouped_tenures`, with all of a customer's subscriptions as one: it begins with the first and has
    ended when none runs. ``entered``: the renewals that lay behind on the day before the first end on record,
    since when ends are known to be recorded. None where no end is.
    """
    first_end = subscriptions[ENDED].min().to_pyarrow().as_py()
    if first_end is None:
        return None
    customers = subscriptions.group_by("customer_id").aggregate(
        started=subscriptions[STARTED].min(),
        last_end=subscriptions[ENDED].max(),
        running=subscriptions.count(where=subscriptions[ENDED].isnull()),
    )
    ended = customers.running == 0
    last_day = (customers.last_end - ibis.interval(days=1)).cast("date")
    until = ended.ifelse(last_day, ibis.literal(as_of))
    recorded = ibis.literal(first_end - timedelta(days=1))
    tenures = customers.select(
        entered=ibis.greatest(period.over_between(customers.started, recorded), 0),
        renewals=ibis.greatest(period.over_between(customers.started, until), 0),
        ended=ended,
    )
    grouped = tenures.group_by("entered", "renewals", "ended").aggregate(customers=tenures.count())
    return grouped.order_by("entered", "renewals", "ended")
