"""What BG/NBD and MBG/NBD share: gamma-distributed buying rates, and a coin tossed after purchases.

A customer buys at the rate λ ~ Gamma(r, α) (shape, rate) and leaves after a purchase with the probability p
~ Beta(a, b). The two models differ in one thing: whether the coin is tossed after the first purchase of
all, too. With n the tosses that a living customer has survived (x for BG/NBD, x + 1 for MBG/NBD) every
formula is the same, and what a living customer does next is what a new BG/NBD customer does whose λ ~
Gamma(r + x, α + T) and p ~ Beta(a, b + n).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import betainc, expit, gammaln

from training.models.beta_geometric_likelihood import mean_log_likelihood
from training.models.coins import draw_survivals, log_survival
from training.models.discounting import discounted
from training.models.distinct import FloatArray, on_distinct
from training.models.optimise import Derivatives
from training.models.purchases import PurchaseModel, check_horizon
from training.models.quadrature import beta_mean
from training.models.triples import History, Triples, check_history

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["BetaGeometricNBD"]

MOST_PURCHASES = 1e15  # numpy refuses a Poisson distribution with a mean near 2^63


@dataclass(frozen=True)
class BetaGeometricNBD(PurchaseModel):
    """The family; use ``BGNBD`` or ``MBGNBD``."""

    r: float
    alpha: float
    a: float
    b: float

    PARAMETERS: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")
    TIME_PARAMETERS: ClassVar[tuple[str, ...]] = ("alpha",)
    START: ClassVar[tuple[float, ...]] = (0.0, 0.0, -0.5, 0.5)
    FIRST_TOSS: ClassVar[int]  # 1 where the coin is tossed after the first purchase of all, else 0

    @classmethod
    def mean_log_likelihood(cls, theta: FloatArray, triples: Triples) -> Derivatives:
        """Return the mean log-likelihood in (ln r, ln α, ln a, ln b), with its derivatives."""
        return mean_log_likelihood(theta, triples, cls.FIRST_TOSS)

    def log_likelihood(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return each customer's log-likelihood: the density of x purchases, the last at t_x, by T."""
        x, t_x, T = check_history(x, t_x, T)
        tosses = log_survival(self.a, self.b, x + self.FIRST_TOSS)
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

        The mean over p ~ Beta(a, b + n) of (1 - (1 + p t / (α + T))^-(r + x)) / p, which Fader, Hardie &
        Lee (2005) write as a difference of hypergeometric functions (equation 10).
        """
        return self.discounted_if_alive(horizon, 0.0, x, T)

    def discounted_if_alive(
        self, horizon: ArrayLike, annual_rate: float, x: ArrayLike, T: ArrayLike
    ) -> FloatArray:
        """Return the same, a purchase d days after T counted as (1 + annual_rate)^(-d / 365)."""

        def by_distinct(horizon: FloatArray, x: FloatArray, T: FloatArray) -> FloatArray:
            shape, age = self.r + x, self.alpha + T

            def purchases(p: FloatArray, rows: slice) -> FloatArray:
                def until(t: FloatArray) -> FloatArray:
                    return -np.expm1(-shape[rows, None] * np.log1p(p * (t / age[rows, None]))) / p

                return discounted(until, horizon[rows, None], annual_rate, self.unit_days)

            finest = 1 / np.maximum(horizon / age * np.maximum(shape, 1.0), 1.0)
            return beta_mean(purchases, np.full_like(x, self.a), self.b + x + self.FIRST_TOSS, finest)

        return on_distinct(by_distinct, check_horizon(horizon), x, T)

    def survival_if_alive(self, horizon: ArrayLike, x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the probability that a living customer has not left by the ``horizon`` t after T.

        Purchases that end in leaving come at the rate λ p: the mean over p ~ Beta(a, b + n) of
        (1 + p t / (α + T))^-(r + x).
        """

        def by_distinct(horizon: FloatArray, x: FloatArray, T: FloatArray) -> FloatArray:
            shape, ahead = self.r + x, horizon / (self.alpha + T)

            def stays(p: FloatArray, rows: slice) -> FloatArray:
                return np.exp(-shape[rows, None] * np.log1p(p * ahead[rows, None]))

            finest = 1 / np.maximum(ahead * np.maximum(shape, 1.0), 1.0)
            return beta_mean(stays, np.full_like(x, self.a), self.b + x + self.FIRST_TOSS, finest)

        return on_distinct(by_distinct, check_horizon(horizon), x, T)

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
        stayed = np.exp(log_survival(self.a, b, k) + buying + silent)
        before = np.maximum(k, 1)
        left = np.exp(log_survival(self.a, b, before - 1)) * self.a / (self.a + b + before - 1)
        return stayed + np.where(k > 0, left * betainc(before, shape, share), 0.0)

    def tail_if_alive(self, count: ArrayLike, horizon: ArrayLike, x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the probability that a living customer buys ``count`` >= 1 times or more.

        The coin has let pass the ``count`` - 1 purchases before, and a customer who never left would have
        bought so often.
        """
        k, shape, share, b = self._future(count, horizon, x, T)
        return np.exp(log_survival(self.a, b, k - 1)) * betainc(k, shape, share)

    def _future(
        self, count: ArrayLike, horizon: ArrayLike, x: ArrayLike, T: ArrayLike
    ) -> tuple[FloatArray, ...]:
        """Return count, r + x, t / (α + T + t) and b + n."""
        k, t, x, T = (np.asarray(column, dtype=np.float64) for column in (count, horizon, x, T))
        return k, self.r + x, t / (self.alpha + T + t), self.b + x + self.FIRST_TOSS

    def draw_if_alive(
        self, horizon: FloatArray, x: FloatArray, T: FloatArray, rng: np.random.Generator, draws: int
    ) -> NDArray[np.int64]:
        """Return ``draws`` possible counts of each living customer, of shape (draws, customers)."""
        size = (draws, x.size)
        rate = rng.gamma(self.r + x, 1 / (self.alpha + T), size)
        survived = draw_survivals(self.a, self.b + x + self.FIRST_TOSS, size, rng)
        wanted = rng.poisson(np.minimum(rate * horizon, MOST_PURCHASES))
        return np.minimum(wanted, survived + 1)

    def simulate(self, T: ArrayLike, rng: np.random.Generator) -> History:
        """Return the histories of new customers, one for each age in ``T``.

        Of ``wanted`` purchases at uniform times the first x happen; the time of the x-th is a
        beta-distributed share of T.
        """
        age = np.atleast_1d(np.asarray(T, dtype=np.float64))
        survived = draw_survivals(self.a, np.full_like(age, self.b), age.shape, rng)
        wanted = rng.poisson(np.minimum(rng.gamma(self.r, 1 / self.alpha, age.shape) * age, MOST_PURCHASES))
        x = np.minimum(wanted, survived + 1 - self.FIRST_TOSS)
        t_x = age * rng.beta(np.maximum(x, 1), wanted - x + 1.0)
        return History(x.astype(np.float64), np.where(x > 0, t_x, 0.0), age)
