"""When in the year a customer buys: in the shop's peak weeks, as a year ago, in a season of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import tau
from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = [
    "COMING_DAYS",
    "PEAK",
    "as_bits",
    "orders_by_week",
    "peak_weeks",
    "season_days",
    "season_ratios",
    "season_sums",
]

WEEKS = 52
PEAK = 1.5
"""A peak week has so many times the orders of the mean week, over the last year."""
SAME_WEEKDAYS = 364
"""So many days ago it was the same weekday, and nearly the same day of the year."""
COMING_DAYS = (28, 91)
YEAR_DAYS = 365
YEARLY_TOLERANCE_DAYS = 45
TURN_DAYS = 365.25
"""A year is one turn of the circle: the mean of days of the year is that of directions (Mardia & Jupp,
Directional Statistics, 2000, section 2.2)."""
TRIG_EXACT = 1e6
"""Sines and cosines are rounded to millionths: their sums stay exact in 64 bits."""
SEASONAL = 0.5
"""The least concentration with a usual season: that of orders spread evenly over seven months."""
ONE_SEASON = 0.9
"""That of orders spread evenly over `YEARLY_TOLERANCE_DAYS` before and after the same day of the year."""


def orders_by_week(orders: ir.Table) -> ir.Table:
    """Return (as_of, week, orders) of the last year, from the shop's ``orders`` known at each ``as_of``.

    None are there before a year of history.
    """
    spans = orders.group_by("as_of").aggregate(days=orders.age_days.max())
    last_year = orders.filter(orders.age_days < SAME_WEEKDAYS).semi_join(
        spans.filter(spans.days >= SAME_WEEKDAYS - 1), "as_of"
    )
    return last_year.group_by("as_of", "week").aggregate(orders=last_year.count())


def peak_weeks(orders: Mapping[int, int]) -> tuple[int, ...]:
    """Return the shop's peak weeks (0 to 51 from 1 January on), from the orders of a year by week."""
    return tuple(week for week, n in sorted(orders.items()) if n * WEEKS >= PEAK * sum(orders.values()))


def as_bits(weeks: Iterable[int]) -> int:
    """Return weeks of the year as the bits of a whole number."""
    return sum(1 << week for week in weeks)


def season_sums(history: ir.Table) -> Mapping[str, ir.Value]:
    """Return the aggregates over a customer's history that the features of the season are made of.

    ``history`` has ``peak_weeks``, `as_bits`, beside every customer-day.
    """
    age_days, order_age_days = history.age_days, history.order_age_days
    at_peak = _at_peak(history)
    a_year_ago = {days: (SAME_WEEKDAYS - days, SAME_WEEKDAYS - 1) for days in COMING_DAYS}
    near_a_year = (history.gap_days + YEARLY_TOLERANCE_DAYS) % YEAR_DAYS <= 2 * YEARLY_TOLERANCE_DAYS
    yearly = (near_a_year & (history.gap_days > YEARLY_TOLERANCE_DAYS)).fill_null(False)
    return {
        "peaked_orders": order_age_days.count(where=history.peak_weeks != 0),
        "peak_orders": order_age_days.count(where=at_peak),
        "days_since_peak_order": order_age_days.min(where=at_peak),
        "month_orders": order_age_days.count(where=history.month == history.as_of.month()),
        "yearly_gaps": history.count(where=yearly),
        "cosines": history.cosine.sum(),
        "sines": history.sine.sum(),
        **{
            f"orders_year_ago_{days}d": history.count(where=order_age_days.between(*ages))
            for days, ages in a_year_ago.items()
        },
        **{
            f"gross_spend_year_ago_{days}d": age_days.between(*ages).ifelse(history.gross, 0).sum()
            for days, ages in a_year_ago.items()
        },
    }


def season_ratios(sums: ir.Table) -> Mapping[str, ir.Value]:
    """Return the features that follow from `season_sums`, row by row.

    What needs a year is null until a year has been lived since the first order.
    """
    first, gaps = sums.days_since_first_order, sums.orders - 1
    cosines, sines = sums.cosines.cast("float64"), sums.sines.cast("float64")
    lived = first >= SAME_WEEKDAYS
    concentration = (lived & (gaps > 0)).ifelse(
        (cosines * cosines + sines * sines).sqrt() / (TRIG_EXACT * sums.orders), None
    )
    turns = (sines.atan2(cosines) - _angle(sums.as_of)) / tau
    spans_a_year = first - sums.days_since_last_order >= YEAR_DAYS - YEARLY_TOLERANCE_DAYS
    once_a_year = (concentration >= ONE_SEASON) & spans_a_year
    return {
        "peak_order_share": sums.peak_orders / sums.peaked_orders.nullif(0),
        "month_order_share": lived.ifelse(sums.month_orders / sums.orders, None),
        "yearly_gap_share": sums.yearly_gaps / gaps.nullif(0),
        "season_concentration": concentration,
        "days_to_usual_season": (concentration >= SEASONAL).ifelse((turns - turns.floor()) * TURN_DAYS, None),
        "once_a_year": concentration.notnull().ifelse(once_a_year.ifelse(1, 0).cast("int64"), None),
        **{
            f"{what}_year_ago_{days}d": (first >= SAME_WEEKDAYS - days).ifelse(
                sums[f"{what}_year_ago_{days}d"], None
            )
            for what in ("orders", "gross_spend")
            for days in COMING_DAYS
        },
    }


def season_days(history: ir.Table) -> Mapping[str, ir.Value]:
    """Return what the sums need of each customer-day beyond what the history says."""
    angle = history.purchase.ifelse(_angle(history.day), None)
    return {
        "month": history.day.month(),
        "week": _week(history.day).cast("int32"),
        "cosine": (angle.cos() * TRIG_EXACT).round().cast("int64"),
        "sine": (angle.sin() * TRIG_EXACT).round().cast("int64"),
    }


def _week(day: ir.DateValue) -> ir.IntegerValue:
    """Return the week of the year: the last one is a day or two longer."""
    return ibis.least((day.day_of_year() - 1) // 7, WEEKS - 1)


def _angle(day: ir.DateValue) -> ir.FloatingValue:
    return day.day_of_year().cast("float64") * (tau / TURN_DAYS)


def _at_peak(history: ir.Table) -> ir.BooleanValue:
    """Return whether a day is in one of the peak weeks known at as_of; null where none are."""
    return (history.peak_weeks >> history.week) & 1 == 1
