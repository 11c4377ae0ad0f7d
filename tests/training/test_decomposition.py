import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.decomposition import Answers, Decomposition, decomposed, revised_features

IDS = ["c-7f", "00123", "常連-42", "c-01", "12"]
PROBABILITY = st.floats(0, 1)


def said(ids: list[str], values: list[float]) -> "pd.Series[float]":
    return pd.Series(values, pd.Index(ids, name="customer_id"), dtype=float)


@st.composite
def answers(draw: st.DrawFn) -> Answers:
    first = draw(st.lists(st.sampled_from(IDS), min_size=1, unique=True))
    second = draw(st.lists(st.sampled_from(IDS), min_size=1, unique=True))
    bases = (first, second, first, second, first, second)
    return Answers(*(said(ids, [draw(PROBABILITY) for _ in ids]) for ids in bases))


@given(answers())
def test_the_parts_add_up_to_the_whole(all_said: Answers) -> None:
    parts = decomposed(all_said)
    if parts is None:
        assert set(all_said.first_at_first.index).isdisjoint(all_said.second_at_second.index)
        return
    assert sum(parts.parts.values()) == pytest.approx(parts.total, abs=1e-12)


def split(**changed: "pd.Series[float]") -> Decomposition:
    first, second = said(["a", "b"], [0.2, 0.4]), said(["a", "b"], [0.2, 0.4])
    same = dict.fromkeys(("published_first", "first_at_first", "second_at_first"), first)
    same |= dict.fromkeys(("published_second", "first_at_second", "second_at_second"), second)
    parts = decomposed(Answers(**(same | changed)))
    assert parts is not None
    return parts


def test_each_cause_alone_is_its_own_part() -> None:
    later = said(["a", "b"], [0.4, 0.6])
    behaviour = split(published_second=later, first_at_second=later, second_at_second=later)
    assert behaviour.parts == pytest.approx({"behaviour": 0.2, "model": 0, "mix": 0, "data": 0})
    model = split(second_at_first=later, published_second=later, second_at_second=later)
    assert model.parts == pytest.approx({"model": 0.2, "behaviour": 0, "mix": 0, "data": 0})
    joined = said(["a", "b", "new"], [0.2, 0.4, 0.9])
    mix = split(published_second=joined, first_at_second=joined, second_at_second=joined)
    assert mix.parts == pytest.approx({"mix": 0.2, "behaviour": 0, "model": 0, "data": 0})
    assert (mix.stayed, mix.joined, mix.left) == (2, 1, 0)
    data = split(published_first=said(["a", "b"], [0.1, 0.1]))
    assert data.parts == pytest.approx({"data": 0.2, "behaviour": 0, "model": 0, "mix": 0})
    assert data.revised_share == 1.0


def test_customers_that_today_s_data_lack_are_revised() -> None:
    parts = split(published_first=said(["a", "b", "gone"], [0.2, 0.4, 0.5]))
    assert parts.revised_share == pytest.approx(1 / 3)


def test_the_features_that_are_told_otherwise_are_named() -> None:
    kept = pd.DataFrame(
        {"customer_id": ["b", "a"], "as_of": "2026-01-01", "orders": [2.0, 1.0], "spend": [np.nan, 7.0]}
    )
    today = kept.assign(orders=[3.0, 1.0]).iloc[::-1]
    assert revised_features(kept, today) == {"orders": 0.5}
    assert revised_features(kept, kept.iloc[::-1]) == {}
