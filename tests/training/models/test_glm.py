import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, PoissonRegressor, TweedieRegressor

from training.models.glm import Family, RidgeGLM

RNG = np.random.default_rng(11)
X = RNG.normal(size=(800, 4))
ETA = X @ np.array([0.8, -0.5, 0.0, 0.2]) - 0.3
ZERO = np.zeros(len(X))


def test_binomial_agrees_with_scikit_learn() -> None:
    y = (RNG.random(len(X)) < 1 / (1 + np.exp(-ETA))).astype(float)
    ours = RidgeGLM.fit(X, y, offset=ZERO, family=Family.BINOMIAL, penalty=3.0)
    theirs = LogisticRegression(C=1 / 3.0, tol=1e-10, max_iter=1000).fit(X, y)
    np.testing.assert_allclose(ours.coefficients, theirs.coef_[0], atol=1e-5)
    np.testing.assert_allclose(ours.linear(X, ZERO), theirs.decision_function(X), atol=1e-5)


@pytest.mark.parametrize(
    ("family", "theirs"),
    [
        (Family.POISSON, PoissonRegressor(alpha=3.0 / len(X), tol=1e-10, max_iter=5000)),
        (
            Family.TWEEDIE,
            TweedieRegressor(power=1.5, link="log", alpha=3.0 / len(X), tol=1e-10, max_iter=5000),
        ),
    ],
)
def test_log_links_agree_with_scikit_learn(
    family: Family, theirs: PoissonRegressor | TweedieRegressor
) -> None:
    y = RNG.poisson(np.exp(ETA)).astype(float)
    ours = RidgeGLM.fit(X, y, offset=ZERO, family=family, penalty=3.0)
    theirs.fit(X, y)
    np.testing.assert_allclose(ours.coefficients, theirs.coef_, atol=2e-4)
    np.testing.assert_allclose(np.exp(ours.linear(X, ZERO)), theirs.predict(X), rtol=1e-3)


@pytest.mark.parametrize("family", list(Family))
def test_a_heavy_penalty_leaves_the_offset(family: Family) -> None:
    y = RNG.poisson(np.exp(ETA)).clip(0, 1).astype(float)
    ours = RidgeGLM.fit(X, y, offset=ETA, family=family, penalty=1e9)
    np.testing.assert_allclose(ours.linear(X, ETA) - ETA, ours.intercept, atol=1e-4)


def test_separated_classes_stay_finite() -> None:
    y = (X[:, 0] > 0).astype(float)
    ours = RidgeGLM.fit(X, y, offset=ZERO, family=Family.BINOMIAL, penalty=1.0)
    assert np.isfinite(ours.coefficients).all()


def test_wild_offsets_do_not_overflow() -> None:
    y = RNG.poisson(1.0, len(X)).astype(float)
    ours = RidgeGLM.fit(
        X, y, offset=np.where(X[:, 0] > 0, 500.0, -500.0), family=Family.POISSON, penalty=10.0
    )
    assert np.isfinite(ours.intercept)
