"""What became of the customers of a published run, held against what its own scores promised.

If the probabilities are right, they say themselves how well they rank: a leaver stands above a stayer as
often as the probabilities let one expect. So each run brings its own standard along, and a hard season is not
taken for a bad model.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.limits import Limits
from training.metrics import BINS, METRICS

__all__ = ["Realised", "promised_auc", "realised"]

Floats = npt.NDArray[np.float64]
ERRORS = 3.0  # standard errors that are put down to chance


@dataclass(frozen=True)
class Realised:
    """A run whose horizon is over. ``promised`` is what its probabilities let one expect.

    ``auc`` is None where everybody left, or nobody did; it is an alert below ``auc_limit``, the calibration
    error ``ece`` above ``ece_limit``: the limits allow for chance.
    """

    run_id: str
    as_of: date
    horizon_days: int
    model_version: str
    customers: int
    churned_share: float
    promised_share: float
    auc: float | None
    promised_auc: float | None
    auc_limit: float
    log_loss: float
    promised_log_loss: float
    ece: float
    ece_limit: float

    @property
    def ranks_worse(self) -> bool:
        """Whether leavers were ranked less well than promised."""
        return self.auc is not None and self.auc < self.auc_limit

    @property
    def is_miscalibrated(self) -> bool:
        """Whether stated and realised churn lie too far apart."""
        return self.ece > self.ece_limit


def realised(
    scores: pd.Series[float],
    churned: pd.Series[float],
    *,
    run_id: str,
    as_of: date,
    horizon_days: int,
    model_version: str,
    limits: Limits,
) -> Realised | None:
    """Judge a run's churn probabilities by what came; both by customer_id, compared where both know one.

    None where they have no customer in common.
    """
    known = pd.concat({"said": scores, "seen": churned}, axis=1, join="inner").dropna()
    if known.empty:
        return None
    said, seen = (known[name].to_numpy(np.float64) for name in ("said", "seen"))
    clipped = np.clip(said, 1e-6, 1 - 1e-6)
    entropy = -(clipped * np.log(clipped) + (1 - clipped) * np.log(1 - clipped))
    auc, promised = METRICS["auc"].of(seen, said), promised_auc(said)
    chance = np.sqrt(2 / np.pi * said * (1 - said) * BINS / len(said)).mean()
    return Realised(
        run_id=run_id,
        as_of=as_of,
        horizon_days=horizon_days,
        model_version=model_version,
        customers=len(known),
        churned_share=float(seen.mean()),
        promised_share=float(said.mean()),
        auc=auc if np.isfinite(auc) else None,
        promised_auc=promised,
        auc_limit=(promised or 0.0) - limits.auc_drop - ERRORS * _auc_error(promised or 0.5, seen),
        log_loss=METRICS["log_loss"].of(seen, said),
        promised_log_loss=float(entropy.mean()),
        ece=METRICS["ece"].of(seen, said),
        ece_limit=limits.calibration_error + ERRORS * float(chance),
    )


def promised_auc(probability: Floats) -> float | None:
    """Return the AUC to expect if the probabilities are right; None where all are 0 or all 1.

    Over pairs of customers, weighted by the probability that the one leaves and the other stays: the share in
    which the leaver has the higher probability, ties counted half.

    >>> promised_auc(np.array([1.0, 1.0, 0.0]))
    1.0
    """
    _, places = np.unique(probability, return_inverse=True)
    leavers = np.bincount(places, weights=probability)
    stayers = np.bincount(places, weights=1 - probability)
    pairs = leavers.sum() * stayers.sum()
    if pairs <= 0:
        return None
    below = np.cumsum(stayers) - stayers / 2
    return float(leavers @ below / pairs)


def _auc_error(auc: float, churned: Floats) -> float:
    """Return the standard error of an AUC: Hanley & McNeil, "The Meaning and Use of the Area", 1982."""
    left = max(float(churned.sum()), 1.0)
    stayed = max(len(churned) - left, 1.0)
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (left - 1) * (q1 - auc**2) + (stayed - 1) * (q2 - auc**2)
    return float(np.sqrt(max(variance, 0.0) / (left * stayed)))
