"""Gamma-Gamma spend: Fader, Hardie & Lee (2005), RFM and CLV, Journal of Marketing Research 42.

Equations are numbered as in Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from scipy.special import gammaln, polygamma, psi

from training.errors import ConvergenceError, ModelInputError, NotEnoughDataError
from training.models.chunks import chunks
from training.models.contract import Estimation, Model
from training.models.distinct import Axis, FloatArray, axis_of, distinct_totals
from training.models.optimise import Derivatives, Objective, Optimum, Prior, Problem, estimate, in_logs
from training.models.triples import check_weights

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["GammaGamma"]

ROWS = 8192
LEAST_Q = 1.1  # at q <= 1 the mean spend of the population is infinite, and just above it beyond all measure
CENTRE = np.log([1.0, 3.0, 2.0])  # with the typical spend as the unit: a population mean of p v / (q - 1) = 1
PRIOR = Prior(CENTRE, np.ones(3))
PRIOR_OF_Q = Prior(CENTRE, np.array([0.0, 1.0, 0.0]))


@dataclass(frozen=True)
class GammaGamma(Model):
    """Spend per purchase z ~ Gamma(p, ν) (shape, rate), and from customer to customer ν ~ Gamma(q, v).

    ``v`` is in currency units. Spend is taken to be independent of how often a customer buys.

    >>> cdnow = GammaGamma(p=6.25, q=3.74, v=15.44)
    >>> cdnow.expected_value(orders=[0, 1, 1000], mean_value=[0, 80, 80]).round(2).tolist()
    [35.22, 66.35, 79.98]
    """

    p: float
    q: float
    v: float

    NAME: ClassVar[str] = "gammagamma"
    PARAMETERS: ClassVar[tuple[str, ...]] = ("p", "q", "v")

    @classmethod
    def fit(
        cls,
        orders: ArrayLike,
        mean_value: ArrayLike,
        weights: ArrayLike | None = None,
        *,
        prior_strength: float | None = None,
    ) -> Self:
        """Return the model that fits customers' mean spends over their paid orders best.

        Customers without a paid order, or whose mean is not positive, say nothing that the model could use:
        they are set aside and counted in ``estimation.notes``. Where the likelihood has no maximum
        (constant spend) or q falls below 1.1 (no mean to speak of) the weak prior is taken. Raises
        ``ModelInputError``, ``NotEnoughDataError`` or ``ConvergenceError``.
        """
        problem, unit = cls.problem(orders, mean_value, weights)
        optimum = finite_mean_estimate(problem, prior_strength)
        return cls.of(np.exp(optimum.theta), unit, Estimation.of(problem, optimum))

    @classmethod
    def problem(
        cls, orders: ArrayLike, mean_value: ArrayLike, weights: ArrayLike | None
    ) -> tuple[Problem, float]:
        """Return the estimation problem of customers, and the typical spend in units of which it is posed."""
        count, mean = check_spend(orders, mean_value)
        share = check_weights(weights, count.shape)
        paid = (count > 0) & (mean > 0)
        if share is not None:
            paid &= share > 0
        if not paid.any():
            raise NotEnoughDataError(
                "No customer has spent anything.", mend="Give orders of a positive amount."
            )
        columns = (count[paid], mean[paid])
        (count_paid, mean_paid), totals = distinct_totals(columns, None if share is None else share[paid])
        customers = float(totals.sum())
        unit = float(np.exp(totals @ np.log(mean_paid) / customers))
        problem = Problem(
            objective=mean_log_likelihood(axis_of(count_paid), mean_paid / unit, totals / customers),
            names=cls.PARAMETERS,
            start=CENTRE,
            customers=customers,
            distinct=totals.size,
            events=customers,
            notes=set_aside(count, mean),
        )
        return problem, unit

    @classmethod
    def of(cls, parameters: FloatArray, unit: float, estimation: Estimation) -> Self:
        """Return the model in currency units of parameters that were estimated with ``unit`` as the unit."""
        p, q, v = parameters.tolist()
        return cls(p, q, v * unit, estimation=in_currency(estimation, unit))

    def log_likelihood(self, orders: ArrayLike, mean_value: ArrayLike) -> FloatArray:
        """Return the log-density of each customer's mean spend (equation 1a), where both are positive."""
        x, mean = check_spend(orders, mean_value)
        if not ((x > 0) & (mean > 0)).all():
            raise ModelInputError("The density is that of a positive mean over at least one order.")
        shape, total = self.p * x, x * mean
        binomial = gammaln(shape + self.q) - gammaln(shape) - gammaln(self.q)
        return binomial - shape * np.log1p(self.v / total) - self.q * np.log1p(total / self.v) - np.log(mean)

    def expected_value(self, orders: ArrayLike, mean_value: ArrayLike) -> FloatArray:
        """Return the expected spend of each customer's next paid order, in currency units.

        Equation 5: between the population's mean (no order seen) and the customer's own (many seen). A mean
        that is not positive counts as no spend; a model with q <= 1 and no orders has no finite answer and
        raises ``ModelInputError``.
        """
        shape, scale = self.posterior(orders, mean_value)
        if not (shape > 1).all():
            raise ModelInputError(
                f"With q = {self.q:g} the population's mean spend is infinite.", mend="Fit with the prior."
            )
        return self.p * scale / (shape - 1)

    def posterior(self, orders: ArrayLike, mean_value: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return shape and rate of each customer's ν, given the orders seen."""
        x, mean = check_spend(orders, mean_value)
        spent = np.where(x > 0, x * np.maximum(mean, 0.0), 0.0)
        return self.q + self.p * x, self.v + spent

    def draw_totals(
        self, counts: ArrayLike, orders: ArrayLike, mean_value: ArrayLike, *, rng: np.random.Generator
    ) -> FloatArray:
        """Return possible total spends of ``counts`` orders to come, of shape (draws, customers)."""
        shape, scale = self.posterior(orders, mean_value)
        n = np.asarray(counts, dtype=np.float64)
        rate = rng.gamma(shape, 1 / scale, np.broadcast_shapes(n.shape, shape.shape))
        return rng.gamma(self.p * n, 1 / rate)


def in_currency(told: Estimation, unit: float) -> Estimation:
    """Return the estimation told in currency units, where the given one's unit is ``unit`` of them."""
    errors = {name: error * (unit if name == "v" else 1) for name, error in told.standard_errors.items()}
    log_likelihood = told.log_likelihood - told.events * float(np.log(unit))
    return replace(told, standard_errors=errors, log_likelihood=log_likelihood)


def check_spend(orders: ArrayLike, mean_value: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return orders and means as floats of one shape; raise ``ModelInputError`` where they cannot be."""
    given = (np.asarray(column, dtype=np.float64) for column in (orders, mean_value))
    count, mean = np.broadcast_arrays(*given)
    wrong = ~np.isfinite(count) | (count < 0) | ~(np.isfinite(mean) | (count == 0))
    if wrong.any():
        rows = np.flatnonzero(wrong)[:5]
        raise ModelInputError(
            f"{int(wrong.sum())} of {wrong.size} customers have orders or a mean value that are no numbers.",
            which=[f"row {i}: orders = {count.flat[i]:g}, mean_value = {mean.flat[i]:g}" for i in rows],
            mend="Orders are 0 or more; a mean may be missing where there are none.",
        )
    return count, mean


def set_aside(count: FloatArray, mean: FloatArray) -> tuple[str, ...]:
    """Return, in words, how many customers say nothing of spend."""
    without, refunded = int((count == 0).sum()), int(((count > 0) & (mean <= 0)).sum())
    told = ((without, "without a paid order"), (refunded, "whose mean spend is not positive"))
    return tuple(f"{number} customers {kind} are set aside" for number, kind in told if number)


def finite_mean_estimate(problem: Problem, prior_strength: float | None) -> Optimum:
    """Return the estimate, with q (or if need be all) shrunk by the prior until mean spend is finite."""
    optimum = estimate(problem, prior_strength=prior_strength, prior=PRIOR)
    if finite_mean(optimum.theta):
        return optimum
    if prior_strength is not None:
        raise ConvergenceError(
            f"q = {np.exp(optimum.theta[1]):.3g}: spend so uneven has no finite mean.",
            mend="Leave prior_strength unset, and q is shrunk until it has.",
        )
    try:
        return estimate(problem, prior_strength=None, prior=PRIOR_OF_Q, acceptable=finite_mean)
    except ConvergenceError:
        return estimate(problem, prior_strength=None, prior=PRIOR, acceptable=finite_mean)


def finite_mean(theta: FloatArray) -> bool:
    """Return whether q is far enough above 1."""
    return bool(theta[1] >= np.log(LEAST_Q))


def mean_log_likelihood(count: Axis, mean: FloatArray, shares: FloatArray) -> Objective:
    """Return the mean log-likelihood as a function of (ln p, ln q, ln v), with its derivatives."""
    x, by_x = count.values, count.sums(shares)
    orders = count.rows
    total, x_share = orders * mean, orders * shares
    log_total, log_mean = float(np.sum(x_share * np.log(total))), float(np.sum(shares * np.log(mean)))

    def sums(v: float) -> FloatArray:
        """Return sums of ln(v + total), 1 / (v + total) and its square, by shares and by shares × orders."""
        told = np.zeros(6)
        for part in chunks(total.size, ROWS):
            share, orders_share = shares[part], x_share[part]
            after = v + total[part]
            logs, inverse = np.log(after), 1 / after
            square = inverse * inverse
            told += [
                share @ logs,
                orders_share @ logs,
                share @ inverse,
                orders_share @ inverse,
                share @ square,
                orders_share @ square,
            ]
        return told

    def objective(theta: FloatArray) -> Derivatives:
        p, q, v = np.exp(theta)
        shape = p * x
        log_after, log_after_x, inverse, inverse_x, square, square_x = sums(v).tolist()
        value = (
            by_x @ (gammaln(shape + q) - gammaln(shape))
            - gammaln(q)
            + q * np.log(v)
            + p * log_total
            - log_mean
            - p * log_after_x
            - q * log_after
        )
        gradient = np.array(
            [
                (by_x * x) @ (psi(shape + q) - psi(shape)) + log_total - log_after_x,
                by_x @ psi(shape + q) - psi(q) + np.log(v) - log_after,
                q / v - p * inverse_x - q * inverse,
            ]
        )
        sharp = polygamma(1, shape + q)
        hessian = np.array(
            [
                [(by_x * x**2) @ (sharp - polygamma(1, shape)), (by_x * x) @ sharp, -inverse_x],
                [0.0, by_x @ sharp - polygamma(1, q), 1 / v - inverse],
                [0.0, 0.0, p * square_x + q * square - q / v**2],
            ]
        )
        return in_logs(theta, Derivatives(float(value), gradient, np.triu(hessian) + np.triu(hessian, 1).T))

    return objective
