import numpy as np
import pandas as pd
import pytest

from training.models.glm import Family
from training.models.inputs import Numbers
from training.models.trees import Trees

RNG = np.random.default_rng(5)
TABLE = pd.DataFrame(RNG.normal(size=(3000, 3)), columns=["a", "b", "c"])
TABLE.loc[::7, "c"] = np.nan
FEATURES = ("a", "b", "c")
NUMBERS = Numbers(TABLE, FEATURES)
OFFSET = TABLE["a"].to_numpy() * 0.3
OUTCOME = (RNG.random(3000) < 1 / (1 + np.exp(-1.5 * TABLE["a"] - TABLE["b"]))).to_numpy(float)


@pytest.fixture(scope="module")
def trees() -> Trees:
    return Trees.fit(TABLE, FEATURES, OUTCOME, offset=OFFSET, family=Family.BINOMIAL, seed=1, threads=1)


def test_contributions_add_up_to_the_prediction_without_the_offset(trees: Trees) -> None:
    rest = trees.linear(NUMBERS, OFFSET) - OFFSET - trees.contributions(NUMBERS).sum(axis=1)
    np.testing.assert_allclose(rest, rest[0], atol=1e-4)


def test_the_same_rows_give_the_same_bytes_and_come_back_from_them(trees: Trees) -> None:
    again = Trees.fit(TABLE, FEATURES, OUTCOME, offset=OFFSET, family=Family.BINOMIAL, seed=1, threads=1)
    assert again.to_bytes() == trees.to_bytes()
    back = Trees.from_bytes(trees.to_bytes(), FEATURES)
    np.testing.assert_array_equal(back.linear(NUMBERS, OFFSET), trees.linear(NUMBERS, OFFSET))


def test_features_are_read_by_name_not_by_place(trees: Trees) -> None:
    shuffled = Numbers(TABLE[["c", "a", "b"]], ("b", "c", "a"))
    np.testing.assert_array_equal(trees.linear(shuffled, OFFSET), trees.linear(NUMBERS, OFFSET))


def test_too_few_rows_to_split_leave_the_offset_and_a_constant() -> None:
    few = Trees.fit(
        TABLE[:15], FEATURES, OUTCOME[:15], offset=OFFSET[:15], family=Family.BINOMIAL, seed=1, threads=1
    )
    moved = few.linear(NUMBERS, OFFSET) - OFFSET
    np.testing.assert_allclose(moved, moved[0], atol=1e-6)
