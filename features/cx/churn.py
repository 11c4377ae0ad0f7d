"""Who stays: churn and retention rates, cohorts, and how many come back at all.

A customer is one who bought within the activity window: without a contract, nobody says that they leave.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import ibis

from features.cx.figures import Figure, share_figure

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = [
    "Cohort",
    "Period",
    "PeriodRate",
    "churn_rates",
    "cohorts",
    "months_until",
    "repeat_purchase_rate",
    "subscription_churn_rates",
]


@dataclass(frozen=True)
class Period:
    """The days from ``start`` to ``end``, both within."""

    name: str
    start: date
    end: date


@dataclass(frozen=True)
class PeriodRate:
    """The share of the customers at a period's start who are none any more at its end, and the interval.

    ``covered``: the data reach back a whole activity window before the period. Where they do not, too few can
    have been lost yet, or nobody, and the rate says little.
    """

    period: Period
    churned: Figure
    covered: bool
    segment: str | None = None

    def to_json(self, *, retained: bool = False) -> dict[str, Any]:
        """Return the churn rate, or else the retention rate, with the period."""
        span = {"start": self.period.start.isoformat(), "end": self.period.end.isoformat()}
        rate = _rest(self.churned) if retained else self.churned
        return {"period": self.period.name, **span, **rate.to_json(), "covered": self.covered}


@dataclass(frozen=True)
class Cohort:
    """The customers who first bought in ``month``: how many of them bought in it, and in each one after."""

    month: str
    customers: int
    buyers: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the numbers of buyers, and their shares."""
        shares = [buyers / self.customers for buyers in self.buyers]
        return {
            "cohort": self.month,
            "customers": self.customers,
            "buyers": list(self.buyers),
            "retained": shares,
        }


def months_until(first_day: date, as_of: date) -> Iterator[Period]:
    """Yield the calendar months from that of ``first_day`` to the last that is over by ``as_of``."""
    start = first_day.replace(day=1)
    while (end := start.replace(day=calendar.monthrange(start.year, start.month)[1])) <= as_of:
        yield Period(f"{start:%Y-%m}", start, end)
        start = end + timedelta(days=1)


def churn_rates(
    purchases: ir.Table, periods: Sequence[Period], activity_days: int, *by: str
) -> list[PeriodRate]:
    """Return the churn rate of each of ``periods`` that had customers at its start, in their order.

    ``purchases`` has a row for each customer_id and day of purchase. A customer at the start bought within
    the ``activity_days`` before it; one at the end, within the ``activity_days`` that end with it. ``by``
    names a column of ``purchases`` that splits the customers.
    """
    window = timedelta(days=activity_days)
    spans = _spans(periods)
    first_day = purchases.day.min().to_pyarrow().as_py()
    days = ibis.interval(days=activity_days)
    seen = purchases.join(spans, purchases.day.between(spans.start - days, spans.end))
    each = seen.group_by("number", "customer_id", *by).aggregate(
        began=(seen.day < seen.start).any(), stays=(seen.day > seen.end - days).any()
    )
    covered = [first_day is not None and first_day <= period.start - window for period in periods]
    return _rates(each, periods, covered, *by)


def subscription_churn_rates(subscriptions: ir.Table, periods: Sequence[Period]) -> list[PeriodRate]:
    """Return the churn rate of each period by contract: a customer is one whose subscription runs.

    ``subscriptions`` are rows of that table as known at a moment; who moves from one plan to another stays.
    """
    spans = _spans(periods)
    began = subscriptions.started_day
    ended = subscriptions.ended_day.fill_null(date.max)
    runs = subscriptions.join(spans, (began <= spans.end) & (ended >= spans.start))
    last = runs.ended_day.fill_null(date.max)
    each = runs.group_by("number", "customer_id").aggregate(
        began=(runs.started_day < runs.start).any(), stays=(last > runs.end).any()
    )
    return _rates(each, periods, [True] * len(periods))


def _spans(periods: Sequence[Period]) -> ir.Table:
    rows = [(number, period.start, period.end) for number, period in enumerate(periods)]
    return ibis.memtable(rows, schema={"number": "int64", "start": "date", "end": "date"})


def _rates(each: ir.Table, periods: Sequence[Period], covered: Sequence[bool], *by: str) -> list[PeriodRate]:
    """Count those who began each period as customers (``began``) and do not end it as such (``stays``)."""
    there = each.filter(each.began)
    counted = there.group_by("number", *by).aggregate(n=there.count(), lost=there.count(where=~there.stays))
    return [
        PeriodRate(periods[row["number"]], churned, covered[row["number"]], row[by[0]] if by else None)
        for row in counted.order_by("number", *by).to_pyarrow().to_pylist()
        if (churned := share_figure(row["lost"], row["n"])) is not None
    ]


def cohorts(purchases: ir.Table, as_of: date) -> list[Cohort]:
    """Return the retention triangle of ``purchases``: a cohort for each month of first purchases.

    Months that are not over at the end of ``as_of`` are left out.
    """
    whole = purchases.filter(purchases.day < (as_of + timedelta(days=1)).replace(day=1))
    months = whole.mutate(month=whole.day.year() * 12 + whole.day.month() - 1)
    firsts = months.group_by("customer_id").aggregate(cohort=months.month.min())
    joined = months.join(firsts, "customer_id")
    ages = joined.mutate(age=joined.month - joined.cohort).group_by("cohort", "age")
    counts = ages.aggregate(buyers=joined.customer_id.nunique()).order_by("cohort", "age")
    by_cohort: dict[int, dict[int, int]] = {}
    for row in counts.to_pyarrow().to_pylist():
        by_cohort.setdefault(row["cohort"], {})[row["age"]] = row["buyers"]
    last = max((cohort + max(ages) for cohort, ages in by_cohort.items()), default=0)
    return [
        Cohort(
            f"{cohort // 12:04d}-{cohort % 12 + 1:02d}",
            buyers[0],
            tuple(buyers.get(age, 0) for age in range(last - cohort + 1)),
        )
        for cohort, buyers in by_cohort.items()
    ]


def repeat_purchase_rate(purchases: ir.Table) -> Figure | None:
    """Return the share of customers who bought on a second day."""
    days = purchases.group_by("customer_id").aggregate(days=purchases.count())
    row = days.aggregate(n=days.count(), again=days.count(where=days.days > 1)).to_pyarrow().to_pylist()[0]
    return share_figure(row["again"], row["n"])


def _rest(figure: Figure) -> Figure:
    low, high = figure.low or 0.0, 1.0 if figure.high is None else figure.high
    return Figure(1 - figure.value, figure.n, 1 - high, 1 - low)
