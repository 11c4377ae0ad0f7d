"""How the features and the scores lay at each moment that a bundle was trained on: counts, and no customer.

It is what a later table is held against. Beside what it is, a feature's past says how much it moves in the
ordinary course of things, moment to moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.models.value import VALUE_FEATURES

__all__ = ["PROBABILITY", "Counts", "Histogram", "Profile"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

PROBABILITY = "churn_probability"
MOST_ROWS = 10_000  # of a moment: 1 / 10,000 is far below any movement that matters
NOT_FEATURES = ["customer_id", "as_of", *VALUE_FEATURES]
TENTHS = np.arange(1, 10) / 10


@dataclass(frozen=True)
class Counts:
    """One feature at one moment: how many customers in each bin, and of how many it is not known."""

    known: tuple[int, ...]
    missing: int

    @property
    def customers(self) -> int:
        """All of them."""
        return sum(self.known) + self.missing

    @property
    def missing_share(self) -> float:
        """The share of the customers of whom the feature is not known; 0 where there is nobody."""
        return self.missing / max(self.customers, 1)


@dataclass(frozen=True)
class Histogram:
    """A feature's bins and, for each moment, its counts.

    ``edges``: the tenths of all known values, ascending, equal ones once; a bin holds the values above the
    edge before it, up to its own.
    """

    edges: tuple[float, ...]
    moments: tuple[Counts, ...]

    @classmethod
    def of(cls, by_moment: list[Floats]) -> Self:
        """Return the histogram of each moment's values, NaN where missing."""
        values = np.concatenate(by_moment)
        known = values[np.isfinite(values)]
        tenths = np.quantile(known, TENTHS, method="inverted_cdf") if len(known) else known
        empty = cls(tuple(float(edge) for edge in np.unique(tenths)), ())
        return cls(empty.edges, tuple(empty.counts(values) for values in by_moment))

    def counts(self, values: Floats) -> Counts:
        """Return how other values fall into the bins."""
        known = values[np.isfinite(values)]
        bins: Ints = np.bincount(np.searchsorted(self.edges, known), minlength=len(self.edges) + 1)
        return Counts(tuple(int(n) for n in bins), len(values) - len(known))


@dataclass(frozen=True)
class Profile:
    """``moments``, oldest first, and a `Histogram` of each feature, and of the churn probability, over them.

    Of a moment with many customers, evenly many are counted, ``MOST_ROWS`` at the most.
    """

    moments: tuple[date, ...]
    features: Mapping[str, Histogram]

    @classmethod
    def of(cls, table: pd.DataFrame, probability: Callable[[pd.DataFrame], npt.NDArray[Any]] | None) -> Self:
        """Return the profile of a panel, or of one moment's behaviour table; rows in order of moment and id.

        ``probability`` says of such rows how likely each is to leave; None where no model can.
        """
        said = table["as_of"] if "as_of" in table else table.index.get_level_values("as_of")
        days = pd.DatetimeIndex(said)
        starts = np.flatnonzero(np.r_[True, days[1:] != days[:-1], True])
        rows = [
            np.linspace(start, end - 1, min(end - start, MOST_ROWS)).astype(np.int64)
            for start, end in pairwise(starts.tolist())
        ]
        sampled = table.iloc[np.concatenate(rows)]
        names = sampled.columns.difference(NOT_FEATURES, sort=False)
        columns = {str(name): sampled[name].to_numpy(np.float64) for name in names}
        if probability is not None:
            columns[PROBABILITY] = np.asarray(probability(sampled), dtype=np.float64)
        parts = np.cumsum([len(part) for part in rows])[:-1]
        return cls(
            tuple(days[start].date() for start in starts[:-1]),
            {name: Histogram.of(np.split(values, parts)) for name, values in columns.items()},
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {
            "moments": [str(moment) for moment in self.moments],
            "features": {
                name: {
                    "edges": list(one.edges),
                    "known": [list(counts.known) for counts in one.moments],
                    "missing": [counts.missing for counts in one.moments],
                }
                for name, one in self.features.items()
            },
        }

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> Self:
        """Read what ``to_dict`` gave."""
        return cls(
            tuple(date.fromisoformat(moment) for moment in kept["moments"]),
            {
                name: Histogram(
                    tuple(one["edges"]),
                    tuple(
                        Counts(tuple(known), missing)
                        for known, missing in zip(one["known"], one["missing"], strict=True)
                    ),
                )
                for name, one in kept["features"].items()
            },
        )
