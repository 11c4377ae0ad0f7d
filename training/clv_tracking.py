"""Repeat purchases of a population day by day: those that came, and those that a model expects.

The expectation knows only when each customer first bought, so it shows whether the model understands the
population, after the start of the holdout and before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from training.clv_holdout import Holdout
    from training.models.distinct import FloatArray
    from training.models.purchases import PurchaseModel

__all__ = ["expected_repeat_orders", "tracking", "weekly"]

WEEK_DAYS = 7


def expected_repeat_orders(model: PurchaseModel, acquired: FloatArray, days: int) -> FloatArray:
    """Return the repeat purchases that ``model`` expects on each of ``days`` days.

    ``acquired``: new customers on each of the first days. One acquired on day i is expected to make E[X(d -
    i)] repeat purchases by the end of day d, so that all who came on one day need it once.
    """
    since = np.arange(days, dtype=np.float64)
    by_age = np.diff(model.expected_purchases(since, 0.0, 0.0, 0.0), prepend=0.0)
    return np.convolve(acquired, by_age)[:days]


def tracking(holdout: Holdout) -> pd.DataFrame:
    """Return repeat purchases by day: ``actual``, ``expected``, and whether the day was ``held_out``."""
    age = holdout.customers["T"].to_numpy(np.int64)
    acquired = np.bincount(age.max() - age).astype(np.float64)
    actual = holdout.repeat_orders
    expected = expected_repeat_orders(holdout.purchases, acquired, len(actual))
    held_out = actual.index > pd.Timestamp(holdout.window.as_of)
    return pd.DataFrame({"actual": actual, "expected": expected, "held_out": held_out})


def weekly(by_day: pd.DataFrame) -> pd.DataFrame:
    """Return `tracking` by whole weeks, named by their last day; the holdout begins with a week."""
    before = int((~by_day["held_out"]).sum())
    week = (np.arange(len(by_day)) - before) // WEEK_DAYS
    whole = by_day.assign(day=by_day.index).groupby(week).filter(lambda days: len(days) == WEEK_DAYS)
    named = {"actual": "sum", "expected": "sum", "held_out": "first", "day": "last"}
    return whole.groupby(week[by_day.index.isin(whole.index)]).agg(named).set_index("day")
