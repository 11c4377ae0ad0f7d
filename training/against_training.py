"""Features, scores and raw categories of now, held against those that a bundle was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from training.drift import Movement, Past, movements, population_stability
from training.limits import Limits
from training.maturity import LOOKS_BACK
from training.profile import PROBABILITY, Counts, Histogram, Profile

__all__ = ["NewCategory", "Year", "category_drift", "feature_drift"]

MOST_CATEGORIES = 50  # a column of more different words holds text, not categories
BY_CUTS = ("recency_score", "frequency_score", "price_score")  # what they score is looked at itself
SAME = 0.05  # PSI, or difference of shares, up to which two tellings of one moment are the same
FEWEST_CUSTOMERS = 20  # of a category that is named


@dataclass(frozen=True)
class NewCategory:
    """A word that no customer had in the stretches before training ended; ``share`` of those seen lately."""

    column: str
    category: str
    customers: int
    share: float


@dataclass(frozen=True)
class Year:
    """Tables such as ``scored``, by today's data: of the moment a year ``before``, and of the ``reference``.

    A column that broke is broken in all of the past that is read today: a year before is believed only where
    today's data still tell the reference as training knew it.
    """

    before: pd.DataFrame
    reference: pd.DataFrame

    def counts(self, name: str, histogram: Histogram) -> Counts | None:
        """Return how ``name`` lay a year before; None where the past is told otherwise than to training."""
        today, kept = histogram.counts(_values(self.reference, name)), histogram.moments[-1]
        apart = max(population_stability(kept, today), abs(kept.missing_share - today.missing_share))
        return None if apart > SAME else histogram.counts(_values(self.before, name))


def feature_drift(
    profile: Profile,
    scored: pd.DataFrame,
    a_year: Year | None,
    *,
    as_of: date,
    first_day: date,
    limits: Limits,
) -> tuple[tuple[Movement, ...], Movement | None]:
    """Return how the features, and how the scores, moved since training.

    ``scored``: a behaviour table with ``churn_probability`` beside it. ``a_year``: what is known of the same
    days a year earlier; None where history does not reach back, or training did not. ``first_day``: of the
    history behind the profile.
    """
    pasts, now = {}, {}
    history_days = (profile.moments[-1] - first_day).days
    for name, histogram in profile.features.items():
        if name not in scored or name in BY_CUTS:
            continue
        pasts[name] = Past(
            profile.moments,
            histogram.moments,
            None if a_year is None else a_year.counts(name, histogram),
            is_young=LOOKS_BACK.get(name, 0) > history_days,
        )
        now[name] = histogram.counts(_values(scored, name))
    found = movements(pasts, now, as_of, limits)
    features = tuple(one for one in found if one.name != PROBABILITY)
    return features, next((one for one in found if one.name == PROBABILITY), None)


def category_drift(
    counts: pd.DataFrame, stretches: Sequence[date], *, has_year_before: bool, limits: Limits
) -> tuple[tuple[Movement, ...], tuple[NewCategory, ...]]:
    """Return how the categories moved, and which are new.

    ``counts``: as of ``features.categories.category_counts``. ``stretches``: the last day of each: the
    newest first, then, if it ``has_year_before``, the same stretch a year earlier, then those up to training.
    Where stretches of training are lacking, nothing can be said.
    """
    back = 2 if has_year_before else 1
    past_days = tuple(reversed(stretches[back:]))
    pasts, now, new = {}, {}, []
    for column, rows in counts.groupby("column", sort=True):
        by_stretch = rows.dropna(subset="category").pivot_table(
            index="category", columns="stretch", values="customers", aggfunc="sum"
        )
        known = by_stretch.reindex(columns=range(len(stretches))).fillna(0).astype(int).sort_index()
        blank = rows[rows["category"].isna()].set_index("stretch")["customers"].to_dict()
        before = known[range(back, len(stretches))].sum(axis=1)
        if len(known) > MOST_CATEGORIES or not past_days or not before.sum() or not known[0].sum():
            continue
        new += _new(str(column), known[0], before, limits)
        known = known[before > 0]
        said = [Counts(tuple(int(n) for n in known[k]), int(blank.get(k, 0))) for k in range(len(stretches))]
        year = said[1] if has_year_before else None
        pasts[str(column)] = Past(past_days, tuple(reversed(said[back:])), year)
        now[str(column)] = said[0]
    return movements(pasts, now, stretches[0], limits), tuple(new)


def _new(column: str, now: pd.Series[int], before: pd.Series[int], limits: Limits) -> list[NewCategory]:
    total = int(now.sum())
    return [
        NewCategory(column, str(category), int(customers), customers / total)
        for category, customers in now[before == 0].items()
        if customers >= FEWEST_CUSTOMERS and customers / total > limits.new_category_share
    ]


def _values(table: pd.DataFrame, name: str) -> np.ndarray:
    return table[name].to_numpy(dtype=np.float64, na_value=np.nan)
