from __future__ import annotations

import sys
import warnings

import numpy as np
import pandas as pd
import pytest

from tests.training.models.oracle import DATASETS, cdnow_sample
from training.errors import ConvergenceError, ModelInputError
from training.models.bgbb import BGBB
from training.models.bgnbd import BGNBD
from training.models.gammagamma import GammaGamma
from training.models.lifetimes_bridge import fit_purchases, fit_spend, from_lifetimes, to_lifetimes
from training.models.mbgnbd import MBGNBD
from training.models.paretonbd import ParetoNBD
from training.models.purchases import PurchaseModel
from training.models.sbg import ShiftedBetaGeometric


@pytest.mark.parametrize("kind", [BGNBD, MBGNBD, ParetoNBD], ids=lambda kind: kind.NAME)
def test_both_engines_find_the_same_and_predict_the_same(
    kind: type[PurchaseModel], capsys: pytest.CaptureFixture[str]
) -> None:
    seen = cdnow_sample()
    history = (seen.x, seen.t_x, seen.T)
    ours, theirs = kind.fit(*history), fit_purchases(kind, *history)
    assert ours.estimation is not None
    assert theirs.estimation is not None
    assert theirs.estimation.engine == "lifetimes"
    assert theirs.parameters == pytest.approx(ours.parameters, rel=1e-3)
    assert ours.estimation.log_likelihood >= theirs.estimation.log_likelihood - 1e-6
    assert theirs.estimation.standard_errors == pytest.approx(ours.estimation.standard_errors, rel=1e-2)
    fitter = to_lifetimes(ours)
    alive = np.asarray(fitter.conditional_probability_alive(*history))
    np.testing.assert_allclose(ours.probability_alive(*history), alive, rtol=1e-9)
    ahead = np.asarray(fitter.conditional_expected_number_of_purchases_up_to_time(273, *history))
    np.testing.assert_allclose(ours.expected_purchases(273, *history), ahead, rtol=1e-9)
    assert from_lifetimes(fitter) == kind(**ours.parameters)
    assert capsys.readouterr().out == ""


def test_donors_and_their_opportunities() -> None:
    rows = pd.read_csv(DATASETS / "donations.csv")
    seen = (rows["frequency"], rows["recency"], rows["periods"])
    ours, theirs = BGBB.fit(*seen, rows["weights"]), fit_purchases(BGBB, *seen, rows["weights"])
    assert theirs.parameters == pytest.approx(ours.parameters, rel=1e-3)
    ahead = to_lifetimes(ours).conditional_expected_number_of_purchases_up_to_time(5, *seen)
    np.testing.assert_allclose(ours.expected_purchases(5, *seen), ahead, rtol=1e-9)


def test_spend() -> None:
    seen = cdnow_sample()
    ours, theirs = GammaGamma.fit(seen.x, seen.mean_spend), fit_spend(seen.x, seen.mean_spend)
    assert theirs.parameters == pytest.approx(ours.parameters, rel=1e-4)
    bought = (seen.x > 0) & (seen.mean_spend > 0)
    x, mean = pd.Series(seen.x[bought]), pd.Series(seen.mean_spend[bought])
    expected = to_lifetimes(ours).conditional_expected_average_profit(x, mean)
    np.testing.assert_allclose(ours.expected_value(x, mean), expected, rtol=1e-9)


def test_a_failed_fit_is_an_error_of_ours_and_a_penalised_one_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stays = BGNBD(r=0.7, alpha=40.0, a=1e-9, b=5.0).simulate(np.full(2_000, 200.0), np.random.default_rng(0))
    with pytest.raises(ConvergenceError, match="lifetimes"):
        fit_purchases(BGNBD, *stays)
    assert capsys.readouterr().out == ""
    seen = cdnow_sample()
    held = fit_purchases(BGNBD, seen.x, seen.t_x, seen.T, penalizer=0.1)
    assert held.a < BGNBD.fit(seen.x, seen.t_x, seen.T).a
    assert held.estimation is not None
    assert held.estimation.notes == ("penalizer 0.1",)
    constant = np.full(200, 25.0)
    with pytest.raises(ConvergenceError):
        fit_spend(np.arange(1, 201) % 5 + 1, constant)


def test_what_lifetimes_calls_an_optimum_is_looked_at() -> None:
    """Here it runs far out along a flat ridge, and says that it converged."""
    stays = BGNBD(r=0.7, alpha=40.0, a=1e-9, b=5.0).simulate(np.full(2_000, 200.0), np.random.default_rng(2))
    with pytest.raises(ConvergenceError, match="no maximum"):
        fit_purchases(BGNBD, *stays)


def test_warnings_are_left_as_they_were() -> None:
    assert "lifetimes" in sys.modules or to_lifetimes(BGNBD(1, 1, 1, 1)) is not None
    with pytest.raises(FutureWarning):
        warnings.warn("still seen", FutureWarning, stacklevel=1)


def test_only_models_that_lifetimes_has_go_over() -> None:
    with pytest.raises(ModelInputError, match="no sbg model"):
        to_lifetimes(ShiftedBetaGeometric(1, 1))
    with pytest.raises(ModelInputError, match="no fitted"):
        from_lifetimes(object())
