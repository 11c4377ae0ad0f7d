"""Shifted beta-geometric: Fader & Hardie (2007), How to Project Customer Retention.

Journal of Interactive Marketing 21; equations are numbered as there.

For contracts, where leaving is seen: at each renewal a customer leaves with θ ~ Beta(α, β). Time is counted
in renewals; a model's ``unit_days`` says how far they are apart, for discounting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self

import numpy as np
from scipy.special import betaln, polygamma, psi

from training.errors import ModelInputError, NotEnoughDataError
from training.models.coins import draw_survivals, expected_survivals, log_survival
from training.models.contract import Estimation, TimedModel
from training.models.discounting import force_of_discount
from training.models.distinct import FloatArray, distinct_totals, on_distinct
from training.models.optimise import Derivatives, Problem, estimate, in_logs
from training.models.triples import check_weights

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["ShiftedBetaGeometric", "Tenure"]


class Tenure(NamedTuple):
    """Renewals survived, and whether the next one was refused."""

    renewals: FloatArray
    ended: NDArray[np.bool_]


@dataclass(frozen=True)
class ShiftedBetaGeometric(TimedModel):
    """Who refuses a renewal with θ ~ Beta(α, β): retention grows with tenure, as likely leavers have left.

    >>> regular = ShiftedBetaGeometric(alpha=0.7041, beta=1.182)
    >>> regular.survival([0, 1, 7]).round(3).tolist()
    [1.0, 0.627, 0.239]
    """

    alpha: float
    beta: float

    NAME: ClassVar[str] = "sbg"
    PARAMETERS: ClassVar[tuple[str, ...]] = ("alpha", "beta")

    @classmethod
    def fit(
        cls,
        renewals: ArrayLike,
        ended: ArrayLike,
        weights: ArrayLike | None = None,
        *,
        entered: ArrayLike = 0,
        prior_strength: float | None = None,
    ) -> Self:
        """Return the model that fits tenures best.

        ``renewals`` is how many renewals each customer has survived, ``ended`` whether the next was refused
        (or the customer is still there). ``entered``: how many of them lay behind when ends began to be
        recorded; who left before then is not in the data, and the likelihood is that of what followed
        (delayed entry: Klein & Moeschberger, Survival Analysis, 2nd ed. (2003), section 3.4). The prior is as
        in ``PurchaseModel.fit``. Raises ``ModelInputError``, ``NotEnoughDataError`` or ``ConvergenceError``.
        """
        seen = check_tenure(renewals, ended)
        before = np.broadcast_to(np.asarray(entered, dtype=np.float64), seen.renewals.shape)
        share = check_weights(weights, seen.renewals.shape)
        known = (seen.renewals > before) | seen.ended
        if share is not None:
            known &= share > 0
        if not known.any():
            raise NotEnoughDataError(
                "No customer has come to a renewal.", mend="Give tenures of at least one period."
            )
        columns = (seen.renewals[known], seen.ended[known].astype(np.float64), before[known])
        (survived, refused, behind), totals = distinct_totals(
            columns, None if share is None else share[known]
        )
        customers = float(totals.sum())
        problem = Problem(
            objective=lambda theta: mean_log_likelihood(theta, survived, refused, behind, totals / customers),
            names=cls.PARAMETERS,
            start=np.zeros(2),
            customers=customers,
            distinct=totals.size,
        )
        optimum = estimate(problem, prior_strength=prior_strength)
        alpha, beta = np.exp(optimum.theta).tolist()
        return cls(alpha, beta, estimation=Estimation.of(problem, optimum))

    def log_likelihood(self, renewals: ArrayLike, ended: ArrayLike) -> FloatArray:
        """Return the log-probability of each tenure (equations 5 and 6)."""
        seen = check_tenure(renewals, ended)
        refused = np.log(self.alpha) - np.log(self.alpha + self.beta + seen.renewals)
        return log_survival(self.alpha, self.beta, seen.renewals) + np.where(seen.ended, refused, 0.0)

    def survival(self, renewals: ArrayLike, survived: ArrayLike = 0) -> FloatArray:
        """Return the probability of surviving so many more renewals, after ``survived`` of them."""
        before = np.asarray(survived, dtype=np.float64)
        return np.exp(log_survival(self.alpha, self.beta + before, np.asarray(renewals, dtype=np.float64)))

    def retention(self, renewal: ArrayLike) -> FloatArray:
        """Return the share of those at the ``renewal``-th renewal (1, 2 …) that survive it (equation 8)."""
        before = np.asarray(renewal, dtype=np.float64) - 1
        return (self.beta + before) / (self.alpha + self.beta + before)

    def expected_renewals(
        self, horizon: ArrayLike, survived: ArrayLike = 0, *, annual_rate: float = 0.0
    ) -> FloatArray:
        """Return the expected renewals among the next ``horizon``.

        The j-th counts as (1 + annual_rate)^(-j unit_days / 365): the residual value of a customer in units
        of what a period brings; ``horizon`` may be infinite where the rate is positive (the DERL of Fader &
        Hardie 2010, Customer-Base Valuation in a Contractual Setting).
        """
        force = force_of_discount(annual_rate, self.unit_days)
        ahead = np.asarray(horizon, dtype=np.float64)
        if not (ahead >= 0).all() or (force <= 0 and np.isinf(ahead).any()):
            raise ModelInputError("A horizon is negative or not a number, or has no end and no discount.")
        return on_distinct(
            lambda periods, before: expected_survivals(self.alpha, self.beta + before, periods, force),
            ahead,
            survived,
        )

    def draw_renewals(
        self, horizon: ArrayLike, survived: ArrayLike, *, rng: np.random.Generator, draws: int
    ) -> NDArray[np.int64]:
        """Return ``draws`` possible counts of renewals among the next ``horizon``, of shape (draws, …)."""
        ahead, before = np.broadcast_arrays(*(np.asarray(c, dtype=np.float64) for c in (horizon, survived)))
        stays = draw_survivals(self.alpha, self.beta + before, (draws, *before.shape), rng)
        return np.minimum(stays, ahead.astype(np.int64))

    def simulate(self, periods: ArrayLike, rng: np.random.Generator) -> Tenure:
        """Return the tenures of new customers, one for each number of renewals that came in ``periods``."""
        offered = np.atleast_1d(np.asarray(periods, dtype=np.float64))
        stays = draw_survivals(self.alpha, np.full_like(offered, self.beta), offered.shape, rng)
        return Tenure(np.minimum(stays, offered), stays < offered)


def check_tenure(renewals: ArrayLike, ended: ArrayLike) -> Tenure:
    """Return tenures as arrays of one shape; raise ``ModelInputError`` where renewals are no counts."""
    survived, refused = np.broadcast_arrays(
        np.asarray(renewals, dtype=np.float64), np.asarray(ended, dtype=bool)
    )
    wrong = np.flatnonzero(~(np.isfinite(survived) & (survived >= 0) & (survived == np.floor(survived))))
    if wrong.size:
        raise ModelInputError(
            f"{wrong.size} tenures are no whole number of renewals.",
            which=[f"row {i}: {survived.flat[i]:g}" for i in wrong[:5]],
            mend="Count the renewals that a customer survived: 0, 1, 2 …",
        )
    return Tenure(survived, refused)


def mean_log_likelihood(
    theta: FloatArray, survived: FloatArray, refused: FloatArray, entered: FloatArray, shares: FloatArray
) -> Derivatives:
    """Return the mean of ln B(α + refused, β + survived) / B(α, β + entered), and its derivatives by logs."""
    alpha, beta = np.exp(theta)
    a, b, at_entry = alpha + refused, beta + survived, beta + entered
    value = float(shares @ (betaln(a, b) - betaln(alpha, at_entry)))
    both = shares @ (psi(alpha + at_entry) - psi(a + b))
    gradient = both + np.array([shares @ psi(a) - psi(alpha), shares @ (psi(b) - psi(at_entry))])
    hessian = np.full((2, 2), shares @ (polygamma(1, alpha + at_entry) - polygamma(1, a + b)))
    hessian[0, 0] += shares @ polygamma(1, a) - polygamma(1, alpha)
    hessian[1, 1] += shares @ (polygamma(1, b) - polygamma(1, at_entry))
    return in_logs(theta, Derivatives(value, gradient, hessian))
