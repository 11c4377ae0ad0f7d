"""Pareto/NBD: Schmittlein, Morrison & Colombo (1987), Counting Your Customers, Management Science 33.

Formulas after Fader & Hardie (2005), A Note on Deriving the Pareto/NBD Model.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import betainc, expit, exprel, gammaln

from training.models.chunks import chunks
from training.models.distinct import FloatArray, IntArray, on_distinct
from training.models.optimise import Derivatives
from training.models.paretonbd_likelihood import log_odds_of_having_left, mean_log_likelihood
from training.models.purchases import PurchaseModel
from training.models.quadrature import truncated_beta_mean
from training.models.triples import History, Triples, check_history

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

__all__ = ["ParetoNBD"]

MOST_PURCHASES = 1e15
ROWS = 2048
NEWTON_STEPS = 100
SMALLEST_EXCESS = 1e-13  # in probability


@dataclass(frozen=True)
class ParetoNBD(PurchaseModel):
    """Buying rates λ ~ Gamma(r, α), leaving rates μ ~ Gamma(s, β): a customer may leave at any time.

    >>> cdnow = ParetoNBD(r=0.553, alpha=10.578, s=0.606, beta=11.669)  # weeks
    >>> float(cdnow.expected_purchases(52, x=26, t_x=30.86, T=31).round(2))
    25.46
    """

    r: float
    alpha: float
    s: float
    beta: float

    NAME: ClassVar[str] = "paretonbd"
    PARAMETERS: ClassVar[tuple[str, ...]] = ("r", "alpha", "s", "beta")
    TIME_PARAMETERS: ClassVar[tuple[str, ...]] = ("alpha", "beta")
    START: ClassVar[tuple[float, ...]] = (0.0, 0.0, -0.5, 0.0)

    @classmethod
    def mean_log_likelihood(cls, theta: FloatArray, triples: Triples) -> Derivatives:
        """Return the mean log-likelihood in (ln r, ln α, ln s, ln β), with its derivatives."""
        return mean_log_likelihood(theta, triples)

    def log_likelihood(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return each customer's log-likelihood: the density of x purchases, the last at t_x, by T."""
        x, t_x, T = check_history(x, t_x, T)
        buying = gammaln(self.r + x) - gammaln(self.r) - self.r * np.log1p(T / self.alpha)
        staying = self.s * np.log1p(T / self.beta)
        left = on_distinct(self._log_odds_of_having_left, x, t_x, T)
        return buying - x * np.log(self.alpha + T) - staying + np.logaddexp(0.0, left)

    def _log_odds_of_having_left(self, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
        parameters = np.array([self.r, self.alpha, self.s, self.beta])
        return log_odds_of_having_left(parameters, History(x, t_x, T))

    def probability_alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the probability that the customer has not left by T."""
        return expit(-on_distinct(self._log_odds_of_having_left, *check_history(x, t_x, T)))

    def purchases_if_alive(self, horizon: ArrayLike, x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the expected purchases of a living customer in the ``horizon`` t after T.

        (r + x)(β + T) / ((α + T)(s - 1)) [1 - ((β + T) / (β + T + t))^(s - 1)] (equation 41), and its limit
        at s = 1.
        """
        t, x, T = (np.asarray(column, dtype=np.float64) for column in (horizon, x, T))
        elapsed = np.log1p(t / (self.beta + T))
        return (self.r + x) * (self.beta + T) / (self.alpha + T) * elapsed * exprel((1 - self.s) * elapsed)

    def survival_if_alive(self, horizon: ArrayLike, x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the probability that a living customer has not left: ((β + T) / (β + T + t))^s."""
        t, _, T = np.broadcast_arrays(*(np.asarray(c, dtype=np.float64) for c in (horizon, x, T)))
        return np.exp(-self.s * np.log1p(t / (self.beta + T)))

    def silence_if_alive(self, horizon: ArrayLike, x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the probability that a living customer buys nothing in the ``horizon`` after T."""
        return self.pmf_if_alive(0.0, horizon, x, T)

    def pmf_if_alive(self, count: ArrayLike, horizon: ArrayLike, x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the probability that a living customer buys ``count`` times in the ``horizon`` t after T.

        Either alive at T + t, having bought so often, or left after ``count`` purchases: the mean of the
        leaving rate's density over the odds y / (α + T) of a Beta(count + 1, r + x) share, up to those of
        t.
        """
        return on_distinct(self._pmf_if_alive, count, horizon, x, T)

    def _pmf_if_alive(
        self, count: FloatArray, horizon: FloatArray, x: FloatArray, T: FloatArray
    ) -> FloatArray:
        shape, alpha, beta = self.r + x, self.alpha + T, self.beta + T
        share = horizon / (alpha + horizon)
        with np.errstate(divide="ignore", invalid="ignore"):
            several = np.where(count > 0, count * np.log(share), 0.0) + shape * np.log1p(-share)
        choose = gammaln(shape + count) - gammaln(shape) - gammaln(count + 1)
        stays = np.exp(choose + several - self.s * np.log1p(horizon / beta))

        def leaving(rows: IntArray, odds: FloatArray) -> FloatArray:
            y, ages = alpha[rows, None] * odds, beta[rows, None]
            return (alpha[rows, None] + y) / (ages + y) * self.s * np.exp(-self.s * np.log1p(y / ages))

        mean = self._mean_up_to(leaving, count + 1, shape, horizon / alpha, beta / alpha)
        return stays + betainc(count + 1, shape, share) * mean / (shape + count)

    def tail_if_alive(self, count: ArrayLike, horizon: ArrayLike, x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the probability that a living customer buys ``count`` >= 1 times or more.

        The time y of that purchase, if the customer never left, has odds y / (α + T) of a Beta(count, r +
        x) share; at y the customer is still there with ((β + T) / (β + T + y))^s.
        """
        return on_distinct(self._tail_if_alive, count, horizon, x, T)

    def _tail_if_alive(
        self, count: FloatArray, horizon: FloatArray, x: FloatArray, T: FloatArray
    ) -> FloatArray:
        shape, alpha, beta = self.r + x, self.alpha + T, self.beta + T

        def still_there(rows: IntArray, odds: FloatArray) -> FloatArray:
            return np.exp(-self.s * np.log1p((alpha / beta)[rows, None] * odds))

        mean = self._mean_up_to(still_there, count, shape, horizon / alpha, beta / alpha)
        return betainc(count, shape, horizon / (alpha + horizon)) * mean

    def _mean_up_to(
        self,
        function: Callable[[IntArray, FloatArray], FloatArray],
        a: FloatArray,
        b: FloatArray,
        top: FloatArray,
        ages: FloatArray,
    ) -> FloatArray:
        """Return the means of ``function(rows, odds)`` over Beta(a, b) up to ``top``, 1 where 0."""
        finest = np.minimum(1 / np.maximum(b, 1.0), ages / max(self.s, 1.0))
        means = np.ones(a.size)
        for part in chunks(a.size, ROWS):
            rows = np.arange(part.start, part.stop)[top[part] > 0]
            if rows.size:
                columns = (column[rows, None] for column in (a, b, top, finest))
                means[rows] = truncated_beta_mean(partial(function, rows), *columns)
        return means

    def wait_if_alive(self, level: ArrayLike, x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the time after which ``silence_if_alive`` is ``level``; infinite where it stays above."""
        return on_distinct(self._wait_if_alive, level, x, T)

    def _wait_if_alive(self, level: FloatArray, x: FloatArray, T: FloatArray) -> FloatArray:
        """Newton's method from the wait of one who never leaves; silence is convex: no step overshoots."""
        shape, alpha, beta = self.r + x, self.alpha + T, self.beta + T
        never = self._pmf_if_alive(np.zeros_like(x), np.full_like(x, 1e300), x, T) >= level
        wait = np.full_like(x, np.inf)
        rows = np.flatnonzero(~never)
        wait[rows] = alpha[rows] * np.expm1(-np.log(level[rows]) / shape[rows])
        for _ in range(NEWTON_STEPS):
            t = wait[rows]
            above = self._pmf_if_alive(np.zeros_like(t), t, x[rows], T[rows]) - level[rows]
            first = (
                shape[rows]
                / (alpha[rows] + t)
                * np.exp(-shape[rows] * np.log1p(t / alpha[rows]) - self.s * np.log1p(t / beta[rows]))
            )
            wait[rows] = t + np.maximum(above, 0.0) / first
            rows = rows[above > SMALLEST_EXCESS]
            if not rows.size:
                break
        return wait

    def draw_if_alive(
        self, horizon: FloatArray, x: FloatArray, T: FloatArray, rng: np.random.Generator, draws: int
    ) -> NDArray[np.int64]:
        """Return ``draws`` possible counts of each living customer, of shape (draws, customers)."""
        size = (draws, x.size)
        rate = rng.gamma(self.r + x, 1 / (self.alpha + T), size)
        stay = self._lifetimes(self.beta + T, size, rng)
        return rng.poisson(np.minimum(rate * np.minimum(horizon, stay), MOST_PURCHASES))

    def _lifetimes(
        self, beta: FloatArray | float, size: tuple[int, ...], rng: np.random.Generator
    ) -> FloatArray:
        """Return times until customers leave, whose rates are Gamma(s, ``beta``)."""
        scale = np.asarray(beta, dtype=np.float64)
        return scale * rng.pareto(self.s, size)

    def simulate(self, T: ArrayLike, rng: np.random.Generator) -> History:
        """Return the histories of new customers, one for each age in ``T``."""
        age = np.atleast_1d(np.asarray(T, dtype=np.float64))
        seen = np.minimum(age, self._lifetimes(self.beta, age.shape, rng))
        x = rng.poisson(np.minimum(rng.gamma(self.r, 1 / self.alpha, age.shape) * seen, MOST_PURCHASES))
        t_x = seen * rng.beta(np.maximum(x, 1), 1.0)
        return History(x.astype(np.float64), np.where(x > 0, t_x, 0.0), age)
