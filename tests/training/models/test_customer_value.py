from __future__ import annotations

import numpy as np
import pytest

from training.errors import ModelInputError
from training.models.bgbb import BGBB
from training.models.bgnbd import BGNBD
from training.models.customer_value import CustomerValue, customer_value
from training.models.gammagamma import GammaGamma
from training.models.paretonbd import ParetoNBD
from training.models.purchases import PurchaseModel
from training.models.triples import History

SPEND = GammaGamma(p=6.25, q=3.74, v=15.44)
MODELS = (
    BGNBD(r=2.0, alpha=60.0, a=0.4, b=2.4),
    ParetoNBD(r=1.5, alpha=40.0, s=0.6, beta=300.0),
    BGBB(alpha=1.2, beta=0.75, gamma=0.66, delta=2.78),
)
every = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.NAME)


def seen_customers(model: PurchaseModel, customers: int) -> tuple[History, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(17)
    ages = np.full(customers, 8) if isinstance(model, BGBB) else rng.integers(30, 365, customers)
    history = model.simulate(ages, rng)
    orders = history.x + 1
    mean = rng.gamma(SPEND.p * orders) / rng.gamma(SPEND.q, 1 / SPEND.v, customers) / orders
    return history, orders, mean


def value(model: PurchaseModel, customers: int, **asked: float) -> CustomerValue:
    horizon = 6 if isinstance(model, BGBB) else 365
    terms = {"horizon_days": horizon, "annual_rate": 0.1, **asked}
    return customer_value(model, SPEND, *seen_customers(model, customers), **terms)


@every
def test_the_interval_covers_what_is_drawn(model: PurchaseModel) -> None:
    history, orders, mean = seen_customers(model, 1_500)
    horizon = 6 if isinstance(model, BGBB) else 365
    told = value(model, 1_500, annual_rate=0.0)
    rng = np.random.default_rng(4)
    counts = model.draw_purchases(horizon, *history, rng=rng, draws=400)
    totals = SPEND.draw_totals(counts, orders, mean, rng=rng)
    assert totals.mean() == pytest.approx(told.expected.mean(), rel=0.02)
    covered = ((totals >= told.low) & (totals <= told.high)).mean(axis=0)
    assert covered.min() > 0.8 - 0.08
    from_nought = told.low == 0
    assert covered[from_nought].mean() >= 0.795
    assert covered[~from_nought].mean() == pytest.approx(0.8, abs=0.01)
    many = model.expected_purchases(horizon, *history) >= 5
    if many.sum() > 50:
        assert 0.76 < covered[many].mean() < 0.84


@every
def test_the_expectation_is_purchases_times_spend_and_lies_within(model: PurchaseModel) -> None:
    history, orders, mean = seen_customers(model, 300)
    horizon = 6 if isinstance(model, BGBB) else 365
    told = value(model, 300)
    purchases = model.discounted_purchases(horizon, 0.1, *history)
    np.testing.assert_allclose(told.expected, purchases * SPEND.expected_value(orders, mean))
    assert (told.low <= told.expected).all()
    assert (told.expected <= told.high).all()
    wider = value(model, 300, coverage=0.95)
    assert (wider.low <= told.low).all()
    assert (wider.high >= told.high).all()
    later = value(model, 300, annual_rate=0.5)
    assert (later.expected < told.expected).all()
    assert (later.high <= told.high).all()


@every
def test_one_customer_is_valued_as_among_many_to_the_last_bit(model: PurchaseModel) -> None:
    history, orders, mean = seen_customers(model, 700)
    told = value(model, 700)
    horizon = 6 if isinstance(model, BGBB) else 365
    for i in (0, 77, 699):
        alone = customer_value(
            model,
            SPEND,
            History(*(c[i] for c in history)),
            orders[i],
            mean[i],
            horizon_days=horizon,
            annual_rate=0.1,
        )
        for one, among in zip(alone, told, strict=True):
            assert one[0] == among[i]


def test_the_same_customers_have_the_same_value_in_any_order() -> None:
    history, orders, mean = seen_customers(MODELS[0], 200)
    told = value(MODELS[0], 200)
    turned = customer_value(
        MODELS[0],
        SPEND,
        History(*(c[::-1] for c in history)),
        orders[::-1],
        mean[::-1],
        horizon_days=365,
        annual_rate=0.1,
    )
    for one, other in zip(told, turned, strict=True):
        np.testing.assert_array_equal(one, other[::-1])


def test_no_horizon_no_value_and_no_certainty() -> None:
    told = value(MODELS[0], 20, horizon_days=0)
    for column in told:
        assert (column == 0).all()
    with pytest.raises(ModelInputError, match="coverage"):
        value(MODELS[0], 20, coverage=1.0)
