"""The published numbers of Pareto/NBD, MBG/NBD, BG/BB and sBG."""

from __future__ import annotations

import mpmath
import numpy as np
import pandas as pd
import pytest

from tests.training.models.oracle import DATASETS, cdnow_sample, published
from training.models.bgbb import BGBB
from training.models.mbgnbd import MBGNBD
from training.models.paretonbd import ParetoNBD
from training.models.sbg import ShiftedBetaGeometric


def test_pareto_on_cdnow() -> None:
    told, seen = published()["cdnow_sample"]["pareto_nbd"], cdnow_sample()
    model = ParetoNBD.fit(seen.x, seen.t_x, seen.T).in_unit(7)
    assert model.estimation is not None
    assert model.estimation.log_likelihood == pytest.approx(told["log_likelihood"], abs=told["tolerance"])
    for name, error in zip(("r", "alpha", "s", "beta"), told["standard_errors"], strict=True):
        assert model.parameters[name] == pytest.approx(told[name], rel=told["tolerance"])
        assert model.estimation.standard_errors[name] == pytest.approx(error, rel=told["tolerance"])
    checks = {check["what"]: check for check in published()["point_checks"]}
    ahead = checks["Pareto/NBD E[52 weeks | x=26, t_x=30.86, T=31], parameters of cdnow_sample"]
    assert model.expected_purchases(52, 26, 30.86, 31) == pytest.approx(
        ahead["value"], abs=ahead["tolerance"]
    )
    alive = checks["Pareto/NBD P(alive), the same customer"]
    assert model.probability_alive(26, 30.86, 31) == pytest.approx(alive["value"], abs=alive["tolerance"])
    other = checks["Pareto/NBD P(alive | x=0, t_x=0, T=39) at r=.5533, alpha=10.578, s=.606, beta=11.656"]
    at = ParetoNBD(r=0.5533, alpha=10.578, s=0.606, beta=11.656).probability_alive(0, 0, 39)
    assert at == pytest.approx(other["value"], abs=other["tolerance"])


def test_pareto_does_not_overflow_for_one_who_buys_often() -> None:
    model = ParetoNBD(r=0.5143, alpha=2.8845, s=0.2856, beta=14.1087)
    assert 0 <= model.probability_alive(221, 103.42857, 103.57143) <= 1
    assert np.isfinite(model.log_likelihood([400, 100_000], [103, 364], [104, 365])).all()


def test_mbg_on_cdnow() -> None:
    told, seen = published()["cdnow_sample"]["mbg_nbd"], cdnow_sample()
    model = MBGNBD.fit(seen.x, seen.t_x, seen.T).in_unit(7)
    for name in ("r", "alpha", "a", "b"):
        assert model.parameters[name] == pytest.approx(told[name], rel=told["tolerance"])
    assert model.estimation is not None
    assert model.estimation.log_likelihood == pytest.approx(-9582.13, abs=0.01)


def test_bgbb_on_donations() -> None:
    told = published()["bg_bb_donations"]
    rows = pd.read_csv(DATASETS / "donations.csv")
    seen = (rows["frequency"], rows["recency"], rows["periods"])
    model = BGBB.fit(*seen, rows["weights"])
    for name in ("alpha", "beta", "gamma", "delta"):
        assert model.parameters[name] == pytest.approx(told[name], abs=5e-4)
    assert model.estimation is not None
    assert model.estimation.log_likelihood == pytest.approx(told["log_likelihood"], abs=0.01)
    total = float(rows["weights"] @ model.expected_purchases(5, *seen))
    assert total == pytest.approx(told["total_conditional_expectation_5_periods"], abs=0.1)


def test_sbg_on_regular_customers() -> None:
    told = published()["sbg_regular"]
    retained = np.array(told["retained_percent_by_year"]) * 10
    renewals, ended = [*range(7), 7], [True] * 7 + [False]
    model = ShiftedBetaGeometric.fit(renewals, ended, [*-np.diff(retained), retained[-1]])
    assert model.alpha == pytest.approx(told["alpha"], abs=1e-4)
    assert model.beta == pytest.approx(told["beta"], abs=1e-3)
    assert model.estimation is not None
    assert model.estimation.log_likelihood == pytest.approx(told["log_likelihood_per_1000"], abs=1e-3)


@pytest.mark.parametrize(("x", "T", "t"), [(0, 30, 52), (26, 31, 52), (300, 31, 520), (0, 0, 5000)])
@pytest.mark.parametrize("count", [0, 5])
def test_pareto_counts_in_many_digits(x: int, T: float, t: float, count: int) -> None:
    model = ParetoNBD(r=0.5533, alpha=10.578, s=0.606, beta=11.656)
    shape, alpha, beta = model.r + x, model.alpha + T, model.beta + T
    with mpmath.workdps(25):
        choose = mpmath.gammaprod([shape + count], [shape, count + 1])

        def bought_by(y: mpmath.mpf) -> mpmath.mpf:
            return choose * (alpha / (alpha + y)) ** shape * (y / (alpha + y)) ** count

        def leaving_at(log_y: mpmath.mpf) -> mpmath.mpf:
            y = mpmath.exp(log_y)
            return bought_by(y) * model.s * mpmath.mpf(beta) ** model.s / (beta + y) ** (model.s + 1) * y

        end = mpmath.log(t)
        pieces = [end - 60, *(end - 12 + k for k in range(13))]
        exact = bought_by(mpmath.mpf(t)) * (beta / (beta + mpmath.mpf(t))) ** model.s + mpmath.quad(
            leaving_at, pieces
        )
    assert model.pmf_if_alive(count, t, x, T) == pytest.approx(float(exact), rel=1e-10)


@pytest.mark.parametrize(("alpha", "beta"), [(0.05, 700.0), (10.6, 11.7), (900.0, 0.03)])
@pytest.mark.parametrize("r", [0.05, 8.0])
@pytest.mark.parametrize("seen", [(0, 0, 3650), (1, 39, 39), (26, 30.86, 31), (2000, 300, 365)])
def test_the_pareto_likelihood_in_many_digits(
    r: float, alpha: float, beta: float, seen: tuple[int, float, float]
) -> None:
    (x, t_x, T), s = seen, 0.6
    with mpmath.workdps(40):
        powers = mpmath.mpf(r) + s + x
        least, most, other = (alpha, beta, r + x) if alpha < beta else (beta, alpha, mpmath.mpf(s) + 1)

        def tail(y: float) -> mpmath.mpf:
            share = (mpmath.mpf(most) - least) / (mpmath.mpf(most) + y)
            return mpmath.hyp2f1(powers, other, powers + 1, share) / (mpmath.mpf(most) + y) ** powers

        gone = s / powers * (tail(t_x) - tail(T))
        alive = (mpmath.mpf(alpha) + T) ** -(mpmath.mpf(r) + x) * (mpmath.mpf(beta) + T) ** -mpmath.mpf(s)
        gammas = mpmath.loggamma(mpmath.mpf(r) + x) - mpmath.loggamma(r)
        exact = float(gammas + r * mpmath.log(alpha) + s * mpmath.log(beta) + mpmath.log(alive + gone))
    assert ParetoNBD(r, alpha, s, beta).log_likelihood(x, t_x, T) == pytest.approx(exact, rel=1e-11)
