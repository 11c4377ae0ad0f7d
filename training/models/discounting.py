"""Present values, by exact days: what comes after d days counts (1 + annual_rate)^(-d / 365)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.errors import ModelInputError
from training.models.distinct import FloatArray

__all__ = ["DAYS_PER_YEAR", "discounted", "force_of_discount"]

DAYS_PER_YEAR = 365.0
NODES, WEIGHTS = np.polynomial.legendre.leggauss(12)


def discounted(
    expected_by: Callable[[FloatArray], FloatArray], horizon: FloatArray, annual_rate: float, unit_days: float
) -> FloatArray:
    """Return the present value of what ``expected_by(time)`` counts up to each horizon, in the model's units.

    With G that function and δ = ln(1 + annual_rate) / 365, the integral of e^(-δu) dG(u) is e^(-δh) G(h)
    plus that of δ e^(-δu) G(u) du, which is small and smooth: Gauss's rule in the square root of u.
    """
    force = force_of_discount(annual_rate, unit_days)
    total: FloatArray = np.exp(-force * horizon) * expected_by(horizon)
    if force == 0:
        return total
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        root = 0.5 * (node + 1)
        u = horizon * root**2
        total += weight * root * force * horizon * np.exp(-force * u) * expected_by(u)
    return total


def force_of_discount(annual_rate: float, unit_days: float) -> float:
    """Return by how much the logarithm of a present value falls in ``unit_days`` days."""
    if not -1 < annual_rate < np.inf:
        raise ModelInputError(f"annual_rate is {annual_rate}.", mend="It is above -1; 0.1 is 10 % a year.")
    return float(np.log1p(annual_rate)) * unit_days / DAYS_PER_YEAR
