"""How good the forecasts were, on the outcomes of one held-out moment, and by how much one beats another."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.metrics import METRICS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

__all__ = [
    "FEWEST_CUSTOMERS",
    "FEWEST_OF_EACH",
    "OURS",
    "Difference",
    "Evaluation",
    "Forecast",
    "judge",
    "paired_difference",
    "recency_rule",
]

Floats = npt.NDArray[np.float64]
Kind = Literal["out-of-time", "cross-fitted", "shorter-horizon"]

OURS = "Joren"  # among the models of an evaluation, the one that scores the customers
BOOTSTRAP_ROUNDS = 200
FEWEST_CUSTOMERS = 100  # below which measures are mostly chance
FEWEST_OF_EACH = 20  # who left, and who stayed


@dataclass(frozen=True)
class Forecast:
    """What one model says of every customer, in the truth's order; what it cannot say is None."""

    churn: npt.ArrayLike | None = None
    orders: npt.ArrayLike | None = None
    revenue: npt.ArrayLike | None = None


class Difference(NamedTuple):
    """``ours - theirs`` and the standard error of that difference."""

    difference: float
    standard_error: float


def judge(
    truth: pd.DataFrame,
    churn: npt.ArrayLike | None = None,
    orders: npt.ArrayLike | None = None,
    revenue: npt.ArrayLike | None = None,
) -> dict[str, float]:
    """Return every measure of `METRICS` that the forecasts allow; one without meaning here is left out.

    ``truth`` has one row a customer: ``churned`` (0/1), ``orders``, ``revenue``. A forecast is in the same
    order; a ``Series`` must carry the same index, else ``ValueError``. ``churn`` within 0..1 is judged as a
    probability too.

    >>> seen = pd.DataFrame({"churned": [1, 0, 1, 0], "orders": [0, 1, 0, 3], "revenue": [0, 5, 0, 45]})
    >>> judge(seen, churn=[0.9, 0.2, 0.6, 0.3])["auc"]
    1.0
    >>> sorted(judge(seen, churn=[74, 3, 50, 9]))  # days since the last order: a ranking, no probability
    ['auc', 'lift_10', 'lift_20', 'lift_5', 'pr_auc']
    """
    given = {
        outcome: _aligned(truth, values)
        for outcome, values in (("churned", churn), ("orders", orders), ("revenue", revenue))
        if values is not None
    }
    measured = {
        name: metric.of(truth[metric.outcome].to_numpy(np.float64), given[metric.outcome])
        for name, metric in METRICS.items()
        if metric.outcome in given and metric.applies_to(given[metric.outcome])
    }
    return {name: value for name, value in measured.items() if math.isfinite(value)}


def paired_difference(
    truth: pd.DataFrame,
    ours: npt.ArrayLike,
    theirs: npt.ArrayLike,
    metric: str,
    *,
    rounds: int = BOOTSTRAP_ROUNDS,
    seed: int = 0,
) -> Difference:
    """Return our measure less theirs, with the standard error of a paired bootstrap over the customers.

    ``ours`` and ``theirs`` are forecasts of the metric's own outcome, as in `judge`. Rounds in which the
    measure has no meaning (everybody drawn has left) are not counted; without two that count, the standard
    error is NaN. A ranking judged by a measure of probabilities is a ``ValueError``.
    """
    measure = METRICS[metric]
    y = truth[measure.outcome].to_numpy(np.float64)
    a, b = _aligned(truth, ours), _aligned(truth, theirs)
    if not (measure.applies_to(a) and measure.applies_to(b)):
        raise ValueError(f"{metric} judges probabilities, and a forecast here leaves 0..1")
    generator = np.random.default_rng(seed)
    drawn = (generator.integers(0, len(y), len(y)) for _ in range(rounds))
    differences = np.array([measure.of(y[i], a[i]) - measure.of(y[i], b[i]) for i in drawn])
    differences = differences[np.isfinite(differences)]
    error = float(differences.std()) if len(differences) > 1 else math.nan
    return Difference(measure.of(y, a) - measure.of(y, b), error)


def recency_rule(behaviour: pd.DataFrame) -> Floats:
    """Return the days since each last order: the longer a customer has been away, the likelier to be gone."""
    return behaviour["days_since_last_order"].to_numpy(np.float64)


@dataclass(frozen=True)
class Evaluation:
    """Several models judged on the same customers at one held-out moment.

    ``kind`` says how far the figures can be trusted: "out-of-time" is production's own situation;
    "cross-fitted" has each customer judged by models that never saw that customer, but knew the period;
    "shorter-horizon" asked an easier question. ``predictions`` (by customer_id: churned, orders, revenue, and
    ``"model|churn"`` and the like) serves pictures and comparisons; it is never logged or written.
    """

    moment: date
    horizon_days: int
    kind: Kind
    customers: int
    metrics: Mapping[str, Mapping[str, float]]
    predictions: pd.DataFrame = field(repr=False, compare=False)

    @property
    def main(self) -> str:
        """The model that the others are compared with: `OURS`, or the last where it takes no part."""
        return OURS if OURS in self.metrics else list(self.metrics)[-1]

    @property
    def caution(self) -> str:
        """Why the measures tell little, in a sentence; empty where customers are enough."""
        left = int(self.predictions["churned"].sum())
        stayed = self.customers - left
        if self.customers >= FEWEST_CUSTOMERS and min(left, stayed) >= FEWEST_OF_EACH:
            return ""
        return (
            f"{left:,} left and {stayed:,} stayed: where that is fewer than {FEWEST_CUSTOMERS} customers, or "
            f"than {FEWEST_OF_EACH} of either, these figures are mostly chance: no ground to trust a model on"
        )

    @classmethod
    def of(
        cls,
        truth: pd.DataFrame,
        forecasts: Mapping[str, Forecast],
        *,
        moment: date,
        horizon_days: int,
        kind: Kind,
    ) -> Evaluation:
        """Judge every model's forecast of the truth (as `judge` takes it, customer_id its index)."""
        predictions = truth[["churned", "orders", "revenue"]].astype(np.float64)
        for model, forecast in forecasts.items():
            for outcome, values in vars(forecast).items():
                if values is not None:
                    predictions[f"{model}|{outcome}"] = _aligned(truth, values)
        metrics = {model: judge(truth, **vars(forecast)) for model, forecast in forecasts.items()}
        return cls(moment, horizon_days, kind, len(truth), metrics, predictions)

    def beside(self, forecasts: Mapping[str, Forecast]) -> Evaluation:
        """Return the evaluation with more models judged on the same outcomes, named before those there.

        One of the name of a model that is there takes its place; `OURS` stays the last.
        """
        there = {
            model: Forecast(
                **{o: self.predictions.get(f"{model}|{o}") for o in ("churn", "orders", "revenue")}
            )
            for model in self.metrics
        }
        every = {**forecasts, **{model: said for model, said in there.items() if model not in forecasts}}
        return Evaluation.of(
            self.predictions[["churned", "orders", "revenue"]],
            dict(sorted(every.items(), key=lambda one: one[0] == OURS)),
            moment=self.moment,
            horizon_days=self.horizon_days,
            kind=self.kind,
        )

    def compare(
        self, ours: str, theirs: str, metric: str, *, rounds: int = BOOTSTRAP_ROUNDS, seed: int = 0
    ) -> Difference:
        """Return two models' `paired_difference`; ``KeyError`` where one does not forecast that outcome."""
        outcome = METRICS[metric].outcome.replace("churned", "churn")
        a, b = (self.predictions[f"{model}|{outcome}"] for model in (ours, theirs))
        return paired_difference(self.predictions, a, b, metric, rounds=rounds, seed=seed)

    def to_json(self) -> dict[str, object]:
        """Return what may be written down, as JSON's own types: the measures, and no customer."""
        return {
            "moment": self.moment.isoformat(),
            "horizon_days": self.horizon_days,
            "kind": self.kind,
            "customers": self.customers,
            "churned_share": float(self.predictions["churned"].mean()),
            "metrics": {model: dict(measured) for model, measured in self.metrics.items()},
        }


def _aligned(truth: pd.DataFrame, forecast: npt.ArrayLike) -> Floats:
    if isinstance(forecast, pd.Series) and not forecast.index.equals(truth.index):
        raise ValueError("the forecast's index is not the truth's: the customers would be mixed up")
    values = np.asarray(forecast, dtype=np.float64)
    if values.shape != (len(truth),):
        raise ValueError(f"the forecast has shape {values.shape}; the truth has {len(truth)} customers")
    return values
