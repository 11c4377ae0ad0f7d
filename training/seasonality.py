"""How the year's rhythm is estimated: what was bought in each month, over what a seasonless model expects.

The expectation takes out how many customers there were and how they age, a smooth trend the rest of growth.
What then comes back in the same month of every year is the season; how well it comes back says how sure
that is, and the months are pulled towards the mean by as much as chance alone would spread them.
"""

from __future__ import annotations

import calendar
from datetime import date
from typing import NamedTuple

import numpy as np
from scipy.stats import f as f_distribution

from features.histories import grouped_histories
from features.tables import Tables
from training.arrivals import Arrivals
from training.errors import ConvergenceError, NotEnoughDataError
from training.models.bgnbd import BGNBD
from training.models.glm import Array
from training.models.purchases import PurchaseModel
from training.season import Season

__all__ = ["Rhythm", "rhythm_at", "rhythm_of", "season_at"]

TWO_YEARS_DAYS = 730
MONTHS = 12
TREND = 3  # a level, a slope and a bend
SURE = 0.01  # the share of shops without a season in which one is seen all the same
DAYS_IN_MONTH = np.array([31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
TOO_SHORT = "the history is shorter than two years: a season cannot be told from growth, and none is assumed"
NO_RHYTHM = "the years on record show no rhythm that months share beyond chance: none is assumed"


class Rhythm(NamedTuple):
    """What is known of the seasons: None where nothing is, and a note that says so or names the extremes."""

    season: Season | None
    note: str


def season_at(tables: Tables, first_day: date, as_of: date) -> Season | None:
    """Return the year's rhythm by what was known at ``as_of``; None where less than two years are."""
    if _too_short(first_day, as_of):
        return None
    return rhythm_at(tables, Arrivals.of(tables, first_day, as_of), as_of).season


def rhythm_at(tables: Tables, arrivals: Arrivals, as_of: date) -> Rhythm:
    """Return the rhythm in ``arrivals``, which end at ``as_of``, beside BG/NBD as fitted then."""
    if _too_short(arrivals.first_day, as_of):
        return Rhythm(None, TOO_SHORT)
    seen = grouped_histories(tables, as_of).to_pandas()
    try:
        model = BGNBD.fit(seen["x"], seen["t_x"], seen["T"], seen["customers"])
    except (NotEnoughDataError, ConvergenceError):
        return Rhythm(None, NO_RHYTHM)
    return rhythm_of(arrivals, model)


def _too_short(first_day: date, as_of: date) -> bool:
    return (as_of - first_day).days + 1 < TWO_YEARS_DAYS


def rhythm_of(arrivals: Arrivals, model: PurchaseModel) -> Rhythm:
    """Return the rhythm of repeat purchases by calendar month, each with its own pace.

    A linear model of the log ratios of seen to expected purchases, with a month each and a quadratic trend:
    the months count if an F test says so, and shrink to 1 - 1 / F of their logarithms (James & Stein 1961).
    """
    seen, expected, month, at = _by_month(arrivals, model)
    trend = np.vander(at, TREND)
    design = np.column_stack([month[:, None] == np.arange(MONTHS), trend[:, :-1]])
    free = seen.size - design.shape[1]
    if free < MONTHS // 2 or np.unique(month).size < MONTHS:
        return Rhythm(None, TOO_SHORT)
    ratio = np.log((seen + 0.5) / (expected + 0.5))
    effects, with_months = _regress(design, ratio)
    _, without = _regress(trend, ratio)
    chance = max(with_months / free, np.finfo(np.float64).tiny)
    strength = (without - with_months) / (MONTHS - 1) / chance
    if f_distribution.sf(strength, MONTHS - 1, free) > SURE:
        return Rhythm(None, NO_RHYTHM)
    logs = (1 - 1 / strength) * (effects[:MONTHS] - effects[:MONTHS].mean())
    pace = np.exp(logs)
    pace /= np.average(pace, weights=DAYS_IN_MONTH)
    return Rhythm(Season(tuple(pace.tolist())), _told(pace))


def _by_month(arrivals: Arrivals, model: PurchaseModel) -> tuple[Array, ...]:
    """Return repeat purchases seen and expected in whole months, their places in the year, time in years."""
    days = np.datetime64(arrivals.first_day) + np.arange(arrivals.first.size + 1)
    months = days.astype("datetime64[M]")
    ages = np.arange(arrivals.first.size + 1, dtype=np.float64)
    by_age = np.diff(model.expected_purchases(ages, 0.0, 0.0, 0.0))
    daily = np.convolve(arrivals.first, by_age)[: arrivals.first.size]
    whole, starts = np.unique(months, return_index=True)
    inside = slice(0 if days[0] == whole[0] else 1, -1)
    ends = np.append(starts[1:], arrivals.first.size)
    seen, expected = (
        np.array([count[a:b].sum() for a, b in zip(starts, ends, strict=True)], dtype=np.float64)[inside]
        for count in (arrivals.repeat, daily)
    )
    number = whole.astype(np.int64).astype(np.float64)[inside]
    return seen, expected, number % MONTHS, (number - number.mean()) / MONTHS


def _regress(design: Array, outcome: Array) -> tuple[Array, float]:
    """Return coefficients and the sum of squares that they leave."""
    coefficients, *_ = np.linalg.lstsq(design, outcome, rcond=None)
    return np.asarray(coefficients, dtype=np.float64), float(((outcome - design @ coefficients) ** 2).sum())


def _told(pace: Array) -> str:
    fast, slow = (calendar.month_name[month + 1] for month in (int(pace.argmax()), int(pace.argmin())))
    return (
        f"buying follows the year: {fast} at {pace.max():.2f} times the mean pace, {slow} at {pace.min():.2f}"
    )
