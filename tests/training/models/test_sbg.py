from __future__ import annotations

import numpy as np
import pytest

from training.errors import ConvergenceError, ModelInputError, NotEnoughDataError
from training.models.sbg import ShiftedBetaGeometric

REGULAR = ShiftedBetaGeometric(alpha=0.7041, beta=1.182)


def test_parameters_are_recovered_from_ten_thousand_customers() -> None:
    seen = REGULAR.simulate(np.full(10_000, 8), np.random.default_rng(2))
    model = ShiftedBetaGeometric.fit(*seen)
    assert model.estimation is not None
    for name, error in model.estimation.standard_errors.items():
        assert abs(model.parameters[name] - REGULAR.parameters[name]) < 3 * error < 0.3
    assert model.log_likelihood(*seen).sum() == pytest.approx(model.estimation.log_likelihood, rel=1e-10)


def test_probabilities_of_all_ends_make_one() -> None:
    ends = np.exp(REGULAR.log_likelihood(np.arange(12), ended=True)).sum()
    assert ends + np.exp(REGULAR.log_likelihood(12, ended=False)) == pytest.approx(1)


def test_retention_grows_and_multiplies_to_survival() -> None:
    retention = REGULAR.retention(np.arange(1, 9))
    assert (np.diff(retention) > 0).all()
    np.testing.assert_allclose(np.cumprod(retention), REGULAR.survival(np.arange(1, 9)))
    np.testing.assert_allclose(REGULAR.survival(3, survived=2), REGULAR.survival(5) / REGULAR.survival(2))


def test_the_residual_value_is_the_sum_of_survivals() -> None:
    ahead = np.arange(1, 13)
    assert REGULAR.expected_renewals(12, 3) == pytest.approx(REGULAR.survival(ahead, 3).sum(), rel=1e-11)
    yearly = ShiftedBetaGeometric(0.7041, 1.182, unit_days=365)
    present = (yearly.survival(ahead, 3) * 1.1**-ahead).sum()
    assert yearly.expected_renewals(12, 3, annual_rate=0.1) == pytest.approx(present, rel=1e-11)
    long = np.arange(1, 600)
    forever = (yearly.survival(long, 3) * 1.1**-long).sum()
    assert yearly.expected_renewals(np.inf, 3, annual_rate=0.1) == pytest.approx(forever, rel=1e-9)
    with pytest.raises(ModelInputError, match="no end"):
        REGULAR.expected_renewals(np.inf)
    assert REGULAR.expected_renewals(0) == 0


def test_draws_have_the_expected_mean_and_stay_within_the_horizon() -> None:
    drawn = REGULAR.draw_renewals(6, [0, 4], rng=np.random.default_rng(3), draws=20_000)
    assert drawn.shape == (20_000, 2)
    assert drawn.max() == 6
    np.testing.assert_allclose(drawn.mean(axis=0), REGULAR.expected_renewals(6, [0, 4]), rtol=0.03)


def test_weights_are_repetition_and_json_round_trips() -> None:
    renewals, ended, times = np.array([0, 1, 2, 3]), np.array([1, 1, 1, 0], bool), np.array([9, 5, 3, 12])
    weighted = ShiftedBetaGeometric.fit(renewals, ended, times)
    repeated = ShiftedBetaGeometric.fit(np.repeat(renewals, times)[::-1], np.repeat(ended, times)[::-1])
    assert weighted.parameters == pytest.approx(repeated.parameters, rel=1e-9)
    assert ShiftedBetaGeometric.from_json(weighted.to_json()) == weighted


def test_where_nobody_leaves_the_prior_holds_the_rate_above_nought() -> None:
    model = ShiftedBetaGeometric.fit(np.full(50, 4), np.zeros(50, bool))
    assert model.estimation is not None
    assert model.estimation.at_boundary
    assert 0.9 < model.survival(1, survived=4) < 1
    with pytest.raises(ConvergenceError):
        ShiftedBetaGeometric.fit(np.full(50, 4), np.zeros(50, bool), prior_strength=0)


def test_periods_are_no_days() -> None:
    with pytest.raises(ModelInputError, match="periods"):
        REGULAR.in_unit(7)


def test_tenures_that_cannot_be_are_named() -> None:
    with pytest.raises(ModelInputError, match="row 1: -2"):
        ShiftedBetaGeometric.fit([1, -2], [False, True])
    with pytest.raises(NotEnoughDataError):
        ShiftedBetaGeometric.fit([0, 0], [False, False])
    with pytest.raises(ModelInputError, match="weight"):
        ShiftedBetaGeometric.fit([1, 2], [False, True], [1, -1])
