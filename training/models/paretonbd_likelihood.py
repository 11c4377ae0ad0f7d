"""The log-likelihood of Pareto/NBD with its first and second derivatives, on distinct triples.

L = Γ(r+x)/Γ(r) α^r β^s [(α+T)^-(r+x) (β+T)^-s + s ∫ (α+y)^-(r+x) (β+y)^-(s+1) dy], y from t_x to T: alive
at T, or gone at y (Fader & Hardie 2005, A Note on Deriving the Pareto/NBD Model, before the integral is
written with hypergeometric functions). Under the integral sign every term is a product of powers, so no
power overflows and every derivative is a mean over the ways in which the history can have come about.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, logsumexp, polygamma, psi

from training.models.distinct import FloatArray
from training.models.mixture import sum_over_ways
from training.models.optimise import Derivatives, in_logs
from training.models.quadrature import chunks, decay_rule
from training.models.triples import History, Triples

__all__ = ["log_odds_of_having_left", "mean_log_likelihood"]

ROWS = 2048


def log_odds_of_having_left(parameters: FloatArray, seen: History) -> FloatArray:
    """Return ln P(left) / P(alive) at T, for vectors."""
    r, alpha, s, beta = parameters
    odds = np.empty(seen.x.size)
    for part in chunks(seen.x.size, ROWS):
        x, t_x, T = (column[part] for column in seen)
        y, weight = decay_rule((alpha, beta), (r + x, s + 1), t_x, T)
        with np.errstate(divide="ignore"):
            gone = np.log(s * weight) - np.log(beta + T)[:, None]
        powers = (r + x)[:, None] * np.log((alpha + T)[:, None] / (alpha + y))
        odds[part] = logsumexp(gone + powers + (s + 1) * np.log((beta + T)[:, None] / (beta + y)), axis=1)
    return odds


def mean_log_likelihood(theta: FloatArray, triples: Triples) -> Derivatives:
    """Return the mean log-likelihood of customers in (ln r, ln α, ln s, ln β), and its derivatives."""
    parameters = np.exp(theta)
    r = parameters[0]
    x, by_x = triples.x.values, triples.shares_by_x
    value = float(by_x @ gammaln(r + x) - gammaln(r))
    gradient, hessian = np.zeros(4), np.zeros((4, 4))
    gradient[0] = by_x @ psi(r + x) - psi(r)
    hessian[0, 0] = by_x @ polygamma(1, r + x) - polygamma(1, r)
    history = History(triples.x.rows, triples.t_x.rows, triples.T.rows)
    for part in chunks(len(triples), ROWS):
        seen = History(*(column[part] for column in history))
        told = ways_of_a_history(parameters, seen, triples.shares[part])
        value, gradient, hessian = value + told.value, gradient + told.gradient, hessian + told.hessian
    return in_logs(theta, Derivatives(value, gradient, hessian))


def ways_of_a_history(parameters: FloatArray, seen: History, shares: FloatArray) -> Derivatives:
    """Return the weighted sum of ln L but for its gamma functions: gone at a node y, or alive at T (last)."""
    r, alpha, s, beta = parameters
    x, t_x, T = seen
    nodes, weight = decay_rule((alpha, beta), (r + x, s + 1), t_x, T)
    y = np.column_stack([nodes, T])
    gone = np.column_stack([np.ones_like(weight), np.zeros_like(T)])
    with np.errstate(divide="ignore"):
        log_weight = np.column_stack([np.log(s * weight), np.zeros_like(T)])
    buying, staying, exponent = alpha + y, beta + y, (r + x)[:, None]
    log_buying, log_staying = np.log(buying / alpha), np.log(staying / beta)
    h = log_weight - exponent * log_buying - s * log_staying - gone * np.log(staying)
    return sum_over_ways(
        h - x[:, None] * np.log(alpha),
        np.stack(
            [
                -log_buying,
                r / alpha - exponent / buying,
                gone / s - log_staying,
                s / beta - (s + gone) / staying,
            ]
        ),
        {
            (0, 1): 1 / alpha - 1 / buying,
            (1, 1): exponent / buying**2 - r / alpha**2,
            (2, 2): -gone / s**2,
            (2, 3): 1 / beta - 1 / staying,
            (3, 3): (s + gone) / staying**2 - s / beta**2,
        },
        shares,
    )
