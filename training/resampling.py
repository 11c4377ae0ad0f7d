"""How far a figure would move with other customers: one bootstrap over all moments of a backtest.

Whole customers are drawn, with all the moments that they stand at, since a customer's moments are no
independent evidence: the cluster bootstrap (Field & Welsh, "Bootstrapping clustered data", JRSS B 2007).
Beyond 5,000 customers, 5,000 are drawn and the spread is scaled by the root of the share (Bickel, Götze & van
Zwet, "Resampling fewer than n observations", Statistica Sinica 1997). It tells nothing of other seasons: for
that, look at how the moments differ.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from training.evaluate import Difference, Evaluation, Floats
from training.metrics import METRICS

__all__ = ["COMPARED", "ROUNDS", "Resampled"]

ROUNDS = 100
MOST_CUSTOMERS = 5_000
COMPARED = (
    "auc",
    "pr_auc",
    "log_loss",
    "brier",
    "ece",
    "lift_10",
    "gini",
    "spearman",
    "deviance_revenue",
    "deviance_orders",
)


@dataclass(frozen=True)
class Resampled:
    """``rounds``: by model and measure, what each round gave at each moment, (rounds, moments).

    ``shrunk``: what a standard deviation over the rounds is multiplied by.
    """

    rounds: Mapping[tuple[str, str], Floats]
    shrunk: float

    @classmethod
    def of(
        cls, evaluations: Sequence[Evaluation], models: Sequence[str], *, rounds: int = ROUNDS, seed: int = 0
    ) -> Self:
        """Measure ``models`` on customers drawn anew, ``rounds`` times, as far as each forecasts."""
        everybody = pd.Index(np.concatenate([it.predictions.index for it in evaluations])).unique()
        size = min(len(everybody), MOST_CUSTOMERS)
        places = [everybody.get_indexer(it.predictions.index) for it in evaluations]
        seen = {
            (model, metric): columns
            for model in models
            for metric in COMPARED
            if (columns := _columns(evaluations, model, metric))
        }
        measured = {key: np.empty((rounds, len(evaluations))) for key in seen}
        generator = np.random.default_rng(seed)
        for number in range(rounds):
            drawn = generator.integers(0, len(everybody), size)
            counts = np.bincount(drawn, minlength=len(everybody))
            for moment, place in enumerate(places):
                rows = np.repeat(np.arange(len(place)), counts[place])
                for (model, metric), columns in seen.items():
                    truth, forecast = columns[moment]
                    measured[model, metric][number, moment] = METRICS[metric].of(truth[rows], forecast[rows])
        return cls(measured, math.sqrt(size / len(everybody)))

    def standard_error(self, model: str, metric: str, moment: int) -> float:
        """Return that of one model's measure at the ``moment``-th evaluation; NaN where it has none."""
        return self._spread(self.rounds[model, metric][:, moment])

    def difference(self, ours: str, theirs: str, metric: str, seen: Sequence[float]) -> Difference:
        """Return the mean over the moments of ``seen`` (ours less theirs), with its standard error."""
        gaps = self.rounds[ours, metric] - self.rounds[theirs, metric]
        return Difference(float(np.mean(seen)), self._spread(gaps.mean(axis=1)))

    def difference_at(self, ours: str, theirs: str, metric: str, moment: int, seen: float) -> Difference:
        """Return one moment's difference likewise."""
        gaps = self.rounds[ours, metric][:, moment] - self.rounds[theirs, metric][:, moment]
        return Difference(seen, self._spread(gaps))

    def _spread(self, values: Floats) -> float:
        values = values[np.isfinite(values)]
        return float(values.std()) * self.shrunk if values.size > 1 else math.nan


def _columns(evaluations: Sequence[Evaluation], model: str, metric: str) -> list[tuple[Floats, Floats]]:
    """Return truth and forecast at each moment; nothing where the model has no such measure at one."""
    if any(metric not in evaluation.metrics.get(model, {}) for evaluation in evaluations):
        return []
    outcome = METRICS[metric].outcome
    column = f"{model}|{outcome.replace('churned', 'churn')}"
    return [(it.predictions[outcome].to_numpy(), it.predictions[column].to_numpy()) for it in evaluations]
