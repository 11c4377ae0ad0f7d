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
from sklearn.metrics import (
    average_precision_score,
    mean_poisson_deviance,
    mean_tweedie_deviance,
    roc_auc_score,
)

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
    seen = pd.DataFrame({"predicted": np.clip(probability, 1e-6, 1 - 1e-6), "observed": churned})
    constant = seen.predicted.min() == seen.predicted.max()
    bins = pd.Series(0, seen.index) if constant else pd.qcut(seen.predicted, BINS, duplicates="drop")
    return (
        seen.groupby(bins, observed=True)
        .agg(predicted=("predicted", "mean"), observed=("observed", "mean"), customers=("observed", "size"))
        .reset_index(drop=True)
    )


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
    return float(roc_auc_score(churned, score)) if _has_both(churned) else math.nan


def _pr_auc(churned: Floats, score: Floats) -> float:
    return float(average_precision_score(churned, score)) if _has_both(churned) else math.nan


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
    table = reliability_table(churned, probability)
    return float(np.average((table.predicted - table.observed).abs(), weights=table.customers))


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
    ranks = pd.DataFrame({"seen": revenue, "forecast": forecast}).rank()
    if ranks.nunique().min() < 2:  # noqa: PLR2004 - a constant has no ranks
        return math.nan
    return float(np.corrcoef(ranks["seen"], ranks["forecast"])[0, 1])


def _deviance_revenue(revenue: Floats, forecast: Floats) -> float:
    """Return the Tweedie deviance of power 1.5, over the root of the mean: free of the currency's unit."""
    mean = max(revenue.mean(), LEAST)
    deviance = mean_tweedie_deviance(revenue, np.maximum(forecast, 1e-3 * mean), power=1.5)
    return float(deviance / mean**0.5)


def _deviance_orders(orders: Floats, forecast: Floats) -> float:
    return float(mean_poisson_deviance(orders, np.maximum(forecast, 1e-3)))


def _bias(seen: Floats, forecast: Floats) -> float:
    """Return the forecast total over the true total, less 1."""
    return float(forecast.sum() / seen.sum() - 1) if seen.sum() > 0 else math.nan


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
        "bias_revenue": Metric("revenue", "zero", _bias),
        "deviance_orders": Metric("orders", "lower", _deviance_orders),
        "bias_orders": Metric("orders", "zero", _bias),
    }
)
