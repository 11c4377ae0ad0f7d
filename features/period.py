"""Stretches of equal standing that time is counted in: so many days, or months, quarters, years."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Self

import ibis

from features.errors import DataError

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["Period"]

NAMED_DAYS = {"day": 1, "week": 7}
NAMED_MONTHS = {"month": 1, "quarter": 3, "year": 12}
DAYS_PER_MONTH = 365 / 12


@dataclass(frozen=True)
class Period:
    """Either ``length`` days or, where ``calendar``, ``length`` months as the calendar has them."""

    name: str
    length: int
    calendar: bool

    @classmethod
    def of(cls, name: str) -> Self:
        """Return the period called day, week, month, quarter or year, or so many days: 7d, 28d.

        Raises ``DataError`` for any other name.

        >>> Period.of("28d").days, Period.of("year").days
        (28.0, 365.0)
        """
        if name in NAMED_MONTHS:
            return cls(name, NAMED_MONTHS[name], calendar=True)
        days = re.fullmatch(r"([1-9][0-9]{0,3})d", name)
        if not days and name not in NAMED_DAYS:
            raise DataError(
                f"{name} is no period.", mend="Give day, week, month, quarter or year, or days such as 28d."
            )
        return cls(name, int(days[1]) if days else NAMED_DAYS[name], calendar=False)

    @property
    def days(self) -> float:
        """How long it is; months on the average of a year of 365 days."""
        return self.length * DAYS_PER_MONTH if self.calendar else float(self.length)

    def place(self, day: ir.DateValue, as_of: date) -> ir.IntegerValue:
        """Return which period each day lies in: 0 is the last that is over at the end of ``as_of``.

        Periods of days are counted back from ``as_of``; months, quarters and years are the calendar's.
        """
        if not self.calendar:
            return (day.delta(as_of, unit="day") / self.length).ceil()
        after = as_of + timedelta(days=1)
        under_way = (12 * after.year + after.month - 1) // self.length
        months = 12 * day.year() + day.month() - 1
        return (months / self.length).floor() - (under_way - 1)

    def over_between(self, start: ir.DateValue, end: ir.DateValue) -> ir.IntegerValue:
        """Return how many whole periods have passed from the day ``start`` to the day ``end``.

        A month begun on the 31st ends on the last day of a shorter one.
        """
        if not self.calendar:
            return (end.delta(start, unit="day") / self.length).floor()
        months = 12 * (end.year() - start.year()) + end.month() - start.month()
        next_day = (end + ibis.interval(days=1)).cast("date")
        short_of = (end.day() < start.day()) & (next_day.month() == end.month())
        return ((months - short_of.cast("int64")) / self.length).floor()
