from datetime import date

import numpy as np
import pandas as pd

from features.catalogue import CATALOGUE
from training.bundle import Bundle
from training.profile import MOST_ROWS, PROBABILITY, Histogram, Profile

NAMES = [feature.name for feature in CATALOGUE]


def panel(customers: int, moments: int, *, seed: int = 3) -> pd.DataFrame:
    """Return a panel of noise; the third feature is never known, the fourth for every other customer."""
    draw = np.random.default_rng(seed)
    days = pd.date_range("2025-01-31", periods=moments, freq="30D")
    ids = sorted(f"c-{number:05x}" for number in draw.permutation(customers))
    index = pd.MultiIndex.from_product([days, ids], names=["as_of", "customer_id"])
    table = pd.DataFrame(draw.normal(size=(len(index), len(NAMES))), index=index, columns=NAMES)
    table[NAMES[2]] = np.nan
    table.loc[np.arange(len(table)) % 2 == 0, NAMES[3]] = np.nan
    return table


def test_every_customer_is_counted_once_in_a_bin_or_as_missing() -> None:
    profile = Profile.of(panel(200, 3), None)
    assert profile.moments == (date(2025, 1, 31), date(2025, 3, 2), date(2025, 4, 1))
    assert PROBABILITY not in profile.features
    for histogram in profile.features.values():
        assert [counts.customers for counts in histogram.moments] == [200] * 3
    assert profile.features[NAMES[2]].edges == ()
    assert profile.features[NAMES[3]].moments[0].missing == 100


def test_bins_hold_what_lies_above_the_edge_before_them_up_to_their_own() -> None:
    histogram = Histogram.of([np.array([0.0] * 50 + [1.0] * 30 + [7.0] * 20)])
    assert histogram.edges == (0.0, 1.0, 7.0)
    assert histogram.counts(np.array([-1.0, 0.0, 0.5, 1.0, 7.0, 8.0, np.nan])).known == (2, 2, 1, 1)


def test_a_moment_of_many_customers_is_sampled_evenly() -> None:
    profile = Profile.of(panel(MOST_ROWS + 500, 1), lambda rows: np.full(len(rows), 0.5))
    assert {one.moments[0].customers for one in profile.features.values()} == {MOST_ROWS}


def test_it_comes_back_as_it_was_and_holds_every_moment_that_was_learned_from(bundle: Bundle) -> None:
    assert Profile.from_dict(bundle.profile.to_dict()) == bundle.profile
    assert bundle.profile.moments == bundle.metadata.moments
    assert set(bundle.profile.features) == {*NAMES, PROBABILITY}
