"""Derivatives of a likelihood that sums over the unseen ways in which each history can have come about."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from training.models.distinct import FloatArray
from training.models.optimise import Derivatives

__all__ = ["log_sums", "sum_over_ways"]


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
    largest = h.max(axis=1)
    way = np.exp(h - largest[:, None])
    total = way.sum(axis=1)
    way *= (1 / total)[:, None]
    mean_slopes = np.einsum("kij,ij->ki", slopes, way)
    each = way * shares[:, None]
    flat = slopes.reshape(slopes.shape[0], -1)
    hessian = (flat * each.ravel()) @ flat.T - (mean_slopes * shares) @ mean_slopes.T
    for (i, j), curvature in curvatures.items():
        hessian[i, j] += np.einsum("ij,ij->", each, curvature)
        hessian[j, i] = hessian[i, j]
    log_l = largest + np.log(total)
    return Derivatives(float(shares @ log_l), mean_slopes @ shares, hessian)


def log_sums(h: FloatArray) -> FloatArray:
    """Return ln Σ e^h of each row, -∞ where all its terms are that."""
    largest = np.maximum(h.max(axis=1, initial=-np.inf), -np.finfo(np.float64).max)
    with np.errstate(divide="ignore"):
        log_sum: FloatArray = largest + np.log(np.exp(h - largest[:, None]).sum(axis=1))
    return log_sum
