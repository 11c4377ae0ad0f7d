from dataclasses import replace

import pandas as pd
import pytest

from benchmarks.kinds import KINDS, Kind, made_up
from benchmarks.quality import GAINS, LOSSES, cases, told


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_a_made_up_shop_is_the_same_shop_again_and_of_its_kind(kind: Kind) -> None:
    few = replace(kind, customers=200)
    rows = made_up(few, seed=4)
    pd.testing.assert_frame_equal(rows, made_up(few, seed=4))
    assert rows["customer_id"].nunique() == 200
    assert rows["timestamp"].is_monotonic_increasing
    assert (rows["timestamp"].max() - rows["timestamp"].min()).days < kind.days
    assert ((rows["amount"] < 0).any()) == (kind.refunds > 0)


def test_every_set_has_a_past_and_its_whole_outcome() -> None:
    for case in cases():
        if case.name.startswith("corner"):
            days = case.rows()["timestamp"].dt.date
            assert days.min() < case.moment < days.max()
            assert (days.max() - case.moment).days >= case.horizon_days - 3


def test_what_is_surely_worse_is_named() -> None:
    row = dict.fromkeys((*GAINS, *LOSSES), 0.9) | {f"{name} peer": 1.0 for name in (*GAINS, *LOSSES)}
    errors = {f"{name} worse, s.e.": 3.0 if name == "auc" else -3.0 for name in (*GAINS, *LOSSES)}
    found = told(pd.DataFrame({"a shop": row | errors | {"ece": 0.02}}).T)
    assert found["worse"] == ["a shop: auc"]
    assert found["ratios"] == {name: pytest.approx(0.9) for name in LOSSES}
    assert found["ece_within"] == 1
