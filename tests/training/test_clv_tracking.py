"""Repeat purchases over time: the expectation against sums by hand, customer by customer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from training.clv_holdout import Holdout
from training.clv_tracking import expected_repeat_orders, tracking, weekly
from training.models.bgnbd import BGNBD
from training.models.mbgnbd import MBGNBD
from training.models.paretonbd import ParetoNBD
from training.models.purchases import PurchaseModel

MODELS = (
    BGNBD(r=0.24, alpha=30.0, a=0.8, b=2.4),
    MBGNBD(r=0.5, alpha=40.0, a=0.9, b=1.5),
    ParetoNBD(r=0.55, alpha=74.0, s=0.6, beta=82.0),
)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.NAME)
def test_groups_of_acquisition_are_the_sum_over_customers(model: PurchaseModel) -> None:
    acquired = np.array([3.0, 0.0, 5.0, 1.0])
    by_day = expected_repeat_orders(model, acquired, days=40)
    for day in (0, 1, 5, 39):
        by_hand = sum(
            customers * model.expected_purchases(day - first, 0, 0, 0)
            for first, customers in enumerate(acquired)
            if first <= day
        )
        assert by_day[: day + 1].sum() == pytest.approx(float(by_hand), rel=1e-9, abs=1e-12)


def test_the_expected_total_at_the_end_of_calibration(holdout: Holdout) -> None:
    by_day = tracking(holdout)
    calibrated, age = by_day[~by_day["held_out"]], holdout.customers["T"]
    by_hand = holdout.purchases.expected_purchases(age, 0, 0, 0).sum()
    assert calibrated["expected"].sum() == pytest.approx(by_hand, rel=1e-9)
    assert calibrated["actual"].sum() == holdout.customers["x"].sum()
    later = holdout.purchases.expected_purchases(age + 273, 0, 0, 0).sum()
    assert by_day["expected"].sum() == pytest.approx(later, rel=1e-9)
    assert by_day["actual"].sum() == holdout.customers["x"].sum() + holdout.customers["bought"].sum()


def test_weeks_are_whole_and_the_holdout_begins_with_one(holdout: Holdout) -> None:
    by_day = tracking(holdout)
    by_week = weekly(by_day)
    assert (np.diff(by_week.index.to_numpy()) == np.timedelta64(7, "D")).all()
    first = by_week.index[by_week["held_out"]][0]
    assert first == pd.Timestamp(holdout.window.as_of) + pd.Timedelta(days=7)
    for day in (by_week.index[0], first):
        week = by_day.loc[day - pd.Timedelta(days=6) : day]
        assert len(week) == 7
        assert by_week.loc[day, "actual"] == week["actual"].sum()
        assert by_week.loc[day, "expected"] == pytest.approx(week["expected"].sum())
