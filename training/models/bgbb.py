"""BG/BB: Fader, Hardie & Shang (2010), Customer-Base Analysis in a Discrete-Time Noncontractual Setting.

Marketing Science 29; equations are numbered as there.

For purchases that can happen once a period only: a yearly donation, a monthly box. Time is counted in such
opportunities; a model's ``unit_days`` says how long one is, for discounting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import betaln, gammaln, logsumexp, polygamma, psi

from training.errors import ModelInputError
from training.models.coins import draw_survivals, expected_survivals, log_survival
from training.models.discounting import force_of_discount
from training.models.distinct import FloatArray, on_distinct
from training.models.mixture import sum_over_ways
from training.models.optimise import Derivatives, in_logs
from training.models.purchases import PurchaseModel
from training.models.triples import History, Triples, check_history

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["BGBB"]

LONGEST_WAIT = 10_000  # opportunities


@dataclass(frozen=True)
class BGBB(PurchaseModel):
    """At each opportunity a customer leaves with θ ~ Beta(γ, δ), or stays and buys with p ~ Beta(α, β).

    ``x`` of the ``T`` opportunities since the first purchase were taken, the last of them the ``t_x``-th;
    all are whole numbers, and so is a horizon.

    >>> donors = BGBB(alpha=1.204, beta=0.750, gamma=0.657, delta=2.783)
    >>> donors.expected_purchases(5, x=[6, 0], t_x=[6, 0], T=6).round(2).tolist()
    [3.75, 0.07]
    """

    alpha: float
    beta: float
    gamma: float
    delta: float

    NAME: ClassVar[str] = "bgbb"
    PARAMETERS: ClassVar[tuple[str, ...]] = ("alpha", "beta", "gamma", "delta")
    START: ClassVar[tuple[float, ...]] = (0.0, 0.0, -0.5, 0.5)

    @classmethod
    def mean_log_likelihood(cls, theta: FloatArray, triples: Triples) -> Derivatives:
        """Return the mean log-likelihood in (ln α, ln β, ln γ, ln δ), with its derivatives."""
        seen = check_opportunities(triples.x.rows, triples.t_x.rows, triples.T.rows)
        return in_logs(theta, ways_of_a_history(np.exp(theta), seen, triples.shares))

    def log_likelihood(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return each customer's log-likelihood (equation 6): of one sequence of x, the last at t_x."""
        return on_distinct(lambda *seen: logsumexp(self._ways(seen), axis=1), *check_opportunities(x, t_x, T))

    def probability_alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the probability that the customer has not left by the T-th opportunity."""

        def alive(*seen: FloatArray) -> FloatArray:
            ways = self._ways(seen)
            return np.exp(ways[:, 0] - logsumexp(ways, axis=1))

        return on_distinct(alive, *check_opportunities(x, t_x, T))

    def _ways(self, seen: tuple[FloatArray, ...]) -> FloatArray:
        parameters = np.array([self.alpha, self.beta, self.gamma, self.delta])
        return log_ways(parameters, History(*seen))[0]

    def purchases_if_alive(self, horizon: ArrayLike, x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the expected purchases of a living customer at the next ``horizon`` opportunities."""
        return self.discounted_if_alive(horizon, 0.0, x, T)

    def discounted_if_alive(
        self, horizon: ArrayLike, annual_rate: float, x: ArrayLike, T: ArrayLike
    ) -> FloatArray:
        """Return the same, the j-th opportunity counted as (1 + annual_rate)^(-j unit_days / 365)."""
        force = force_of_discount(annual_rate, self.unit_days)

        def by_distinct(horizon: FloatArray, x: FloatArray, T: FloatArray) -> FloatArray:
            buys = (self.alpha + x) / (self.alpha + self.beta + T)
            return buys * expected_survivals(self.gamma, self.delta + T, horizon, force)

        return on_distinct(by_distinct, whole(horizon), x, T)

    def survival_if_alive(self, horizon: ArrayLike, x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the probability that a living customer stays for the next ``horizon`` opportunities."""
        ahead, _, T = np.broadcast_arrays(whole(horizon), x, T)
        return np.exp(log_survival(self.gamma, self.delta + T, ahead))

    def silence_if_alive(self, horizon: ArrayLike, x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the probability that a living customer takes none of the next ``horizon`` opportunities."""
        return self.pmf_if_alive(0.0, horizon, x, T)

    def pmf_if_alive(self, count: ArrayLike, horizon: ArrayLike, x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the probability that a living customer takes ``count`` of the next opportunities."""
        return on_distinct(self._pmf_if_alive, count, whole(horizon), x, T)

    def _pmf_if_alive(
        self, count: FloatArray, horizon: FloatArray, x: FloatArray, T: FloatArray
    ) -> FloatArray:
        """Sum over how many opportunities j the customer stays for: beta-binomial counts out of j."""
        total = np.zeros_like(x)
        a, b, stay = self.alpha + x, self.beta + T - x, self.delta + T
        for j in range(int(horizon.max(initial=0)) + 1):
            rows = np.flatnonzero((horizon >= j) & (count <= j))
            k, last = count[rows], horizon[rows] == j
            choose = gammaln(j + 1) - gammaln(k + 1) - gammaln(j - k + 1)
            buys = choose + betaln(a[rows] + k, b[rows] + j - k) - betaln(a[rows], b[rows])
            leaves = np.where(last, 1.0, self.gamma / (self.gamma + stay[rows] + j))
            total[rows] += np.exp(buys + log_survival(self.gamma, stay[rows], j)) * leaves
        return total

    def tail_if_alive(self, count: ArrayLike, horizon: ArrayLike, x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return the probability that a living customer takes ``count`` >= 1 or more of the next."""
        return on_distinct(self._tail_if_alive, count, whole(horizon), x, T)

    def _tail_if_alive(
        self, count: FloatArray, horizon: FloatArray, x: FloatArray, T: FloatArray
    ) -> FloatArray:
        """Sum over which opportunity j is the count-th to be taken."""
        total = np.zeros_like(x)
        a, b = self.alpha + x, self.beta + T - x
        for j in range(1, int(horizon.max(initial=0)) + 1):
            rows = np.flatnonzero((horizon >= j) & (count <= j))
            k = count[rows]
            choose = gammaln(j) - gammaln(k) - gammaln(j - k + 1)
            buys = choose + betaln(a[rows] + k, b[rows] + j - k) - betaln(a[rows], b[rows])
            total[rows] += np.exp(buys + log_survival(self.gamma, self.delta + T[rows], j))
        return total

    def wait_if_alive(self, level: ArrayLike, x: ArrayLike, T: ArrayLike) -> FloatArray:
        """Return after how many opportunities silence is down to ``level``; infinite if not in 10,000."""
        return on_distinct(self._wait_if_alive, level, x, T)

    def _wait_if_alive(self, level: FloatArray, x: FloatArray, T: FloatArray) -> FloatArray:
        wait, silence = np.full_like(x, np.inf), np.ones_like(x)
        a, b = self.alpha + x, self.beta + T - x
        rows = np.arange(x.size)
        for j in range(LONGEST_WAIT + 1):
            reached = silence[rows] <= level[rows]
            wait[rows[reached]] = j
            rows = rows[~reached]
            if not rows.size:
                break
            first = betaln(a[rows] + 1, b[rows] + j) - betaln(a[rows], b[rows])
            silence[rows] -= np.exp(first + log_survival(self.gamma, self.delta + T[rows], j + 1))
        return wait

    def draw_if_alive(
        self, horizon: FloatArray, x: FloatArray, T: FloatArray, rng: np.random.Generator, draws: int
    ) -> NDArray[np.int64]:
        """Return ``draws`` possible counts of each living customer, of shape (draws, customers)."""
        size = (draws, x.size)
        stays = draw_survivals(self.gamma, self.delta + T, size, rng)
        stays = np.minimum(stays, whole(horizon).astype(np.int64))
        return rng.binomial(stays, rng.beta(self.alpha + x, self.beta + T - x, size))

    def simulate(self, T: ArrayLike, rng: np.random.Generator) -> History:
        """Return the histories of new customers, one for each number of opportunities in ``T``."""
        offered = np.atleast_1d(whole(T))
        survived = draw_survivals(self.gamma, np.full_like(offered, self.delta), offered.shape, rng)
        stays = np.minimum(survived, offered)
        buys = rng.beta(self.alpha, self.beta, offered.shape)
        x, t_x = np.zeros_like(offered), np.zeros_like(offered)
        for j in range(1, int(offered.max(initial=0)) + 1):
            bought = (stays >= j) & (rng.random(offered.shape) < buys)
            x, t_x = x + bought, np.where(bought, j, t_x)
        return History(x, t_x, offered)


def ways_of_a_history(parameters: FloatArray, seen: History, shares: FloatArray) -> Derivatives:
    """Return the weighted sum of ln L, and its derivatives in (α, β, γ, δ)."""
    h, stays, gone = log_ways(parameters, seen)
    x = seen.x[:, None]
    arguments = (
        (0, parameters[0] + x, parameters[1] + stays - x),
        (2, parameters[2] + gone, parameters[3] + stays),
    )
    slopes, curvatures = np.empty((4, *h.shape)), {}
    for first, a, b in arguments:
        prior_a, prior_b = parameters[first], parameters[first + 1]
        both, both_slope = (
            psi(prior_a + prior_b) - psi(a + b),
            polygamma(1, prior_a + prior_b) - polygamma(1, a + b),
        )
        slopes[first], slopes[first + 1] = psi(a) - psi(prior_a) + both, psi(b) - psi(prior_b) + both
        curvatures[first, first] = polygamma(1, a) - polygamma(1, prior_a) + both_slope
        curvatures[first, first + 1] = both_slope
        curvatures[first + 1, first + 1] = polygamma(1, b) - polygamma(1, prior_b) + both_slope
    return sum_over_ways(h, slopes, curvatures, shares)


def log_ways(parameters: FloatArray, seen: History) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return each way's log-probability, the periods stayed, and whether one left then; (rows, ways).

    The first way is to be alive at T; the others, to stay for t_x, t_x + 1, … T - 1 opportunities and then
    leave.
    """
    alpha, beta, gamma, delta = parameters
    x, t_x, T = (column[:, None] for column in seen)
    after = t_x + np.arange(int((T - t_x).max(initial=0)))
    stays = np.column_stack([T, np.minimum(after, T)])
    gone = np.column_stack([np.zeros_like(T), np.ones_like(after)])
    buys = betaln(alpha + x, beta + stays - x) - betaln(alpha, beta)
    leaves = betaln(gamma + gone, delta + stays) - betaln(gamma, delta)
    impossible = np.column_stack([np.zeros_like(T, dtype=bool), after >= T])
    return np.where(impossible, -np.inf, buys + leaves), stays, gone


def whole(horizon: ArrayLike) -> FloatArray:
    """Return numbers of opportunities as floats; raise ``ModelInputError`` where they are not whole."""
    given = np.asarray(horizon, dtype=np.float64)
    if not (np.isfinite(given) & (given >= 0) & (given == np.floor(given))).all():
        raise ModelInputError("A number of opportunities is not whole.", mend="Count periods: 0, 1, 2 …")
    return given


def check_opportunities(x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> History:
    """Return the history; raise ``ModelInputError`` where more was bought than there were opportunities."""
    seen = check_history(x, t_x, T)
    whole(seen.t_x)
    whole(seen.T)
    if (seen.x > seen.t_x).any():
        raise ModelInputError(
            "More opportunities were taken than there were.", mend="x <= t_x <= T, in periods."
        )
    return seen
