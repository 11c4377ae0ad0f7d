"""How customers are banded and ranked: one policy for the backtest and for the at-risk list."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.score_schema import ChurnBand, ScoreStatus

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


def churn_band(churn_probability: pd.Series[float], policy: Policy) -> pd.Series[str]:
    """Return high, medium or low for each probability; null for null.

    >>> churn_band(pd.Series([0.9, 0.5, 0.1, None]), Policy()).to_list()
    ['high', 'medium', 'low', None]
    """
    values = churn_probability.to_numpy(dtype=np.float64)
    named = np.full(len(values), ChurnBand.MEDIUM.value, dtype=object)
    named[values >= policy.high] = ChurnBand.HIGH.value
    named[values < policy.low] = ChurnBand.LOW.value
    named[np.isnan(values)] = None
    return pd.Series(named, index=churn_probability.index)


def churn_percentile(churn_probability: pd.Series[float]) -> pd.Series[int]:
    """Return 1–100, 100 for the most likely to leave; ties share the higher; null for null.

    >>> churn_percentile(pd.Series([0.1, 0.2, 0.3, 0.4])).to_list()
    [25, 50, 75, 100]
    """
    values = churn_probability.to_numpy(dtype=np.float64)
    known = np.sort(values[~np.isnan(values)])
    share = np.searchsorted(known, values, side="right") / max(len(known), 1)
    percentile = np.clip(np.ceil(share * 100.0 - 1e-9), 1, 100)
    return _whole(percentile, np.isnan(values), churn_probability.index)


def score_status(
    scores: pd.DataFrame, days_since_first_order: pd.Series[float], horizon_days: int, policy: Policy
) -> pd.Series[str]:
    """Return each customer's ``ScoreStatus``; ``scores`` holds ``churn_probability``."""
    churn = scores["churn_probability"].to_numpy(dtype=np.float64)
    age = days_since_first_order.to_numpy(dtype=np.float64)
    named = np.select(
        [np.isnan(churn), age < NEW_SHARE_OF_HORIZON * horizon_days, churn >= policy.lapsed_at],
        [
            ScoreStatus.INSUFFICIENT_HISTORY.value,
            ScoreStatus.NEW_CUSTOMER.value,
            ScoreStatus.ALREADY_CHURNED.value,
        ],
        default=ScoreStatus.ELIGIBLE.value,
    )
    return pd.Series(named, index=scores.index, dtype=object)


def at_risk_rank(scores: pd.DataFrame) -> pd.Series[int]:
    """Rank eligible customers by ``value_at_risk``, 1 the most; null for all others.

    Ties go to the likelier to leave, then to the smaller ``customer_id``: the order is the same on every run.
    """
    value = scores["value_at_risk"].to_numpy(dtype=np.float64)
    eligible = (scores["score_status"] == ScoreStatus.ELIGIBLE.value).to_numpy()
    listed = np.flatnonzero(eligible & ~np.isnan(value))
    churn = scores["churn_probability"].to_numpy(dtype=np.float64)[listed]
    ids = scores["customer_id"].to_numpy(dtype=object)[listed]
    rank = np.zeros(len(scores))
    rank[listed[np.lexsort((ids, -churn, -value[listed]))]] = np.arange(1, len(listed) + 1)
    return _whole(rank, rank == 0, scores.index)


def _whole(
    numbers: npt.NDArray[np.float64], missing: npt.NDArray[np.bool_], index: pd.Index
) -> pd.Series[int]:
    return pd.Series(pd.arrays.IntegerArray(numbers.astype(np.int32), missing), index=index)
