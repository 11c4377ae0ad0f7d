from __future__ import annotations

import numpy as np
import pandas as pd

from features.reference import reference_at
from tests.training.bundles import AS_OF, a_shop
from tests.training.test_plots import an_evaluation
from training.breakdown import by_segment, risk_tenths
from training.evaluate import judge


def test_tenths_hold_everybody_and_add_up_to_all_who_left() -> None:
    evaluation = an_evaluation(403)
    table = risk_tenths(evaluation)
    assert table is not None
    assert list(table.index) == list(range(1, 11))
    assert table["customers"].sum() == 403
    assert table["gain"].iloc[-1] == 1.0
    assert table["predicted"].is_monotonic_decreasing
    churned = evaluation.predictions["churned"]
    assert np.isclose((table["lift"] * table["customers"]).sum() / 403, 1.0)
    assert np.isclose(table["left"].iloc[0] / churned.mean(), table["lift"].iloc[0])
    assert risk_tenths(an_evaluation(40)) is None


def test_a_segment_of_few_is_not_spoken_of() -> None:
    evaluation = an_evaluation(400)
    ids = evaluation.predictions.index
    behaviour = pd.DataFrame(
        {
            "customer_id": ids[::-1],
            "days_since_last_order": np.where(np.arange(400) < 350, 1.0, 400.0),
            "orders": 50.0,
        }
    )
    told = by_segment(evaluation, behaviour, reference_at(a_shop(), AS_OF))
    assert list(told) == ["Champions"]
    rows = evaluation.predictions.loc[ids[::-1][:350]]
    assert told["Champions"]["customers"] == 350
    assert told["Champions"]["auc"] == judge(rows, churn=rows["Joren|churn"])["auc"]
