"""Derivatives of a likelihood that sums over the unseen ways in which each history can have come about."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.special import logsumexp

from training.models.distinct import FloatArray
from training.models.optimise import Derivatives

__all__ = ["sum_over_ways"]


def sum_over_ways(
    h: FloatArray,
    slopes: FloatArray,
    curvatures: Mapping[tuple[int, int], FloatArray],
    shares: FloatArray,
) -> Derivatives:
    """Return the weighted sum of ln L = ln Σ e^h over histories (rows), the sum running over ways (columns).

    ``slopes`` holds h' (parameters, rows, ways), ``curvatures`` the upper entries of h'' that are not 0,
    ``shares`` the weights of the rows. With P a way's share of L, the gradient is E[h'] and the Hessian
    E[h''] + E[h' h'ᵀ] - E[h'] E[h']ᵀ.
    """
    log_l = logsumexp(h, axis=1)
    way = np.exp(h - log_l[:, None])
    mean_slopes = np.einsum("kij,ij->ki", slopes, way)
    each = way * shares[:, None]
    flat = slopes.reshape(slopes.shape[0], -1)
    hessian = (flat * each.ravel()) @ flat.T - (mean_slopes * shares) @ mean_slopes.T
    for (i, j), curvature in curvatures.items():
        total = float(np.sum(each * curvature))
        hessian[i, j] += total
        if i != j:
            hessian[j, i] += total
    return Derivatives(float(shares @ log_l), mean_slopes @ shares, hessian)
