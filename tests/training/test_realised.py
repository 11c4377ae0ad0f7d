from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from training.limits import Limits
from training.realised import Realised, promised_auc, realised

RUN: dict[str, Any] = {
    "run_id": "20260101T020000Z-1a2b3c",
    "as_of": date(2026, 1, 1),
    "horizon_days": 91,
    "model_version": "0a1b2c3d4e5f",
    "limits": Limits(),
}


def judged(said: np.ndarray, seen: np.ndarray) -> Realised:
    ids = pd.Index([f"c-{number:x}" for number in range(len(said))], name="customer_id")
    found = realised(pd.Series(said, ids), pd.Series(seen, ids)[::-1], **RUN)
    assert found is not None
    return found


def test_right_probabilities_keep_their_promise() -> None:
    draw = np.random.default_rng(11)
    said = draw.beta(0.8, 0.6, 4000)
    ids = pd.Index([f"c-{number:x}" for number in draw.permutation(4000)], name="customer_id")
    seen = (draw.random(4000) < said).astype(float)
    found = realised(pd.Series(said, ids), pd.Series(seen, ids).sample(frac=1, random_state=3), **RUN)
    assert found is not None
    assert found.auc == pytest.approx(roc_auc_score(seen, said))
    assert found.auc == pytest.approx(found.promised_auc, abs=0.02)
    assert found.log_loss == pytest.approx(found.promised_log_loss, abs=0.03)
    assert found.churned_share == pytest.approx(found.promised_share, abs=0.02)
    assert not found.ranks_worse
    assert not found.is_miscalibrated


def test_probabilities_of_another_world_break_it() -> None:
    draw = np.random.default_rng(12)
    said = draw.beta(0.8, 0.6, 2000)
    noise = judged(said, (draw.random(2000) < 0.5).astype(float))
    assert noise.ranks_worse
    level = judged(said / 3, (draw.random(2000) < said).astype(float))
    assert level.is_miscalibrated


def test_the_promise_is_the_auc_to_expect() -> None:
    draw = np.random.default_rng(13)
    said = np.round(draw.random(300), 1)
    drawn = [roc_auc_score(draw.random(300) < said, said) for _ in range(200)]
    assert promised_auc(said) == pytest.approx(np.mean(drawn), abs=0.01)
    assert promised_auc(np.ones(3)) is None


def test_where_nobody_left_there_is_no_ranking_to_judge() -> None:
    found = judged(np.array([0.1, 0.2, 0.05]), np.zeros(3))
    assert (found.auc, found.ranks_worse) == (None, False)


def test_customers_without_a_probability_or_an_outcome_are_not_counted() -> None:
    said = pd.Series([0.2, np.nan, 0.7], ["a", "b", "c"])
    seen = pd.Series([1.0, 0.0, 0.0], ["a", "b", "z"])
    found = realised(said, seen, **RUN)
    assert found is not None
    assert found.customers == 1
    assert realised(said, seen[["z"]], **RUN) is None
