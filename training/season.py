"""The year's rhythm: a clock that runs faster in some months than in others.

Where buying follows the year, a customer's rate is λ · s(t), with s the same for everybody. Counted on a
clock that advances by s a day, purchases come at the rate λ again: the papers' formulas hold as they stand,
for expectations, probabilities of nothing and intervals alike, with every time read off that clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.models.glm import Array
from training.models.triples import History

__all__ = ["Season"]

LONGEST_DAYS = 4 * 365
Days = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Season:
    """``months``: the pace of January to December; the mean over the days of a year is 1."""

    months: tuple[float, ...]

    def history(self, moments: pd.DatetimeIndex, seen: History) -> History:
        """Return histories in days, each as seen at its moment, with their times on this clock."""
        end = _days(moments)
        first = end - seen.T.astype(np.int64)
        clock = self._between(first.min(initial=0), end.max(initial=0))
        started = clock(first)
        return History(seen.x, clock(first + seen.t_x.astype(np.int64)) - started, clock(end) - started)

    def ahead(self, moments: pd.DatetimeIndex, horizon_days: float) -> Array | float:
        """Return the ``horizon_days`` after each moment on this clock; a number if all are of one moment."""
        of, place = np.unique(_days(moments), return_inverse=True)
        last = of + int(horizon_days)
        clock = self._between(of.min(initial=0), last.max(initial=0))
        elapsed = clock(last) - clock(of)
        return elapsed[place] if elapsed.size > 1 else float(elapsed.sum())

    def days_until(self, moments: pd.DatetimeIndex, elapsed: Array) -> Array:
        """Return the days from each moment until this clock has run ``elapsed``; infinite beyond 4 years."""
        of, place = np.unique(_days(moments), return_inverse=True)
        days = np.arange(LONGEST_DAYS + 1)
        clock = self._between(of.min(initial=0), of.max(initial=0) + LONGEST_DAYS)
        wait = np.empty(elapsed.shape)
        for number, moment in enumerate(of):
            rows = place == number
            ran = clock(moment + days) - clock(moment)
            wait[rows] = np.interp(elapsed[rows], ran, days, right=np.inf)
        return wait

    def discount(self, moments: pd.DatetimeIndex, horizon_days: float, annual_rate: float) -> Array:
        """Return what to multiply a discount by that was reckoned on this clock, for steady buying."""
        of, place = np.unique(_days(moments), return_inverse=True)
        days = np.arange(1, int(horizon_days) + 1)
        daily = (1 + annual_rate) ** (-1 / 365)
        ratios = []
        for moment in of:
            ran = self._between(moment, moment + days.size)(moment + days)
            pace = np.diff(ran, prepend=0.0)
            ratios.append(pace @ daily**days / (pace @ daily**ran) if days.size else 1.0)
        return np.array(ratios)[place]

    def _between(self, first: np.int64, last: np.int64) -> Callable[[Days], Array]:
        """Return the clock from ``first`` to ``last``: 0 on the first day, as days since 1970."""
        days = np.arange(first + 1, last + 1).astype("datetime64[D]")
        month = days.astype("datetime64[M]").astype(np.int64) % 12
        ticks = np.concatenate([[0.0], np.cumsum(np.array(self.months)[month])])
        return lambda day: ticks[day - first]


def _days(moments: pd.DatetimeIndex) -> Days:
    return moments.to_numpy().astype("datetime64[D]").astype(np.int64)
