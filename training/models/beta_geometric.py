"""What BG/NBD and MBG/NBD share: gamma-distributed buying rates, and a coin tossed after purchases.

A customer buys at the rate λ ~ Gamma(r, α) (shape, rate) and leaves after a purchase with the probability p
~ Beta(a, b). The two models differ in one thing: whether the coin is tossed after the first purchase of
all, too. With n the tosses that a living customer has survived (x for BG/NBD, x + 1 for MBG/NBD) every
formula is the same, and what a living customer does next is what a new BG/NBD customer does whose λ ~
Gamma(r + x, α + T) and p ~ Beta(a, b + n).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from scipy.special import betainc, betaln, expit, gammaln

from training.models.beta_geometric_likelihood import mean_log_likelihood
from training.models.contract import Estimation
from training.models.distinct import FloatArray, on_distinct
from training.models.optimise import estimate
from training.models.purchases import PurchaseModel
from training.models.quadrature import beta_mean
from training.models.triples import History, Triples, check_history

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["BetaGeometricNBD"]

SMALLEST_BIAS = 1e-18  # numpy refuses a geometric distribution with p = 0
MOST_PURCHASES = 1e15  # and a Poisson distribution with a mean near 2^63


@dataclass(frozen=True)
class BetaGeometricNBD(PurchaseModel):
    """The family; use ``BGNBD`` or ``MBGNBD``."""

    r: float
    alpha: float
    a: float
    b: float

    PARAMETERS: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")
    TIME_PARAMETERS: ClassVar[tuple[str, ...]] = ("alpha",)
    FIRST_TOSS: ClassVar[int]  # 1 where the coin is tossed after the first purchase of all, else 0

    @classmethod
    def fit(
        cls,
        x: ArrayLike,
        t_x: ArrayLike,
        T: ArrayLike,
        weights: ArrayLike | None = None,
        *,
        prior_strength: float | None = None,
    ) -> Self:
        """Return the model that fits customers' histories best; see ``PurchaseModel.fit``."""
        triples = Triples.of(x, t_x, T, weights)
        unit = triples.mean_age
        scaled = triples.in_unit(unit)
        optimum = estimate(
            lambda theta: mean_log_likelihood(theta, scaled, cls.FIRST_TOSS),
            start=np.array([0.0, 0.0, -0.5, 0.5]),
            customers=triples.customers,
            prior_strength=prior_strength,
        )
        told = Estimation.of(
            optimum,
            cls.PARAMETERS,
            customers=triples.customers,
            events=triples.purchases,
            distinct=len(triples),
        )
        r, alpha, a, b = np.exp(optimum.theta).tolist()
        return cls(r, alpha, a, b, estimation=told).in_unit(1 / unit)

    def log_likelihood(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return each customer's log-likelihood: the density of x purchases, the last at t_x, by T."""
        x, t_x, T = check_history(x, t_x, T)
        tosses = betaln(self.a, self.b + x + self.FIRST_TOSS) - betaln(self.a, self.b)
        buying = (
            gammaln(self.r + x)
            - gammaln(self.r)
            - self.r * np.log1p(T / self.alpha)
            - x * np.log(self.alpha + T)
        )
        return tosses + buying + np.logaddexp(0.0, self._log_odds_of_having_left(History(x, t_x, T)))

    def _log_odds_of_having_left(self, seen: History) -> FloatArray:
        survived = seen.x + self.FIRST_TOSS
        last_toss = np.log(self.a) - np.log(self.b + np.maximum(survived, 1) - 1)
        since = (self.r + seen.x) * np.log1p((seen.T - seen.t_x) / (self.alpha + seen.t_x))
        return np.where(survived > 0, last_toss + since, -np.inf)

    def probability_alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the probability that the customer has not left by T."""
        return expit(-self._log_odds_of_having_left(check_history(x, t_x, T)))

    def purchases_if_alive(self, horizon: ArrayLike, x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the expected purchases of a living customer in the ``horizon`` t after T.

        The mean over p ~ Beta(a, b + n) of (1 - (1 + p t / (α + T))^-(r + x)) / p, which is what Fader,
        Hardie & Lee (2005) write as a difference of hypergeometric functions (equation 10).
        """
        return on_distinct(self._purchases_if_alive, horizon, x, T)

    def _purchases_if_alive(self, horizon: FloatArray, x: FloatArray, T: FloatArray) -> FloatArray:
        shape, reach = self.r + x, horizon / (self.alpha + T)

        def purchases(p: FloatArray, rows: slice) -> FloatArray:
            return -np.expm1(-shape[rows, None] * np.log1p(p * reach[rows, None])) / p

        finest = 1 / np.maximum(reach * np.maximum(shape, 1.0), 1.0)
        return beta_mean(purchases, np.full_like(x, self.a), self.b + x + self.FIRST_TOSS, finest)

    def silence_if_alive(self, horizon: ArrayLike, x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the probability that a living customer buys nothing: ((α + T) / (α + T + t))^(r + x)."""
        age = self.alpha + np.asarray(T, dtype=np.float64)
        rate = self.r + np.asarray(x, dtype=np.float64)
        return np.exp(-rate * np.log1p(np.asarray(horizon, dtype=np.float64) / age))

    def wait_if_alive(self, level: ArrayLike, x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the time after which ``silence_if_alive`` is ``level``."""
        with np.errstate(divide="ignore", over="ignore"):
            logs = -np.log(np.asarray(level, dtype=np.float64)) / (self.r + np.asarray(x, dtype=np.float64))
            wait: FloatArray = (self.alpha + np.asarray(T, dtype=np.float64)) * np.expm1(logs)
        return wait

    def pmf_if_alive(self, count: ArrayLike, horizon: ArrayLike, x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the probability that a living customer buys ``count`` times (equation 8)."""
        k, shape, share, b = self._future(count, horizon, x, T)
        silent = shape * np.log1p(-share)
        with np.errstate(divide="ignore", invalid="ignore"):
            buying = (
                gammaln(shape + k) - gammaln(shape) - gammaln(k + 1) + np.where(k > 0, k * np.log(share), 0.0)
            )
        stayed = np.exp(self._log_survival(k, b) + buying + silent)
        before = np.maximum(k, 1)
        left = np.exp(self._log_survival(before - 1, b)) * self.a / (self.a + b + before - 1)
        return stayed + np.where(k > 0, left * betainc(before, shape, share), 0.0)

    def tail_if_alive(self, count: ArrayLike, horizon: ArrayLike, x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the probability that a living customer buys ``count`` >= 1 times or more.

        The coin has let pass the ``count`` - 1 purchases before, and a customer who never left would have
        bought so often.
        """
        k, shape, share, b = self._future(count, horizon, x, T)
        return np.exp(self._log_survival(k - 1, b)) * betainc(k, shape, share)

    def _future(
        self, count: ArrayLike, horizon: ArrayLike, x: ArrayLike, T: ArrayLike
    ) -> tuple[FloatArray, ...]:
        """Return count, r + x, t / (α + T + t) and b + n."""
        k, t, x, T = (np.asarray(column, dtype=np.float64) for column in (count, horizon, x, T))
        return k, self.r + x, t / (self.alpha + T + t), self.b + x + self.FIRST_TOSS

    def _log_survival(self, tosses: FloatArray, b: FloatArray) -> FloatArray:
        """Return ln B(a, b + tosses) / B(a, b): the coin lets so many tosses pass."""
        return np.asarray(betaln(self.a, b + tosses) - betaln(self.a, b), dtype=np.float64)

    def draw_if_alive(
        self, horizon: FloatArray, x: FloatArray, T: FloatArray, rng: np.random.Generator, draws: int
    ) -> NDArray[np.int64]:
        """Return ``draws`` possible counts of each living customer, of shape (draws, customers)."""
        size = (draws, x.size)
        rate = rng.gamma(self.r + x, 1 / (self.alpha + T), size)
        p = np.maximum(rng.beta(self.a, self.b + x + self.FIRST_TOSS, size), SMALLEST_BIAS)
        wanted = rng.poisson(np.minimum(rate * horizon, MOST_PURCHASES))
        return np.minimum(wanted, rng.geometric(p))

    def simulate(self, T: ArrayLike, rng: np.random.Generator) -> History:
        """Return the histories of new customers, one for each age in ``T``.

        Of ``wanted`` purchases at uniform times the first x happen; the time of the x-th is a
        beta-distributed share of T.
        """
        age = np.atleast_1d(np.asarray(T, dtype=np.float64))
        p = np.maximum(rng.beta(self.a, self.b, age.shape), SMALLEST_BIAS)
        wanted = rng.poisson(np.minimum(rng.gamma(self.r, 1 / self.alpha, age.shape) * age, MOST_PURCHASES))
        x = np.minimum(wanted, rng.geometric(p) - self.FIRST_TOSS)
        t_x = age * rng.beta(np.maximum(x, 1), wanted - x + 1.0)
        return History(x.astype(np.float64), np.where(x > 0, t_x, 0.0), age)
