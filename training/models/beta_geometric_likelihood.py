"""The log-likelihood of BG/NBD and MBG/NBD with its first and second derivatives, on distinct triples.

ln L = ln Γ(r+x)/Γ(r) + ln B(a, b+n)/B(a, b) + r ln α - (r+x) ln(α+T) + ln(1 + e^η), where η, the log-odds
of having left, is ln a - ln(b+n-1) + (r+x) ln((α+T)/(α+t_x)), and -∞ where no coin was tossed (Fader,
Hardie & Lee 2005, equation 6; for MBG/NBD Batislam, Denizel & Filiztekin 2007). All but the last term
depend on x or T alone, and cost next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import betaln, gammaln, polygamma, psi

from training.models.chunks import summed
from training.models.distinct import FloatArray
from training.models.optimise import Derivatives, in_logs
from training.models.triples import Triples

__all__ = ["mean_log_likelihood"]

ROWS = 8192


def mean_log_likelihood(theta: FloatArray, triples: Triples, first_toss: int) -> Derivatives:
    """Return the mean log-likelihood of customers in (ln r, ln α, ln a, ln b), and its derivatives."""
    parameters = np.exp(theta)
    alive = if_alive(parameters, triples, first_toss)
    left = if_left(parameters, triples, first_toss)
    return in_logs(theta, summed(alive, left, triples.tossed(first_toss).shares.size, ROWS))


def if_alive(parameters: FloatArray, triples: Triples, first_toss: int) -> Derivatives:
    """Return the mean of ln L without its last term: everybody is alive."""
    r, alpha, a, b = parameters
    x, by_x, by_T = triples.x.values, triples.shares_by_x, triples.shares_by_age
    n, age = x + first_toss, alpha + triples.T.values
    exponents = r * by_T + triples.purchases_by_age
    log_share = -np.log1p(triples.T.values / alpha)
    value = (
        by_x @ (gammaln(r + x) - gammaln(r) + betaln(a, b + n) - betaln(a, b))
        + r * (by_T @ log_share)
        - triples.purchases_by_age @ np.log(age)
    )
    both = psi(a + b) - by_x @ psi(a + b + n)
    gradient = np.array(
        [
            by_x @ psi(r + x) - psi(r) + by_T @ log_share,
            r / alpha - exponents @ (1 / age),
            both,
            both + by_x @ psi(b + n) - psi(b),
        ]
    )
    hessian = np.zeros((4, 4))
    hessian[0, 0] = by_x @ polygamma(1, r + x) - polygamma(1, r)
    hessian[0, 1] = hessian[1, 0] = 1 / alpha - by_T @ (1 / age)
    hessian[1, 1] = exponents @ (1 / age**2) - r / alpha**2
    hessian[2:, 2:] = polygamma(1, a + b) - by_x @ polygamma(1, a + b + n)
    hessian[3, 3] += by_x @ polygamma(1, b + n) - polygamma(1, b)
    return Derivatives(float(value), gradient, hessian)


def if_left(parameters: FloatArray, triples: Triples, first_toss: int) -> Callable[[slice], Derivatives]:
    """Return the function that sums ln(1 + e^η) over a slice of the rows with a toss of the coin."""
    r, alpha, a, b = parameters
    tossed = triples.tossed(first_toss)
    before = np.maximum(b + triples.x.values + first_toss - 1, b)
    log_odds, inverse = np.log(a) - np.log(before), 1 / before
    inverse_T, inverse_t = 1 / (alpha + triples.T.values), 1 / (alpha + triples.t_x.values)
    log_T, log_t = np.log(inverse_T), np.log(inverse_t)

    def over(part: slice) -> Derivatives:
        x, t_x, T, shares = (column[part] for column in tossed)
        power = r + triples.x.values[x]
        elapsed, at_T, at_t = log_t[t_x] - log_T[T], inverse_T[T], inverse_t[t_x]
        eta = log_odds[x] + power * elapsed
        small = np.exp(-np.abs(eta))
        left = np.where(eta > 0, 1.0, small) / (1 + small)
        first, last_toss = shares * left, inverse[x]
        slopes = np.stack([elapsed, power * (at_T - at_t), np.full_like(eta, 1 / a), -last_toss])
        hessian = (slopes * (first * (1 - left))) @ slopes.T
        hessian[0, 1] += first @ (at_T - at_t)
        hessian[1, 0] = hessian[0, 1]
        hessian[1, 1] += (first * power) @ (at_t**2 - at_T**2)
        hessian[2, 2] -= first.sum() / a**2
        hessian[3, 3] += first @ last_toss**2
        return Derivatives(float(shares @ (np.maximum(eta, 0) + np.log1p(small))), slopes @ first, hessian)

    return over
