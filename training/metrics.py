"""The field's measures of a forecast, one formula each, in the table `METRICS`.

Orders and revenue are judged by the deviance of their means: an absolute error would reward a forecast of
nothing, since most customers buy nothing in most windows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import xlogy
from scipy.stats import rankdata

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["METRICS", "Metric", "decile_table", "reliability_table"]

Floats = npt.NDArray[np.float64]

BINS = 10  # of equal numbers of customers, in the calibration error and its picture
LEAST = 1e-9  # keeps a ratio to a total of nothing finite


@dataclass(frozen=True)
class Metric:
    """One measure: of which outcome, what makes it better, and its formula ``of(truth, forecast)``.

    ``of`` gives NaN where the measure has no meaning, such as a ranking where everybody left.
    """

    outcome: Literal["churned", "orders", "revenue"]
    better: Literal["higher", "lower", "zero"]
    of: Callable[[Floats, Floats], float]
    wants_probability: bool = False

    def applies_to(self, forecast: Floats) -> bool:
        """Whether the forecast is of the kind judged; a score outside 0..1 ranks, and is no probability."""
        return not self.wants_probability or bool(forecast.min() >= 0 and forecast.max() <= 1)


def reliability_table(churned: Floats, probability: Floats) -> pd.DataFrame:
    """Return mean forecast, observed share and customers in ten bins of equal size (fewer on ties)."""
    predicted = np.clip(probability, 1e-6, 1 - 1e-6)
    return (
        pd.DataFrame({"predicted": predicted, "observed": churned})
        .groupby(_bins(predicted))
        .agg(predicted=("predicted", "mean"), observed=("observed", "mean"), customers=("observed", "size"))
        .reset_index(drop=True)
    )


def _bins(predicted: Floats) -> npt.NDArray[np.int64]:
    """Return which of ten bins, cut at the tenths of the forecasts, each falls into; equal ones into one."""
    edges = np.unique(np.quantile(predicted, np.linspace(0, 1, BINS + 1)))
    return np.maximum(np.searchsorted(edges, predicted, side="left") - 1, 0)


def decile_table(revenue: pd.Series, forecast: pd.Series) -> pd.DataFrame:
    """Return what each tenth was expected to spend, spent, and spent in all; 1 = the highest forecasts."""
    ranks = forecast.rank(method="first", ascending=False)
    tenth = (ranks * 10 / len(ranks)).apply(np.ceil).astype(int).rename("tenth")
    return (
        pd.DataFrame({"predicted": forecast, "seen": revenue, "total": revenue})
        .groupby(tenth)
        .agg({"predicted": "mean", "seen": "mean", "total": "sum"})
    )


def _has_both(churned: Floats) -> bool:
    return len(churned) > 0 and churned.min() != churned.max()


def _auc(churned: Floats, score: Floats) -> float:
    """Return Mann and Whitney's share of the pairs of a leaver and a stayer that are ranked rightly."""
    if not _has_both(churned):
        return math.nan
    left = churned.sum()
    above = rankdata(score)[churned == 1].sum() - left * (left + 1) / 2
    return float(above / left / (len(churned) - left))


def _pr_auc(churned: Floats, score: Floats) -> float:
    """Return average precision: precision at each length of the list, weighted by the recall it adds."""
    if not _has_both(churned):
        return math.nan
    order = np.argsort(-score, kind="stable")
    last_of_tied = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    caught = churned[order].cumsum()[last_of_tied]
    precision = caught / (last_of_tied + 1)
    return float(np.diff(caught, prepend=0.0) @ precision / churned.sum())


def _lift(percent: int) -> Callable[[Floats, Floats], float]:
    """Make the measure: churn in the top ``percent`` % over churn in all; those tied at the edge share."""

    def lift(churned: Floats, score: Floats) -> float:
        if not _has_both(churned):
            return math.nan
        picked = math.ceil(len(score) * percent / 100)
        edge = np.partition(score, -picked)[-picked]
        above, tied = score > edge, score == edge
        hits = churned[above].sum() + (picked - above.sum()) * churned[tied].mean()
        return float(hits / picked / churned.mean())

    return lift


def _log_loss(churned: Floats, probability: Floats) -> float:
    q = np.clip(probability, 1e-6, 1 - 1e-6)
    return float(-np.mean(np.log(np.where(churned == 1, q, 1 - q))))


def _brier(churned: Floats, probability: Floats) -> float:
    return float(np.mean((np.clip(probability, 1e-6, 1 - 1e-6) - churned) ** 2))


def _ece(churned: Floats, probability: Floats) -> float:
    predicted = np.clip(probability, 1e-6, 1 - 1e-6)
    return float(np.abs(np.bincount(_bins(predicted), predicted - churned)).sum() / len(churned))


def _area_over_random(revenue: Floats, ranking: Floats) -> float:
    n = len(revenue)
    gained = revenue[np.argsort(-ranking, kind="stable")].cumsum()
    return float(gained.sum() / max(revenue.sum(), LEAST) / n - (n + 1) / (2 * n))


def _gini(revenue: Floats, forecast: Floats) -> float:
    """Return the area between the gain curve and chance, over that of a perfect ranking."""
    perfect = _area_over_random(revenue, revenue)
    if revenue.sum() <= 0 or perfect <= 0:
        return math.nan
    return _area_over_random(revenue, forecast) / perfect


def _spearman(revenue: Floats, forecast: Floats) -> float:
    if revenue.min() == revenue.max() or forecast.min() == forecast.max():
        return math.nan  # a constant has no ranks
    return float(np.corrcoef(rankdata(revenue), rankdata(forecast))[0, 1])


def _deviance_revenue(revenue: Floats, forecast: Floats) -> float:
    """Return the Tweedie deviance of power 1.5, over the root of the mean: free of the currency's unit."""
    mean = revenue.mean()
    if mean <= 0:
        return math.nan
    root = np.sqrt(np.maximum(forecast, 1e-3 * mean))
    return float(4.0 * np.mean(revenue / root + root - 2.0 * np.sqrt(revenue)) / mean**0.5)


def _deviance_orders(orders: Floats, forecast: Floats) -> float:
    """Return the Poisson deviance."""
    expected = np.maximum(forecast, 1e-3)
    return float(2.0 * np.mean(xlogy(orders, orders / expected) - orders + expected))


def _bias(seen: Floats, forecast: Floats) -> float:
    """Return the forecast total over the true total, less 1."""
    return float(forecast.sum() / seen.sum() - 1) if seen.sum() > 0 else math.nan


def _decile_error(revenue: Floats, forecast: Floats) -> float:
    """Return by how much the tenths' totals are missed, over the whole total; tenths by forecast."""
    if revenue.sum() <= 0:
        return math.nan
    tenths = np.array_split(np.argsort(-forecast, kind="stable"), 10)
    missed = sum(abs(forecast[rows].sum() - revenue[rows].sum()) for rows in tenths)
    return float(missed / revenue.sum())


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        "auc": Metric("churned", "higher", _auc),
        "pr_auc": Metric("churned", "higher", _pr_auc),
        "log_loss": Metric("churned", "lower", _log_loss, wants_probability=True),
        "brier": Metric("churned", "lower", _brier, wants_probability=True),
        "ece": Metric("churned", "lower", _ece, wants_probability=True),
        "lift_5": Metric("churned", "higher", _lift(5)),
        "lift_10": Metric("churned", "higher", _lift(10)),
        "lift_20": Metric("churned", "higher", _lift(20)),
        "gini": Metric("revenue", "higher", _gini),
        "spearman": Metric("revenue", "higher", _spearman),
        "deviance_revenue": Metric("revenue", "lower", _deviance_revenue),
        "decile_error": Metric("revenue", "lower", _decile_error),
        "bias_revenue": Metric("revenue", "zero", _bias),
        "deviance_orders": Metric("orders", "lower", _deviance_orders),
        "bias_orders": Metric("orders", "zero", _bias),
    }
)
