"""What holds for every purchase model, whatever its parameters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.errors import ModelInputError, NotEnoughDataError
from training.models.bgbb import BGBB
from training.models.bgnbd import BGNBD
from training.models.mbgnbd import MBGNBD
from training.models.paretonbd import ParetoNBD
from training.models.purchases import PurchaseModel
from training.models.triples import History

CONTINUOUS: tuple[PurchaseModel, ...] = (
    BGNBD(r=0.243, alpha=30.9, a=0.793, b=2.426),
    MBGNBD(r=0.525, alpha=43.3, a=0.891, b=1.614),
    ParetoNBD(r=0.553, alpha=74.0, s=0.606, beta=81.7),
)
MODELS = (*CONTINUOUS, BGBB(alpha=1.2, beta=0.75, gamma=0.66, delta=2.78))
every = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.NAME)
continuous = pytest.mark.parametrize("model", CONTINUOUS, ids=lambda model: model.NAME)


def cohort(model: PurchaseModel, customers: int, seed: int) -> History:
    rng = np.random.default_rng(seed)
    ages = rng.integers(3, 9, customers) if isinstance(model, BGBB) else rng.integers(100, 366, customers)
    return model.simulate(ages, rng)


def by_day(seen: History) -> History:
    return History(seen.x, np.ceil(seen.t_x), seen.T)


def ahead(model: PurchaseModel) -> float:
    return 5.0 if isinstance(model, BGBB) else 182.0


@every
def test_parameters_are_recovered_from_ten_thousand_customers(model: PurchaseModel) -> None:
    fitted = type(model).fit(*cohort(model, 10_000, seed=11))
    assert fitted.estimation is not None
    assert fitted.estimation.prior_strength == 0
    assert fitted.estimation.customers == 10_000
    for name, error in fitted.estimation.standard_errors.items():
        assert abs(fitted.parameters[name] - model.parameters[name]) < 3.5 * error, name
        assert error < 0.5 * model.parameters[name], name


@every
def test_neither_order_nor_repetition_matters_and_nothing_given_is_changed(model: PurchaseModel) -> None:
    seen = by_day(cohort(model, 400, seed=5))
    before = [column.copy() for column in seen]
    times = np.random.default_rng(1).integers(1, 4, 400)
    shuffled = np.random.default_rng(2).permutation(np.repeat(np.arange(400), times))
    once = type(model).fit(*seen, weights=times)
    again = type(model).fit(*(column[shuffled] for column in seen))
    assert once == type(model).fit(*seen, weights=times)
    assert once.parameters == pytest.approx(again.parameters, rel=1e-9)
    assert type(model).fit(*(column[::-1] for column in seen)) == type(model).fit(*seen)
    for column, kept in zip(seen, before, strict=True):
        np.testing.assert_array_equal(column, kept)


@every
def test_json_brings_the_same_model_back(model: PurchaseModel) -> None:
    fitted = type(model).fit(*by_day(cohort(model, 300, seed=7)))
    assert type(model).from_json(fitted.to_json()) == fitted
    assert type(model).from_json(model.to_json()) == model
    other = MODELS[0] if model is not MODELS[0] else MODELS[1]
    with pytest.raises(ModelInputError, match="does not tell"):
        type(model).from_json(other.to_json())


@every
def test_the_estimation_says_the_log_likelihood_that_the_model_has(model: PurchaseModel) -> None:
    seen = by_day(cohort(model, 500, seed=9))
    fitted = type(model).fit(*seen)
    assert fitted.estimation is not None
    assert fitted.log_likelihood(*seen).sum() == pytest.approx(fitted.estimation.log_likelihood, rel=1e-10)
    for name in model.PARAMETERS:
        for factor in (0.98, 1.02):
            moved = type(model)(**{**fitted.parameters, name: fitted.parameters[name] * factor})
            assert moved.log_likelihood(*seen).sum() < fitted.estimation.log_likelihood


@continuous
def test_weeks_tell_the_same_as_days(model: PurchaseModel) -> None:
    seen = by_day(cohort(model, 500, seed=9))
    in_days = type(model).fit(*seen)
    in_weeks = in_days.in_unit(7)
    weeks = (seen.x, seen.t_x / 7, seen.T / 7)
    assert in_weeks.estimation is not None
    assert in_weeks.log_likelihood(*weeks).sum() == pytest.approx(
        in_weeks.estimation.log_likelihood, rel=1e-12
    )
    fitted = type(model).fit(*weeks)
    assert in_weeks.parameters == pytest.approx(fitted.parameters, rel=1e-6)
    np.testing.assert_allclose(in_weeks.expected_purchases(13, *weeks), in_days.expected_purchases(91, *seen))
    given_weeks, given_days = (
        m.discounted_purchases(h, 0.2, *c) for m, h, c in ((in_weeks, 52, weeks), (in_days, 364, seen))
    )
    np.testing.assert_allclose(given_weeks, given_days, rtol=1e-9)


@every
def test_the_distribution_agrees_with_itself(model: PurchaseModel) -> None:
    x, t_x, T = np.array([[0], [1], [3], [5]]), np.array([[0], [2], [4], [8]]), np.array([[0], [8], [6], [8]])
    horizon, counts = (6, np.arange(7)) if isinstance(model, BGBB) else (9, np.arange(600))
    pmf = model.purchase_count_pmf(counts, horizon, x, t_x, T)
    cdf = model.purchase_count_cdf(counts, horizon, x, t_x, T)
    expected = model.expected_purchases(horizon, x, t_x, T)[:, 0]
    np.testing.assert_allclose(pmf.sum(axis=1), 1, atol=1e-9)
    np.testing.assert_allclose(pmf.cumsum(axis=1), cdf, atol=1e-10)
    np.testing.assert_allclose(pmf @ counts, expected, rtol=1e-7)
    np.testing.assert_allclose(pmf[:, :1], model.probability_no_purchase(horizon, x, t_x, T), rtol=1e-12)
    assert model.purchase_count_cdf(-1, horizon, x, t_x, T).tolist() == [[0]] * 4
    for level in (0.05, 0.5, 0.8, 0.99):
        first = (cdf >= level).argmax(axis=1)
        np.testing.assert_array_equal(model.purchase_count_quantile(level, horizon, x, t_x, T)[:, 0], first)


@every
def test_draws_follow_the_distribution(model: PurchaseModel) -> None:
    x, t_x, T, horizon = (
        np.array([0.0, 2]),
        np.array([0.0, 3]),
        np.array([4.0, 5]),
        8 if isinstance(model, BGBB) else 90,
    )
    drawn = model.draw_purchases(horizon, x, t_x, T, rng=np.random.default_rng(4), draws=40_000)
    assert drawn.shape == (40_000, 2)
    again = model.draw_purchases(horizon, x, t_x, T, rng=np.random.default_rng(4), draws=40_000)
    np.testing.assert_array_equal(drawn, again)
    for count in range(6):
        exact = model.purchase_count_pmf(count, horizon, x, t_x, T)
        np.testing.assert_allclose((drawn == count).mean(axis=0), exact, atol=0.012)


@every
def test_waiting_ends_where_silence_has_fallen_to_the_level(model: PurchaseModel) -> None:
    x, t_x, T = np.array([0, 2, 5, 8]), np.array([0, 6, 8, 8]), np.array([0, 6, 9, 8])
    for level in (0.9, 0.5, 0.2):
        wait = model.days_until(level, x, t_x, T)
        reached = np.isfinite(wait)
        assert reached.any()
        columns = (x[reached], t_x[reached], T[reached])
        silence = model.probability_no_purchase(wait[reached], *columns)
        if isinstance(model, BGBB):
            assert (silence <= level).all()
            assert (model.probability_no_purchase(np.maximum(wait[reached] - 1, 0), *columns) > level).all()
        else:
            np.testing.assert_allclose(silence, level, atol=1e-9)
        far = model.probability_no_purchase(3_000 if isinstance(model, BGBB) else 1e15, x, t_x, T)
        assert (far[~reached] > level).all()
    assert (model.days_until(1.0, x, t_x, T) == 0).all()


@every
def test_more_time_brings_more_purchases_and_longer_silence_less_life(model: PurchaseModel) -> None:
    horizons = np.arange(0, 40)
    expected = model.expected_purchases(horizons, 2, 3, 5)
    assert expected[0] == 0
    assert (np.diff(expected) > 0).all()
    assert (np.diff(model.probability_no_purchase(horizons, 2, 3, 5)) < 0).all()
    assert (np.diff(model.probability_alive(2, 3, np.arange(3, 40))) < 0).all()
    present = model.discounted_purchases(horizons, 0.1, 2, 3, 5)
    assert (present <= expected).all()
    np.testing.assert_array_equal(model.discounted_purchases(horizons, 0.0, 2, 3, 5), expected)
    assert (model.discounted_purchases(10, -0.1, 2, 3, 5) > expected[10]).all()


@every
def test_one_customer_alone_is_answered_as_among_many_to_the_last_bit(model: PurchaseModel) -> None:
    seen = by_day(cohort(model, 3_000, seed=13))
    horizon = ahead(model)

    def answers(seen: History) -> list[np.ndarray]:
        return [
            model.log_likelihood(*seen),
            model.probability_alive(*seen),
            model.expected_purchases(horizon, *seen),
            model.discounted_purchases(horizon, 0.1, *seen),
            model.probability_no_purchase(horizon, *seen),
            model.purchase_count_quantile(0.9, horizon, *seen),
            model.days_until(0.5, *seen),
        ]

    among = answers(seen)
    for i in (0, 1, 1_234, 2_999):
        alone = answers(History(*(column[i] for column in seen)))
        assert [float(one) for one in alone] == [float(many[i]) for many in among]


@every
def test_the_shapes_broadcast(model: PurchaseModel) -> None:
    assert model.expected_purchases([[1], [2]], [0, 1, 2], [0, 1, 2], 3).shape == (2, 3)
    assert model.probability_alive(0, 0, 3).shape == ()
    assert model.draw_purchases(
        2, [[0], [1]], [[0], [1]], 3, rng=np.random.default_rng(0), draws=5
    ).shape == (5, 2, 1)
    assert model.expected_purchases(2, [], [], []).shape == (0,)


@every
@pytest.mark.parametrize("horizon", [-1, np.nan, np.inf])
def test_a_horizon_is_a_number_of_days(model: PurchaseModel, horizon: float) -> None:
    with pytest.raises(ModelInputError):
        model.expected_purchases(horizon, 0, 0, 5)


@every
def test_questions_without_an_answer_are_refused(model: PurchaseModel) -> None:
    with pytest.raises(ModelInputError, match="annual_rate"):
        model.discounted_purchases(5, -1.0, 0, 0, 5)
    with pytest.raises(ModelInputError, match="level below 1"):
        model.purchase_count_quantile(1.0, 5, 0, 0, 5)


def test_opportunities_are_whole_and_not_taken_twice() -> None:
    donors = MODELS[-1]
    with pytest.raises(ModelInputError, match="not whole"):
        donors.expected_purchases(2.5, 1, 1, 3)
    with pytest.raises(ModelInputError, match="More opportunities"):
        donors.probability_alive(3, 2, 5)


@every
def test_ten_customers_or_one_give_numbers_or_a_reason(model: PurchaseModel) -> None:
    for customers in (1, 10):
        seen = cohort(model, customers, seed=customers)
        fitted = type(model).fit(*seen)
        assert np.isfinite(fitted.expected_purchases(ahead(model), *seen)).all()
    with pytest.raises(NotEnoughDataError):
        type(model).fit(0, 0, 0)


@continuous
def test_one_customer_with_a_hundred_thousand_purchases(model: PurchaseModel) -> None:
    seen = by_day(cohort(model, 500, seed=3))
    wild = History(*(np.append(column, odd) for column, odd in zip(seen, (1e5, 365, 365), strict=True)))
    for fitted in (model, type(model).fit(*wild)):
        assert np.isfinite(fitted.log_likelihood(*wild)).all()
        assert 0.7 < fitted.expected_purchases(91, 1e5, 365, 365) / (1e5 / 365 * 91) < 1.001
        assert fitted.purchase_count_quantile(0.9, 91, 1e5, 365, 365) > fitted.expected_purchases(
            91, 1e5, 364, 365
        )


logs = st.floats(-5, 5).map(np.exp)
histories = st.tuples(st.integers(0, 400), st.floats(0.001, 1), st.floats(0, 1500))


@pytest.mark.parametrize("kind", [BGNBD, MBGNBD, ParetoNBD], ids=lambda kind: kind.NAME)
@settings(max_examples=60, deadline=None)
@given(parameters=st.tuples(logs, logs, logs, logs), history=histories, horizon=st.floats(0, 4000))
def test_answers_are_numbers_in_their_range_whatever_the_parameters(
    kind: type[PurchaseModel],
    parameters: tuple[float, ...],
    history: tuple[int, float, float],
    horizon: float,
) -> None:
    model = kind(*parameters)
    x, share, T = history
    x = x if share * T > 0 else 0
    seen = (x, share * T if x else 0.0, T)
    alive, expected = model.probability_alive(*seen), model.expected_purchases(horizon, *seen)
    silent = model.probability_no_purchase(horizon, *seen)
    assert np.isfinite(model.log_likelihood(*seen))
    assert 0 <= alive <= 1
    assert 0 <= silent <= 1
    assert 0 <= expected < np.inf
    assert expected >= (1 - silent) * (1 - 1e-9) - 1e-12
    assert model.purchase_count_cdf(3, horizon, *seen) >= silent - 1e-12
    most = horizon * (model.parameters["r"] + x) / (model.parameters["alpha"] + T)
    assert expected <= most * (1 + 1e-9) + 1e-300
    low, high = model.purchase_interval(0.8, horizon, *seen)
    assert 0 <= low <= expected <= high


@settings(max_examples=40, deadline=None)
@given(
    parameters=st.tuples(logs, logs, logs, logs),
    history=st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30)).map(sorted),
    horizon=st.integers(0, 40),
)
def test_opportunities_give_numbers_in_their_range_whatever_the_parameters(
    parameters: tuple[float, ...], history: list[int], horizon: int
) -> None:
    model, (x, t_x, T) = BGBB(*parameters), history
    seen = (x, t_x if x else 0, T)
    alive, expected = model.probability_alive(*seen), model.expected_purchases(horizon, *seen)
    silent = model.probability_no_purchase(horizon, *seen)
    assert model.log_likelihood(*seen) <= 1e-12
    assert 0 <= alive <= 1
    assert -1e-12 <= silent <= 1 + 1e-12
    assert 1 - silent - 1e-9 <= expected <= horizon


@every
@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan, np.inf])
def test_parameters_are_positive(model: PurchaseModel, wrong: float) -> None:
    with pytest.raises(ModelInputError, match="positive"):
        type(model)(**{**model.parameters, model.PARAMETERS[1]: wrong})


@every
def test_a_prior_is_taken_as_strongly_as_asked(model: PurchaseModel) -> None:
    seen = by_day(cohort(model, 3_000, seed=7))
    free, held = type(model).fit(*seen, prior_strength=0), type(model).fit(*seen, prior_strength=1e6)
    assert held.estimation is not None
    assert held.estimation.prior_strength == 1e6
    assert held.parameters["alpha" if model.NAME == "bgbb" else "r"] == pytest.approx(1, abs=0.1)
    assert held.parameters != free.parameters
    with pytest.raises(ModelInputError, match="prior_strength"):
        type(model).fit(*seen, prior_strength=-1)


@continuous
def test_intervals_cover_and_the_transform_is_uniform(model: PurchaseModel) -> None:
    """The future of simulated customers, against what is said of it from their past."""
    rng = np.random.default_rng(21)
    busy = type(model)(**{**model.parameters, "r": 2.0})
    whole = busy.simulate(np.full(12_000, 730.0), rng)
    seen, later = split(whole, rng)
    below = busy.purchase_count_cdf(later - 1, 365, *seen)
    at = busy.purchase_count_cdf(later, 365, *seen)
    transform = below + rng.random(later.size) * (at - below)
    counts = np.histogram(transform, bins=20, range=(0, 1))[0]
    assert ((counts - 600) ** 2 / 600).sum() < 43.8  # chi-square with 19 degrees of freedom, 1 in 1,000
    low, high = busy.purchase_interval(0.8, 365, *seen)
    covered = (later >= low) & (later <= high)
    assert covered.mean() >= 0.8
    many = busy.expected_purchases(365, *seen) >= 5
    assert many.sum() > 900
    assert 0.76 <= covered[many].mean() <= 0.84


def split(whole: History, rng: np.random.Generator) -> tuple[History, np.ndarray]:
    """The first of two years, and the purchases of the second: all but the last came at uniform times."""
    x, t_x, T = whole
    early = np.where(
        t_x > 365,
        rng.binomial(np.maximum(x - 1, 0).astype(int), np.minimum(365 / np.maximum(t_x, 1e-9), 1)),
        x,
    )
    edge = np.minimum(t_x, 365.0)
    last = np.where(t_x > 365, edge * rng.beta(np.maximum(early, 1), 1), t_x)
    return History(early, np.where(early > 0, last, 0.0), np.full_like(T, 365.0)), x - early


@every
def test_survival_averages_to_that_of_new_customers(model: PurchaseModel) -> None:
    """Whatever has been seen by T, the share that lives at T + t is what was to be expected at the start."""
    age = 6 if isinstance(model, BGBB) else 200
    seen = model.simulate(np.full(20_000, age), np.random.default_rng(3))
    later = model.probability_still_alive(ahead(model), *seen)
    expected = model.probability_still_alive(age + ahead(model), 0, 0, 0)
    assert abs(later.mean() - expected) < 4 * later.std() / np.sqrt(later.size)
    assert model.probability_still_alive(0, *seen) == pytest.approx(model.probability_alive(*seen))
    assert (later <= model.probability_alive(*seen)).all()
