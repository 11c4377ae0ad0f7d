"""Simulated customers of the benchmarks: a year of arrivals, seen by the day; CDNOW's parameters."""

from __future__ import annotations

import numpy as np

from training.models.bgnbd import BGNBD
from training.models.gammagamma import GammaGamma
from training.models.mbgnbd import MBGNBD
from training.models.paretonbd import ParetoNBD
from training.models.purchases import PurchaseModel
from training.models.triples import History

MODELS: dict[str, PurchaseModel] = {
    "bgnbd": BGNBD(r=0.243, alpha=30.9, a=0.793, b=2.426),
    "mbgnbd": MBGNBD(r=0.525, alpha=43.3, a=0.891, b=1.614),
    "paretonbd": ParetoNBD(r=0.553, alpha=74.0, s=0.606, beta=81.7),
}
SPEND = GammaGamma(p=6.25, q=3.74, v=15.44)
YEAR = 365
AT_A_TIME = 1_000_000


def simulated_year(model: PurchaseModel, customers: int, seed: int) -> History:
    """Return histories in whole days of customers who came on days spread evenly over a year."""
    rng = np.random.default_rng(seed)
    columns = History(*(np.empty(customers) for _ in range(3)))
    for first in range(0, customers, AT_A_TIME):
        part = slice(first, min(first + AT_A_TIME, customers))
        x, t_x, T = model.simulate(rng.integers(1, YEAR + 1, part.stop - part.start), rng)
        columns.x[part], columns.t_x[part], columns.T[part] = x, np.ceil(t_x), T
    return columns
