"""When a customer buys: the gaps between orders, how late the next one is by their own gaps, and habits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["EVENING_HOUR", "rhythm_days", "rhythm_ratios", "rhythm_sums"]

EVENING_HOUR = 18
WEEKDAYS = range(7)
"""Monday is 0."""
SATURDAY, SUNDAY = 5, 6
YEAR_DAYS = 365


def rhythm_days(history: ir.Table) -> Mapping[str, ir.Value]:
    """Return what the sums need of each customer-day beyond what the history says."""
    previous = history.previous_order
    return {
        "gap_days": history.day.delta(previous, unit="day"),
        "weekday": history.purchase.ifelse(history.day.day_of_week.index(), None),
        "in_the_evening": history.first_time.hour() >= EVENING_HOUR,
        "new_month": history.purchase
        & (previous.isnull() | (previous.truncate("M") < history.day.truncate("M"))),
    }


def rhythm_sums(history: ir.Table) -> Mapping[str, ir.Value]:
    """Return the aggregates over a customer's history that the features of time are made of."""
    gap_days = history.gap_days
    return {
        "days_since_first_order": history.order_age_days.max(),
        "days_since_last_order": history.order_age_days.min(),
        "second_last_order": history.previous_order.max(),
        "third_last_order": history.second_previous_order.max(),
        "median_gap_days": gap_days.median(),
        "min_gap_days": gap_days.min(),
        "max_gap_days": gap_days.max(),
        "gap_squares": (gap_days * gap_days).sum(),
        "active_months": history.count(where=history.new_month),
        "timed_orders": history.first_time.count(),
        "evening_orders": history.count(where=history.in_the_evening),
        **{f"weekday_{number}": history.count(where=history.weekday == number) for number in WEEKDAYS},
    }


def rhythm_ratios(sums: ir.Table) -> Mapping[str, ir.Value]:
    """Return the features that follow from `rhythm_sums`, row by row.

    What needs a gap is null for a customer of one order, what needs a spread of gaps for a customer of two.
    """
    gaps = sums.orders - 1
    since_last = sums.days_since_last_order
    since_second_last, since_third_last = (
        sums.as_of.delta(day, unit="day") for day in (sums.second_last_order, sums.third_last_order)
    )
    between = sums.days_since_first_order - since_last
    mean = between / gaps.nullif(0)
    deviation = ((gaps * sums.gap_squares - between * between) / (gaps * (gaps - 1)).nullif(0)).sqrt()
    weekdays = [sums[f"weekday_{number}"] for number in WEEKDAYS]
    return {
        "days_since_second_last_order": since_second_last,
        "days_since_third_last_order": since_third_last,
        "last_gap_days": since_second_last - since_last,
        "mean_gap_days": mean,
        "sd_gap_days": deviation,
        "cv_gap": deviation / mean,
        "last_to_mean_gap": (since_second_last - since_last) / mean,
        "lateness": since_last / sums.median_gap_days,
        "lateness_sd": (since_last - mean) / deviation.nullif(0),
        "orders_per_year": gaps * YEAR_DAYS / sums.days_since_first_order.nullif(0),
        "weekend_share": (weekdays[SATURDAY] + weekdays[SUNDAY]) / sums.orders,
        "favourite_weekday_share": (gaps > 0).ifelse(ibis.greatest(*weekdays) / sums.orders, None),
        "evening_share": sums.evening_orders / sums.timed_orders.nullif(0),
    }
