"""Days to the next day of the month, or of the year, on which something began, in whole numbers of days."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["days_to_monthly", "days_to_yearly"]

_MARCH = 59
"""Days before the first of March, but in a leap year."""


def days_to_monthly(start: ir.DateValue, at: ir.DateValue) -> ir.IntegerValue:
    """Return the days from ``at`` to the next monthly return of ``start`` after it, 1 to 31.

    What began on the 31st returns on the last day of a shorter month.
    """
    this, following, beyond = (at.truncate("M") + ibis.interval(months=k) for k in range(3))
    length = following.delta(this, unit="day")
    here = ibis.least(start.day(), length)
    there = ibis.least(start.day(), beyond.delta(following, unit="day"))
    today = at.day()
    return (here > today).ifelse(here - today, length - today + there)


def days_to_yearly(start: ir.DateValue, at: ir.DateValue) -> ir.IntegerValue:
    """Return the days from ``at`` to the next yearly return of ``start`` after it, 1 to 366.

    What began on 29 February returns on the 28th where there is no 29th.
    """
    this, following, beyond = (at.truncate("Y") + ibis.interval(years=k) for k in range(3))
    length = following.delta(this, unit="day")
    here, there = _place(start, length), _place(start, beyond.delta(following, unit="day"))
    today = at.delta(this, unit="day")
    return (here > today).ifelse(here - today, length - today + there)


def _place(start: ir.DateValue, year_length: ir.IntegerValue) -> ir.IntegerValue:
    """Return the days before the day of ``start`` in a year of that length."""
    first = start.truncate("Y")
    place = start.delta(first, unit="day")
    own_length = (first + ibis.interval(years=1)).delta(first, unit="day")
    return place + (place >= _MARCH).ifelse(year_length - own_length, 0)
