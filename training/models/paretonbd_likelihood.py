"""The log-likelihood of Pareto/NBD with its first and second derivatives, on distinct triples.

L = Γ(r+x)/Γ(r) α^r β^s [(α+T)^-(r+x) (β+T)^-s + s ∫ (α+y)^-(r+x) (β+y)^-(s+1) dy], y from t_x to T: alive
at T, or gone at y (Fader & Hardie 2005, A Note on Deriving the Pareto/NBD Model, before the integral is
written with hypergeometric functions). Under the integral sign every term is a product of powers, so no
power overflows and every derivative is a mean over the ways in which the history can have come about.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, polygamma, psi

from training.models.chunks import chunks, summed
from training.models.distinct import FloatArray
from training.models.mixture import log_sums, sum_over_ways
from training.models.optimise import Derivatives, in_logs
from training.models.quadrature import decay_rule
from training.models.triples import History, Triples

__all__ = ["log_odds_of_having_left", "mean_log_likelihood"]

ROWS = 256


def log_odds_of_having_left(parameters: FloatArray, seen: History) -> FloatArray:
    """Return ln P(left) / P(alive) at T, for vectors."""
    r, alpha, s, beta = parameters
    odds = np.empty(seen.x.size)
    for part in chunks(seen.x.size, ROWS):
        x, t_x, T = (column[part] for column in seen)
        y, log_weight = decay_rule((alpha, beta), (r + x, s + 1), t_x, T)
        h = log_weight - (r + x)[:, None] * np.log(alpha + y) - (s + 1) * np.log(beta + y)
        odds[part] = log_sums(h) + (r + x) * np.log(alpha + T) + s * np.log(beta + T) + np.log(s)
    return odds


def mean_log_likelihood(theta: FloatArray, triples: Triples) -> Derivatives:
    """Return the mean log-likelihood of customers in (ln r, ln α, ln s, ln β), and its derivatives."""
    parameters = np.exp(theta)
    r, x, by_x = parameters[0], triples.x.values, triples.shares_by_x
    gradient, hessian = np.zeros(4), np.zeros((4, 4))
    gradient[0] = by_x @ psi(r + x) - psi(r)
    hessian[0, 0] = by_x @ polygamma(1, r + x) - polygamma(1, r)
    gammas = Derivatives(float(by_x @ gammaln(r + x) - gammaln(r)), gradient, hessian)
    history = History(triples.x.rows, triples.t_x.rows, triples.T.rows)

    def ways(part: slice) -> Derivatives:
        return ways_of_a_history(
            parameters, History(*(column[part] for column in history)), triples.shares[part]
        )

    return in_logs(theta, summed(gammas, ways, len(triples), ROWS))


def ways_of_a_history(parameters: FloatArray, seen: History, shares: FloatArray) -> Derivatives:
    """Return the weighted sum of ln L but for its gamma functions: gone at a node y, or alive at T (last)."""
    r, alpha, s, beta = parameters
    x, t_x, T = seen
    nodes, log_weight = decay_rule((alpha, beta), (r + x, s + 1), t_x, T)
    ways = nodes.shape[1] + 1
    gone = np.where(np.arange(ways) < ways - 1, 1.0, 0.0)
    y, h = np.empty((x.size, ways)), np.zeros((x.size, ways))
    y[:, :-1], y[:, -1], h[:, :-1] = nodes, T, log_weight + np.log(s)
    buying, staying, exponent = 1 / (alpha + y), 1 / (beta + y), (r + x)[:, None]
    log_buying, log_staying = np.log(alpha * buying), np.log(beta * staying)
    h += exponent * log_buying + (s + gone) * log_staying - x[:, None] * np.log(alpha) - gone * np.log(beta)
    slopes = np.empty((4, x.size, ways))
    slopes[0] = log_buying
    slopes[1] = r / alpha - exponent * buying
    slopes[2] = log_staying + gone / s
    slopes[3] = s / beta - (s + gone) * staying
    curvatures = {
        (0, 1): 1 / alpha - buying,
        (1, 1): exponent * buying**2 - r / alpha**2,
        (2, 2): np.broadcast_to(-gone / s**2, h.shape),
        (2, 3): 1 / beta - staying,
        (3, 3): (s + gone) * staying**2 - s / beta**2,
    }
    return sum_over_ways(h, slopes, curvatures, shares)
