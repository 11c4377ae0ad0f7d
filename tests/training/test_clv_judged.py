"""Expected and actual by groups of customers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from training.clv_holdout import Holdout
from training.clv_judged import LEAST_IN_GROUP, by_frequency, open_group, value_tenths


def test_groups_of_frequency_hold_everybody_once(holdout: Holdout) -> None:
    table = by_frequency(holdout)
    seen = holdout.customers.assign(expected=holdout.expected_orders())
    once = seen[seen["x"] == 1]
    assert table.loc["1", "customers"] == len(once)
    assert table.loc["1", "actual"] == pytest.approx(once["bought"].mean())
    assert table.loc["1", "expected"] == pytest.approx(once["expected"].mean())
    assert table.loc["1", "standard_error"] == pytest.approx(once["bought"].std() / np.sqrt(len(once)))
    assert table["customers"].sum() == len(seen)
    assert (table["actual"] * table["customers"]).sum() == pytest.approx(seen["bought"].sum())
    assert table.index[-1].endswith("+")
    assert (table["customers"] >= LEAST_IN_GROUP).all()


@pytest.mark.parametrize(
    ("customers", "first_of_the_open_group"),
    [([900, 90, 30, 25, 9, 3], 3), ([900, 90, 15, 30], 2), ([5], 0), ([900, 90, 40], 2), ([3, 900], 0)],
)
def test_rare_frequencies_are_taken_together(customers: list[int], first_of_the_open_group: int) -> None:
    assert open_group(np.array(customers)) == first_of_the_open_group


def test_tenths_rank_by_expected_revenue(holdout: Holdout) -> None:
    table = value_tenths(holdout)
    expected = pd.Series(holdout.expected_revenue())
    tenth = round(len(expected) / 10)
    assert table["predicted"].iloc[0] == pytest.approx(expected.nlargest(tenth).mean(), rel=0.01)
    assert table["total"].sum() == pytest.approx(holdout.customers["revenue"].sum())
    assert table["predicted"].is_monotonic_decreasing
