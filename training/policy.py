"""How customers are banded and ranked: one policy for the backtest and for the at-risk list."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from pandas.arrays import IntegerArray

from training.score_schema import ChurnBand, ScoreStatus

Array: TypeAlias = npt.NDArray[np.float64]
Texts: TypeAlias = npt.NDArray[np.object_]

NEW_SHARE_OF_HORIZON = 0.25


@dataclass(frozen=True)
class Policy:
    """What a business decides, rather than what its data say.

    ``margin_rate``: gross margin per unit of revenue where none is recorded (None: 1.0, and scores say that
    it was assumed). ``clv_horizon_days`` and ``annual_discount_rate``: of the lifetime value.
    ``lapsed_at``: the churn probability from which a customer counts as gone. ``high``, ``low``: the
    borders of the churn bands.
    """

    margin_rate: float | None = None
    clv_horizon_days: int = 365
    annual_discount_rate: float = 0.10
    lapsed_at: float = 0.95
    high: float = 0.66
    low: float = 0.33

    def __post_init__(self) -> None:
        """Raise ``ValueError`` where a share leaves 0..1, or the bands cross."""
        if self.margin_rate is not None and not 0.0 <= self.margin_rate <= 1.0:
            raise ValueError(f"margin_rate is {self.margin_rate}; it lies within 0 and 1")
        if not 0.0 <= self.low <= self.high <= 1.0:
            raise ValueError(f"bands low {self.low} and high {self.high}; 0 <= low <= high <= 1")
        if not 0.0 < self.lapsed_at <= 1.0:
            raise ValueError(f"lapsed_at is {self.lapsed_at}; it lies above 0 and at most at 1")
        if self.clv_horizon_days < 1 or self.annual_discount_rate < 0.0:
            raise ValueError("clv_horizon_days is at least 1, annual_discount_rate at least 0")

    def to_dict(self) -> dict[str, Any]:
        """Return the settings by name."""
        return asdict(self)


def churn_band(churn_probability: Array, policy: Policy) -> Texts:
    """Return high, medium or low for each probability; None for NaN.

    >>> churn_band(np.array([0.9, 0.5, 0.1, np.nan]), Policy()).tolist()
    ['high', 'medium', 'low', None]
    """
    named = np.full(len(churn_probability), ChurnBand.MEDIUM.value, dtype=object)
    named[churn_probability >= policy.high] = ChurnBand.HIGH.value
    named[churn_probability < policy.low] = ChurnBand.LOW.value
    named[np.isnan(churn_probability)] = None
    return named


def churn_percentile(churn_probability: Array) -> IntegerArray:
    """Return 1–100, 100 for the most likely to leave; ties share the higher; null for NaN.

    >>> churn_percentile(np.array([0.1, 0.2, 0.3, 0.4])).tolist()
    [25, 50, 75, 100]
    """
    unknown = np.isnan(churn_probability)
    known = np.sort(churn_probability[~unknown])
    share = np.searchsorted(known, churn_probability, side="right") / max(len(known), 1)
    return IntegerArray(np.clip(np.ceil(share * 100.0 - 1e-9), 1, 100).astype(np.int32), unknown)


def score_status(
    churn_probability: Array, days_since_first_order: Array, horizon_days: int, policy: Policy
) -> Texts:
    """Return each customer's ``ScoreStatus``, as far as these tell it."""
    named = np.full(len(churn_probability), ScoreStatus.ELIGIBLE.value, dtype=object)
    named[churn_probability >= policy.lapsed_at] = ScoreStatus.ALREADY_CHURNED.value
    named[days_since_first_order < NEW_SHARE_OF_HORIZON * horizon_days] = ScoreStatus.NEW_CUSTOMER.value
    named[np.isnan(churn_probability)] = ScoreStatus.INSUFFICIENT_HISTORY.value
    return named


def at_risk_rank(status: Texts, value_at_risk: Array, churn_probability: Array, ids: Texts) -> IntegerArray:
    """Rank eligible customers by ``value_at_risk``, 1 the most; null for all others.

    Ties go to the likelier to leave, then to the smaller id: the order is the same on every run.
    """
    listed = np.flatnonzero((status == ScoreStatus.ELIGIBLE.value) & ~np.isnan(value_at_risk))
    order = np.lexsort((ids[listed], -churn_probability[listed], -value_at_risk[listed]))
    rank = np.zeros(len(status), dtype=np.int32)
    rank[listed[order]] = np.arange(1, len(listed) + 1)
    return IntegerArray(rank, rank == 0)
