"""Whether a feature has moved since training by more than chance, habit and season explain.

The population stability index, PSI = Σ (q − p) · ln(q / p) over bins, is 0 for equal shares p and q; the
trade calls 0.1 small and 0.25 large (Siddiqi, "Credit Risk Scorecards", 2006). Three things make it large
without cause for alarm, and each is allowed for:

- chance: of equal populations PSI ÷ (1/n + 1/m) follows χ² with bins − 1 degrees of freedom (Yurdakul,
  "Statistical Properties of Population Stability Index", 2018). The moments of a panel are of the same
  customers again and again, so n and m are those of one moment, never of several;
- habit: as a shop grows older, days since the first order go up, and so does all that is summed since. How
  far a feature moved between past moments as far apart says what is usual. Where they never were so far
  apart, PSI is taken to grow with the square of the time, as it does for a steady shift;
- season: what looked the same a year before comes back every year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import combinations

import numpy as np
from scipy.stats import chi2, norm

from training.limits import Limits
from training.profile import Counts

__all__ = ["Movement", "Past", "Verdict", "movements", "population_stability"]

CHANCE = 0.01  # of one false alarm or more over all that is looked at, were nothing to move
SLACK = 2.0  # times what is usual
NEARLY = 0.75  # of the time that has passed: moments at least so far apart say what is usual
FEWEST_KNOWN = 20  # customers: known of so many once and now of nobody, it is gone, whatever is usual
LEAST = 1e-9
PSEUDO = 0.5  # customers in every bin beforehand: an empty bin is no proof that nobody belongs there


class Verdict(StrEnum):
    """What became of a feature. ``UNJUDGED``: history is too short to tell what is usual."""

    STEADY = "steady"
    SEASONAL = "seasonal"
    MOVED = "moved"
    MISSING = "missing"
    UNJUDGED = "unjudged"


@dataclass(frozen=True)
class Past:
    """Where something lay at ``moments``, oldest first; ``year_before``: 364 days ago, None where unknown.

    ``is_young``: at the newest moment, history was shorter than it takes for the thing to mean what it says.
    """

    moments: tuple[date, ...]
    counts: tuple[Counts, ...]
    year_before: Counts | None = None
    is_young: bool = False


@dataclass(frozen=True)
class Movement:
    """One feature, now and at the newest moment of training.

    ``psi`` is an alert above ``psi_limit``; ``usual``: the most that it moved in as much time before, chance
    taken off (None: not known). Shares of the customers of whom it is not known: now, ``missing_before`` in
    training; a change beyond ``missing_limit`` is an alert. ``psi_year_before``: now against a year before.
    """

    name: str
    verdict: Verdict
    psi: float
    psi_limit: float
    usual: float | None
    missing: float
    missing_before: float
    missing_limit: float
    psi_year_before: float | None

    @property
    def strength(self) -> float:
        """How many times its limit it moved by."""
        gone = abs(self.missing - self.missing_before) / max(self.missing_limit, LEAST)
        return max(self.psi / self.psi_limit, gone)


def population_stability(before: Counts, now: Counts) -> float:
    """Return the PSI of two counts over the same bins, of those of whom it is known; 0 if of nobody."""
    if not sum(before.known) or not sum(now.known):
        return 0.0
    p, q = (
        (np.asarray(one.known) + PSEUDO) / (sum(one.known) + PSEUDO * len(one.known)) for one in (before, now)
    )
    return float(np.sum((q - p) * np.log(q / p)))


def movements(
    pasts: Mapping[str, Past], now: Mapping[str, Counts], moment: date, limits: Limits
) -> tuple[Movement, ...]:
    """Return the movement of everything in ``pasts``, the strongest first; ``now``: its counts at ``moment``.

    What was never known in training is left out: no model leans on it.
    """
    told = {name: past for name, past in pasts.items() if any(sum(one.known) for one in past.counts)}
    level = CHANCE / max(len(told), 1)
    found = [
        _movement(
            name,
            past,
            now[name],
            _usual(past, (moment - past.moments[-1]).days),
            limits=limits,
            level=level,
        )
        for name, past in told.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.strength, one.name)))


def _movement(
    name: str, past: Past, now: Counts, usual: _Usual | None, *, limits: Limits, level: float
) -> Movement:
    newest = past.counts[-1]
    psi, gone = population_stability(newest, now), abs(now.missing_share - newest.missing_share)
    psi_limit = max(limits.psi, SLACK * usual.psi if usual else 0.0) + _psi_by_chance(newest, now, level)
    missing_limit = max(limits.missing_share, SLACK * usual.missing if usual else 0.0)
    missing_limit += _missing_by_chance(newest, now, level)
    again = _as_a_year_before(past.year_before, now, limits, level)
    all_gone = sum(newest.known) >= FEWEST_KNOWN and not sum(now.known)
    beyond = {Verdict.MISSING: gone > missing_limit or all_gone, Verdict.MOVED: psi > psi_limit}
    news = [kind for kind, is_beyond in beyond.items() if is_beyond and not again[kind]]
    if news:
        verdict = news[0] if usual and not past.is_young else Verdict.UNJUDGED
    else:
        verdict = Verdict.SEASONAL if any(beyond.values()) else Verdict.STEADY
    return Movement(
        name,
        verdict,
        psi,
        psi_limit,
        usual.psi if usual else None,
        now.missing_share,
        newest.missing_share,
        missing_limit,
        population_stability(past.year_before, now) if past.year_before else None,
    )


def _as_a_year_before(year: Counts | None, now: Counts, limits: Limits, level: float) -> dict[Verdict, bool]:
    """Return whether the unknown share, and the known values, lay the same way a year before."""
    if year is None:
        return {Verdict.MISSING: False, Verdict.MOVED: False}
    gone = abs(now.missing_share - year.missing_share)
    psi_limit = limits.psi + _psi_by_chance(year, now, level)
    return {
        Verdict.MISSING: gone <= limits.missing_share + _missing_by_chance(year, now, level),
        Verdict.MOVED: sum(year.known) >= FEWEST_KNOWN and population_stability(year, now) <= psi_limit,
    }


@dataclass(frozen=True)
class _Usual:
    psi: float
    missing: float


def _usual(past: Past, lag_days: int) -> _Usual | None:
    """Return the most that it moved between past moments about ``lag_days`` apart, chance taken off."""
    days = [moment.toordinal() for moment in past.moments]
    if len(days) < 2:  # noqa: PLR2004 - it takes two to be apart
        return None
    least = NEARLY * min(lag_days, days[-1] - days[0])
    psi, missing = 0.0, 0.0
    for i, j in combinations(range(len(days)), 2):
        apart = days[j] - days[i]
        if apart < least:
            continue
        stretch = max(1.0, lag_days / apart)
        before, after = past.counts[i], past.counts[j]
        by_chance = (len(before.known) - 1) * _spread(before, after)
        psi = max(psi, (population_stability(before, after) - by_chance) * stretch**2)
        missing = max(missing, abs(before.missing_share - after.missing_share) * stretch)
    return _Usual(psi, missing)


def _psi_by_chance(before: Counts, now: Counts, level: float) -> float:
    bins = max(len(before.known), 2)
    return float(chi2.isf(level, bins - 1)) * _spread(before, now)


def _spread(before: Counts, now: Counts) -> float:
    return 1.0 / max(sum(before.known), 1) + 1.0 / max(sum(now.known), 1)


def _missing_by_chance(before: Counts, now: Counts, level: float) -> float:
    """Return what the difference of two shares exceeds with probability ``level``, were they one share."""
    customers = max(before.customers, 1), max(now.customers, 1)
    share = (before.missing + now.missing) / sum(customers)
    return float(norm.isf(level / 2) * np.sqrt(share * (1 - share) * sum(1 / n for n in customers)))
