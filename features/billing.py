"""What subscriptions come to where no transactions are given: a bill a month, in advance.

So everything that is said of purchases (what a customer has paid, how long they have been there) is said of
subscribers by the same expressions.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, cast

import ibis

from features.contract import CONTRACT
from features.period import Period
from features.tables import ReadReport

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["billed", "report_of_bills", "subscriptions_end"]

MONTH = Period.of("month")
AHEAD_DAYS = 366
"""Bills are written so far beyond the last day that is told of: a later moment sees those due by then."""
NOTE = (
    "no transactions are given: each subscription is taken to be billed monthly, from its start, in advance"
)


def subscriptions_end(subscriptions: ir.Table) -> date | None:
    """Return the last day that the subscriptions tell of, a start or an end; None where there is none."""
    rows = subscriptions.aggregate(
        started=subscriptions.started_day.max(), ended=subscriptions.ended_day.max()
    )
    (days,) = rows.to_pyarrow().to_pylist()
    return max((day for day in days.values() if day), default=None)


def billed(subscriptions: ir.Table, ends: date) -> ir.Table:
    """Return the bills of the subscriptions, in the form of the accepted transactions.

    There is one on the day of the start and one at each monthly return of it, while the subscription runs; on
    the day of its end there is none. A month that is too short has it on its last day. The amount is
    ``monthly_amount``, 0 where that is not known. They go on for a year after ``ends``, the last day that the
    subscriptions tell of.
    """
    until = ends + timedelta(days=AHEAD_DAYS)
    last = ibis.least(
        (subscriptions.ended_day - ibis.interval(days=1)).cast("date").fill_null(until), ibis.literal(until)
    )
    spells = subscriptions.mutate(
        months=MONTH.over_between(subscriptions.started_day, last), runs=last >= subscriptions.started_day
    )
    spells = spells.filter(spells.runs)
    most = cast("int | None", spells.months.max().to_pyarrow().as_py())
    clock = ibis.memtable([(month,) for month in range((most or 0) + 1)], schema={"month": "int64"})
    bills = spells.join(clock, spells.months >= clock.month)
    day = (bills.started_day + bills.month.as_interval("M")).cast("date")
    rows = bills.select(
        "customer_id",
        timestamp=day.cast("timestamp(6)"),
        day=day,
        known_day=bills.known_day,
        amount=bills.monthly_amount.fill_null(0).cast("decimal(18, 4)"),
        margin=ibis.null("decimal(18, 4)"),
        is_return=ibis.literal(value=False),
        **{name: ibis.null(kind) for name, kind in _UNKNOWN.items()},
    )
    order = ibis.row_number().over(order_by=("day", "customer_id"))
    return rows.select(source_row=order + 1, **{name: rows[name] for name in rows.columns})


_UNKNOWN = {
    **dict.fromkeys(("order_id", "line_id", "product_id", "category"), "string"),
    **dict.fromkeys(("quantity", "unit_price", "discount"), "decimal(18, 4)"),
    "channel": "string",
}


def report_of_bills(bills: ir.Table, subscriptions: ReadReport, ends: date) -> ReadReport:
    """Return what is to be told of the ``bills`` that fell due by ``ends``."""
    bills = bills.filter(bills.day <= ends)
    facts = bills.aggregate(rows=bills.count(), first_day=bills.day.min(), last_day=bills.day.max())
    (found,) = facts.to_pyarrow().to_pylist()
    known = {"customer_id": "customer_id", "timestamp": "started_at", "amount": "monthly_amount"}
    return ReadReport(
        table=CONTRACT["transactions"].name,
        location=subscriptions.location,
        read=found["rows"],
        accepted=found["rows"],
        refused_by_reason={},
        repeated=0,
        first_day=found["first_day"],
        last_day=found["last_day"],
        columns={ours: subscriptions.columns.get(its, its) for ours, its in known.items()},
        notes=(NOTE,),
    )
