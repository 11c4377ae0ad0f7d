import numpy as np
import pytest
from scipy.stats import norm

from features.effects import Effect, cliffs_delta, difference_of_shares


def test_cliffs_delta_counts_the_pairs_ties_included() -> None:
    draw = np.random.default_rng(0)
    ones, others = draw.integers(0, 6, 17).astype(float), draw.integers(1, 8, 23).astype(float)
    signs = np.sign(ones[:, None] - others[None, :])
    assert cliffs_delta(ones, others).value == pytest.approx(signs.mean())
    assert cliffs_delta(others, ones).value == pytest.approx(-signs.mean())


@pytest.mark.parametrize(("n", "m", "apart"), [(15, 15, 0.0), (20, 100, 1.0), (60, 40, -0.5)])
def test_the_interval_of_the_delta_covers_what_it_promises(n: int, m: int, apart: float) -> None:
    draw = np.random.default_rng(1)
    truth = 2 * norm.cdf(apart / np.sqrt(2)) - 1
    found = [cliffs_delta(draw.normal(apart, 1, n), draw.normal(0, 1, m)) for _ in range(400)]
    assert np.mean([effect.low <= truth <= effect.high for effect in found]) == pytest.approx(0.95, abs=0.03)
    assert all(-1 <= effect.low <= effect.value <= effect.high <= 1 for effect in found)


def test_groups_that_do_not_overlap_still_have_an_interval() -> None:
    above = cliffs_delta(np.arange(10.0, 22.0), np.arange(10.0))
    assert (above.value, above.high) == (1, 1)
    assert 0 < above.low < 0.7
    below = cliffs_delta(np.arange(10.0), np.arange(10.0, 22.0))
    assert (below.low, below.high) == pytest.approx((-1, -above.low))


@pytest.mark.parametrize(
    ("counts", "published"),
    [
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((10, 10, 0, 10), (0.6075, 1)),
    ],
)
def test_newcombes_interval_is_the_published_one(
    counts: tuple[int, int, int, int], published: tuple[float, float]
) -> None:
    """Newcombe, Statistics in Medicine 17 (1998) 873, table II, method 10, contrasts a, b and h."""
    effect = difference_of_shares(*counts)
    assert (effect.low, effect.high) == pytest.approx(published, abs=5e-5)


def test_a_difference_of_shares_is_the_delta_of_yes_and_no() -> None:
    ones, others = np.repeat([1.0, 0.0], [7, 5]), np.repeat([1.0, 0.0], [4, 16])
    delta, difference = cliffs_delta(ones, others), difference_of_shares(7, 12, 4, 20)
    assert delta.value == pytest.approx(difference.value)
    assert (delta.low, delta.high) == pytest.approx((difference.low, difference.high), abs=0.08)


def test_what_is_sure_is_the_end_nearer_to_nothing() -> None:
    assert Effect(0.3, 0.1, 0.5).least == 0.1
    assert Effect(-0.3, -0.5, -0.1).least == 0.1
    assert Effect(0.1, -0.1, 0.3).least == 0.0
