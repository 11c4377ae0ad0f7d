"""The contract of purchase models: buyers at random times who leave unseen.

A customer's future is nothing with the probability of having left, and else what a living customer does;
each model says how a living customer behaves (``…_if_alive``, which depends on x and T alone) and how
likely that is. Times are in days, as T is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from training.errors import ModelInputError
from training.models.contract import Estimation, TimedModel
from training.models.discounting import discounted
from training.models.distinct import FloatArray, on_distinct
from training.models.optimise import Derivatives, Problem, estimate
from training.models.triples import Triples

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from training.models.triples import History

__all__ = ["PurchaseModel", "check_horizon"]


@dataclass(frozen=True)
class PurchaseModel(TimedModel, ABC):
    """What BG/NBD, MBG/NBD and Pareto/NBD all answer.

    ``x``, ``t_x``, ``T`` and the horizon are numbers or arrays that broadcast, and answers have their
    common shape. A new customer is one with x = t_x = T = 0. Histories that cannot be raise
    ``ModelInputError``.
    """

    START: ClassVar[tuple[float, ...]]  # where a fit begins, in logarithms

    @classmethod
    @abstractmethod
    def mean_log_likelihood(cls, theta: FloatArray, triples: Triples) -> Derivatives:
        """Return the mean log-likelihood in the logarithms of the parameters, with its derivatives."""

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
        """Return the model that fits customers' histories best.

        Maximum likelihood; a weak prior holds the parameters where the likelihood has no maximum
        (``prior_strength`` left unset), always (a positive number) or never (0). Raises
        ``ModelInputError``, ``NotEnoughDataError`` or ``ConvergenceError``.
        """
        triples = Triples.of(x, t_x, T, weights)
        unit = cls.fitting_unit(triples)
        problem = cls.problem(triples, unit)
        optimum = estimate(problem, prior_strength=prior_strength)
        return cls.of(np.exp(optimum.theta), unit, Estimation.of(problem, optimum))

    @classmethod
    def fitting_unit(cls, triples: Triples) -> float:
        """Return the unit of time that a fit computes in: the customers' mean age, or one period."""
        return triples.mean_age if cls.TIME_PARAMETERS else 1.0

    @classmethod
    def problem(cls, triples: Triples, unit: float) -> Problem:
        """Return the estimation problem of customers, with times in ``unit``."""
        scaled = triples.in_unit(unit)
        return Problem(
            objective=lambda theta: cls.mean_log_likelihood(theta, scaled),
            names=cls.PARAMETERS,
            start=np.array(cls.START),
            customers=triples.customers,
            distinct=len(triples),
            events=triples.purchases if cls.TIME_PARAMETERS else 0.0,
        )

    @classmethod
    def of(cls, parameters: FloatArray, unit: float, estimation: Estimation) -> Self:
        """Return the model, in days, of parameters that were estimated with times in ``unit``."""
        named = dict(zip(cls.PARAMETERS, parameters.tolist(), strict=True))
        model = cls(**named, estimation=estimation, unit_days=unit)
        return model.in_unit(1.0) if cls.TIME_PARAMETERS else model

    @abstractmethod
    def log_likelihood(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return each customer's log-likelihood: the density of x purchases, the last at t_x, by T."""

    @abstractmethod
    def probability_alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the probability that the customer has not left by T."""

    @abstractmethod
    def simulate(self, T: ArrayLike, rng: np.random.Generator) -> History:
        """Return the histories of new customers, one for each age in ``T``."""

    @abstractmethod
    def purchases_if_alive(self, horizon: ArrayLike, x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the expected purchases of a living customer in the ``horizon`` after T."""

    @abstractmethod
    def survival_if_alive(self, horizon: ArrayLike, x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the probability that a living customer has not left by the ``horizon`` after T."""

    @abstractmethod
    def silence_if_alive(self, horizon: ArrayLike, x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the probability that a living customer buys nothing in the ``horizon`` after T."""

    @abstractmethod
    def wait_if_alive(self, level: ArrayLike, x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the time after which ``silence_if_alive`` is ``level``; infinite where it stays above."""

    @abstractmethod
    def pmf_if_alive(self, count: ArrayLike, horizon: ArrayLike, x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the probability that a living customer buys ``count`` times in the ``horizon`` after T."""

    @abstractmethod
    def tail_if_alive(self, count: ArrayLike, horizon: ArrayLike, x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the probability that a living customer buys ``count`` times or more, for ``count`` >= 1."""

    @abstractmethod
    def draw_if_alive(
        self, horizon: FloatArray, x: FloatArray, T: FloatArray, rng: np.random.Generator, draws: int
    ) -> NDArray[np.int64]:
        """Return ``draws`` possible counts of each living customer, of shape (draws, customers)."""

    def expected_purchases(
        self, horizon: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
    ) -> FloatArray:
        """Return the expected purchases in the ``horizon`` after T, P(alive) taken into account."""
        return self.probability_alive(x, t_x, T) * self.purchases_if_alive(check_horizon(horizon), x, T)

    def discounted_purchases(
        self, horizon: ArrayLike, annual_rate: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
    ) -> FloatArray:
        """Return the expected purchases, one d days after T counted as (1 + annual_rate)^(-d / 365)."""
        return self.probability_alive(x, t_x, T) * self.discounted_if_alive(horizon, annual_rate, x, T)

    def discounted_if_alive(
        self, horizon: ArrayLike, annual_rate: float, x: ArrayLike, T: ArrayLike
    ) -> FloatArray:
        """Return ``discounted_purchases`` of a living customer."""

        def by_distinct(horizon: FloatArray, x: FloatArray, T: FloatArray) -> FloatArray:
            return discounted(
                lambda t: self.purchases_if_alive(t, x, T), horizon, annual_rate, self.unit_days
            )

        return on_distinct(by_distinct, check_horizon(horizon), x, T)

    def probability_still_alive(
        self, horizon: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
    ) -> FloatArray:
        """Return the probability that the customer has not left by the ``horizon`` after T."""
        return self.probability_alive(x, t_x, T) * self.survival_if_alive(check_horizon(horizon), x, T)

    def probability_no_purchase(
        self, horizon: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
    ) -> FloatArray:
        """Return the probability of no purchase in the ``horizon`` after T."""
        alive = self.probability_alive(x, t_x, T)
        silent: FloatArray = 1 - alive * (1 - self.silence_if_alive(check_horizon(horizon), x, T))
        return silent

    def days_until(self, level: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the time after T until P(no purchase) is down to ``level``; infinite where it never is."""
        alive = self.probability_alive(x, t_x, T)
        missing = np.maximum(1 - np.asarray(level, dtype=np.float64), 0.0)
        reachable = missing < alive
        within = np.divide(missing, alive, out=np.zeros(reachable.shape), where=reachable)
        return np.where(reachable, self.wait_if_alive(1 - within, x, T), np.inf)

    def purchase_count_pmf(
        self, count: ArrayLike, horizon: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
    ) -> FloatArray:
        """Return the probability of exactly ``count`` purchases in the ``horizon`` after T."""
        alive = self.probability_alive(x, t_x, T)
        bought = alive * self.pmf_if_alive(count, check_horizon(horizon), x, T)
        return np.where(np.asarray(count) == 0, 1 - alive + bought, bought)

    def purchase_count_cdf(
        self, count: ArrayLike, horizon: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
    ) -> FloatArray:
        """Return the probability of at most ``count`` purchases in the ``horizon`` after T."""
        after = np.floor(np.asarray(count, dtype=np.float64)) + 1
        tail = self.tail_if_alive(np.maximum(after, 1), check_horizon(horizon), x, T)
        return np.where(after < 1, 0.0, 1 - self.probability_alive(x, t_x, T) * tail)

    def purchase_count_quantile(
        self, level: ArrayLike, horizon: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
    ) -> FloatArray:
        """Return the smallest count that the purchases stay within with probability ``level``."""
        with np.errstate(divide="ignore"):
            allowed = (1 - np.asarray(level, dtype=np.float64)) / self.probability_alive(x, t_x, T)
        allowed, hours, purchases, age = np.broadcast_arrays(allowed, check_horizon(horizon), x, T)
        columns = [np.ravel(column).astype(np.float64) for column in (allowed, hours, purchases, age)]
        if (columns[0] <= 0).any():
            raise ModelInputError("No count is sure not to be exceeded.", mend="Ask for a level below 1.")
        return on_distinct(self._quantile, *columns).reshape(allowed.shape)

    def _quantile(self, allowed: FloatArray, horizon: FloatArray, x: FloatArray, T: FloatArray) -> FloatArray:
        """Return the least count that a living customer exceeds with probability ``allowed`` at most."""

        def exceeded(count: FloatArray, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
            return self.tail_if_alive(count[rows] + 1, horizon[rows], x[rows], T[rows]) > allowed[rows]

        below, above = np.full(x.size, -1.0), np.zeros(x.size)
        rows = np.arange(x.size)
        while (rows := rows[exceeded(above, rows)]).size:
            below[rows], above[rows] = above[rows], 2 * above[rows] + 1
        while (rows := np.flatnonzero(above - below > 1)).size:
            middle = np.floor((below + above) / 2)
            high = exceeded(middle, rows)
            below[rows[high]], above[rows[~high]] = middle[rows[high]], middle[rows[~high]]
        return above

    def purchase_interval(
        self, coverage: float, horizon: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
    ) -> tuple[FloatArray, FloatArray]:
        """Return two counts with the purchases between them, ends included, with ``coverage`` or more.

        At most (1 - ``coverage``) / 2 lies below the lower one (nothing where that is 0, and then all of it
        above the upper one). The expected purchases always lie between them.
        """
        seen = (horizon, x, t_x, T)
        low = self.purchase_count_quantile((1 - coverage) / 2, *seen)
        below = self.purchase_count_cdf(low - 1, *seen)
        high = self.purchase_count_quantile(np.minimum(below + coverage, 1 - 1e-12), *seen)
        expected = self.expected_purchases(*seen)
        return np.minimum(low, np.floor(expected)), np.maximum(high, np.ceil(expected))

    def draw_purchases(
        self,
        horizon: ArrayLike,
        x: ArrayLike,
        t_x: ArrayLike,
        T: ArrayLike,
        *,
        rng: np.random.Generator,
        draws: int,
    ) -> NDArray[np.int64]:
        """Return ``draws`` possible counts of purchases in the ``horizon`` after T, of shape (draws, …)."""
        columns = (self.probability_alive(x, t_x, T), check_horizon(horizon), x, T)
        alive, hours, purchases, age = (
            np.asarray(c, dtype=np.float64) for c in np.broadcast_arrays(*columns)
        )
        counts = self.draw_if_alive(hours.ravel(), purchases.ravel(), age.ravel(), rng, draws)
        counts[rng.random(counts.shape) >= alive.ravel()] = 0
        return counts.reshape(draws, *alive.shape)


def check_horizon(horizon: ArrayLike) -> FloatArray:
    """Return the horizon as floats; raise ``ModelInputError`` where it is negative or no number."""
    given = np.asarray(horizon, dtype=np.float64)
    if not (given >= 0).all() or np.isinf(given).any():
        raise ModelInputError("A horizon is negative or not a number.", mend="Give days, 0 or more.")
    return given
