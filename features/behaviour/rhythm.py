"""When a customer buys: the gaps between orders, how late the next one is by their own gaps, and habits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["EVENING_HOUR", "rhythm"]

EVENING_HOUR = 18
SATURDAY = 5
YEAR_DAYS = 365


def rhythm(history: ir.Table) -> ir.Table:
    """Return the features of time, one row per (as_of, customer_id) with an order in ``history``.

    Gaps are days between consecutive orders; what needs a gap is null for a customer of one order, what needs
    a spread of gaps for a customer of two. Shares are over orders; ``evening_share`` over those with a time
    of day.
    """
    orders = _with_gaps(history.filter(history.purchase))
    sums = orders.group_by("as_of", "customer_id").aggregate(
        bought=orders.count(),
        days_since_first_order=orders.age_days.max(),
        days_since_last_order=orders.age_days.min(),
        last_gap_days=orders.gap_days.argmax(orders.day),
        last_two_gaps_days=orders.two_gaps_days.argmax(orders.day),
        median_gap_days=orders.gap_days.median(),
        min_gap_days=orders.gap_days.min(),
        max_gap_days=orders.gap_days.max(),
        gap_squares=(orders.gap_days * orders.gap_days).sum(),
        active_months=orders.count(where=orders.new_month),
        weekend_orders=orders.count(where=orders.weekday >= SATURDAY),
        timed_orders=orders.first_time.count(),
        evening_orders=orders.count(where=orders.first_time.hour() >= EVENING_HOUR),
        **{f"weekday_{weekday}": orders.count(where=orders.weekday == weekday) for weekday in range(7)},
    )
    return _lateness(_ratios(sums))


def _with_gaps(orders: ir.Table) -> ir.Table:
    in_order = ibis.window(group_by=["as_of", "customer_id"], order_by="day")
    rows = orders.mutate(
        previous=orders.day.lag().over(in_order),
        second_previous=orders.day.lag(2).over(in_order),
        weekday=orders.day.day_of_week.index(),
    )
    return rows.mutate(
        gap_days=rows.day.delta(rows.previous, unit="day"),
        two_gaps_days=rows.day.delta(rows.second_previous, unit="day"),
        new_month=rows.previous.isnull() | (rows.previous.truncate("M") < rows.day.truncate("M")),
    )


def _ratios(sums: ir.Table) -> ir.Table:
    gaps = sums.bought - 1
    between = sums.days_since_first_order - sums.days_since_last_order
    variance = (gaps * sums.gap_squares - between * between) / (gaps * (gaps - 1)).nullif(0)
    favourite = ibis.greatest(*(sums[f"weekday_{weekday}"] for weekday in range(7)))
    return sums.mutate(
        days_since_second_last_order=sums.days_since_last_order + sums.last_gap_days,
        days_since_third_last_order=sums.days_since_last_order + sums.last_two_gaps_days,
        mean_gap_days=between / gaps.nullif(0),
        sd_gap_days=variance.sqrt(),
        orders_per_year=gaps * YEAR_DAYS / sums.days_since_first_order.nullif(0),
        weekend_share=sums.weekend_orders / sums.bought,
        favourite_weekday_share=(gaps > 0).ifelse(favourite / sums.bought, None),
        evening_share=sums.evening_orders / sums.timed_orders.nullif(0),
    )


def _lateness(sums: ir.Table) -> ir.Table:
    return sums.mutate(
        cv_gap=sums.sd_gap_days / sums.mean_gap_days,
        last_to_mean_gap=sums.last_gap_days / sums.mean_gap_days,
        lateness=sums.days_since_last_order / sums.median_gap_days,
        lateness_sd=(sums.days_since_last_order - sums.mean_gap_days) / sums.sd_gap_days.nullif(0),
    )
