"""What the churn model goes by, over all customers: contributions to the log-odds, about their average.

The contributions are those of the reasons (``training.explain``): linear terms and exact TreeSHAP, weighted
as the stack weighs them, and Shapley's shares of the value model. Less their mean over the customers, they
add up to each one's distance from the average score, in log-odds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.catalogue import CATALOGUE
from training.bundle import Bundle

__all__ = ["Importance", "dependence", "importance_of"]

Floats = npt.NDArray[np.float64]

FAMILIES = {feature.name: feature.family for feature in CATALOGUE}
ATTRIBUTES = "attributes"  # the family of what the catalogue does not hold: the customers' own
MOST_ROWS = 20_000  # evenly many; means over so many customers need no more
FEWEST_CUSTOMERS = 20  # in a bin: no point of a curve is a person
BINS = 20


@dataclass(frozen=True)
class Importance:
    """``parts``: customers × features, in log-odds about the average. ``behaviour``: the same customers."""

    model_version: str
    as_of: date
    parts: pd.DataFrame
    behaviour: pd.DataFrame

    @property
    def features(self) -> dict[str, float]:
        """The mean size of each feature's contribution, the largest first."""
        return _sizes(self.parts)

    @property
    def families(self) -> dict[str, float]:
        """The same of each family: its features' contributions are added up first, signs and all."""
        return _sizes(self.parts.T.groupby(lambda name: FAMILIES.get(str(name), ATTRIBUTES)).sum().T)

    def drawable(self, top: int) -> list[str]:
        """Return the first ``top`` features by importance that have a value to draw against."""
        return [name for name in self.features if name in self.behaviour][:top]

    def to_json(self, top: int) -> dict[str, Any]:
        """Return the figures as JSON's own types, with the curves of the ``top`` features; no customer."""
        curves = {
            name: dependence(self, name).replace({np.nan: None}).to_dict("records")
            for name in self.drawable(top)
        }
        return {
            "model_version": self.model_version,
            "as_of": self.as_of.isoformat(),
            "customers": len(self.parts),
            "families": self.families,
            "features": self.features,
            "dependence": curves,
        }


def importance_of(bundle: Bundle, behaviour: pd.DataFrame) -> Importance | None:
    """Return what the bundle goes by for the customers of a behaviour table; None without a model."""
    rows = np.unique(np.linspace(0, len(behaviour) - 1, MOST_ROWS).astype(np.int64))
    looked_at = behaviour.iloc[rows].reset_index(drop=True)
    parts = bundle.contributions(looked_at)
    if parts is None:
        return None
    as_of = looked_at["as_of"].iloc[0].date()
    return Importance(bundle.version, as_of, parts - parts.mean(), looked_at)


def dependence(found: Importance, feature: str) -> pd.DataFrame:
    """Return how a feature's contribution goes with its value, in bins of 20 customers or more.

    Columns: ``value`` (the bin's median; NaN in the row of those of whom it is not known), ``customers``, and
    of their contributions ``low``, ``middle`` and ``high``: the 10th, 50th and 90th hundredth, in log-odds.
    """
    values = found.behaviour[feature].to_numpy(np.float64, na_value=np.nan)
    said = pd.DataFrame({"value": values, "part": found.parts[feature].to_numpy(np.float64)})
    rows = [
        {
            "value": np.nan if rows["value"].isna().all() else float(rows["value"].median()),
            "customers": len(rows),
            **dict(zip(("low", "middle", "high"), rows["part"].quantile([0.1, 0.5, 0.9]), strict=True)),
        }
        for _, rows in said.groupby(_bins(values))
        if len(rows) >= FEWEST_CUSTOMERS
    ]
    columns = ["value", "customers", "low", "middle", "high"]
    return pd.DataFrame(rows, columns=columns).sort_values("value", ignore_index=True)


def _bins(values: Floats) -> npt.NDArray[np.int64]:
    """Return the bin of each value: equal values share one, and none but the unknown (-1) is too small."""
    known = np.isfinite(values)
    bins = np.full(len(values), -1)
    least = max(FEWEST_CUSTOMERS, int(known.sum()) // BINS)
    distinct, places, counts = np.unique(values[known], return_inverse=True, return_counts=True)
    bin_of, filled, current = np.zeros(len(distinct), dtype=np.int64), 0, 0
    left = int(counts.sum())
    for place, count in enumerate(counts):
        if filled >= least and left >= least:
            current, filled = current + 1, 0
        bin_of[place] = current
        filled, left = filled + int(count), left - int(count)
    bins[known] = bin_of[places]
    return bins


def _sizes(parts: pd.DataFrame) -> dict[str, float]:
    sizes: Mapping[Any, float] = parts.abs().mean().sort_values(ascending=False, kind="stable").to_dict()
    return {str(name): float(size) for name, size in sizes.items()}
