"""What a fitted model says in general: of any history, of spend, and of how customers differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import beta, gamma

from training.models.paretonbd import ParetoNBD

if TYPE_CHECKING:
    from scipy.stats._distn_infrastructure import rv_frozen

    from training.clv_holdout import Holdout
    from training.models.purchases import PurchaseModel

__all__ = ["dropout", "frequency_recency", "purchase_rates", "spend_shares"]

YEAR_DAYS = 365.0
SILENCES = 60
FREQUENCIES = (6, 30)  # how many the matrix shows, at least and at most
SHOWN = 0.98  # of the customers, by their mean spend
BARS = 30
CUSTOMERS_PER_BAR = 20
POINTS_PER_BAR = 16
LAST_BAR = 0.05  # of new customers buy more often than is shown
CHANCES = np.linspace(0.0, 1.0, 21)


def frequency_recency(holdout: Holdout) -> pd.DataFrame:
    """Return what is expected in the days held out of a customer who came on the first day of all.

    Index: ``frequency`` (repeat purchases, from 1 up) and ``days_silent`` since the last; columns:
    ``expected_purchases``, ``probability_alive``. Histories that cannot be (as many purchases in fewer days)
    are left out.
    """
    T = int(holdout.customers["T"].max())
    most = int(np.clip(holdout.customers["x"].quantile(0.995), *FREQUENCIES))
    silences = np.unique(np.linspace(0, T - 1, min(SILENCES, T)).round())
    grid = pd.MultiIndex.from_product([np.arange(1, most + 1), silences], names=["frequency", "days_silent"])
    x, silent = (grid.get_level_values(axis).to_numpy(np.float64) for axis in range(2))
    possible = x <= T - silent
    seen = (x[possible], T - silent[possible], np.full(int(possible.sum()), float(T)))
    return pd.DataFrame(
        {
            "expected_purchases": holdout.purchases.expected_purchases(holdout.window.horizon_days, *seen),
            "probability_alive": holdout.purchases.probability_alive(*seen),
        },
        index=grid[possible],
    )


def spend_shares(holdout: Holdout) -> pd.DataFrame:
    """Return the shares of customers by their mean spend per paid purchase, ``seen`` and ``fitted``.

    One row a bar, from ``low`` to ``high`` in currency units, up to what 98 % stay below. ``fitted`` is what
    Gamma-Gamma expects of customers with the numbers of paid purchases that were seen.
    """
    if holdout.spend is None:
        return pd.DataFrame(columns=["low", "high", "seen", "fitted"], dtype=np.float64)
    paid = holdout.customers.query("paid_orders > 0 and mean_order_value > 0")
    top = float(paid["mean_order_value"].quantile(SHOWN))
    width = _round_width(top / min(max(len(paid) / CUSTOMERS_PER_BAR, 1.0), BARS))
    edges = width * np.arange(int(np.ceil(top / width)) + 1)
    counted, _ = np.histogram(paid["mean_order_value"], edges)
    within = edges[:-1, None] + width * (np.arange(POINTS_PER_BAR) + 0.5) / POINTS_PER_BAR
    shares = paid["paid_orders"].value_counts(normalize=True).sort_index()
    densities = np.exp(holdout.spend.log_likelihood(shares.index.to_numpy()[:, None, None], within))
    return pd.DataFrame(
        {
            "low": edges[:-1],
            "high": edges[1:],
            "seen": counted / len(paid),
            "fitted": width * np.tensordot(shares, densities, 1).mean(axis=1),
        }
    )


def purchase_rates(model: PurchaseModel) -> pd.Series[float]:
    """Return the share of new customers by their purchases a year while they stay.

    Index: the lower ends of equally wide bars; the last is open, and holds a twentieth at the most.
    """
    rates = _rates_a_year(model, "r", "alpha")
    width = _round_width(float(rates.ppf(1 - LAST_BAR)) / BARS)
    lower = width * np.arange(int(np.ceil(rates.ppf(1 - LAST_BAR) / width)) + 1)
    return pd.Series(np.diff(rates.cdf(lower), append=1.0), pd.Index(lower, name="purchases_a_year"))


def dropout(model: PurchaseModel) -> pd.Series[float]:
    """Return the share of new customers by their chance to leave, in twentieths named by their lower end.

    The chance is that of leaving after a purchase; in Pareto/NBD, where customers leave at any time, within a
    year.
    """
    if isinstance(model, ParetoNBD):
        with np.errstate(divide="ignore"):
            below = _rates_a_year(model, "s", "beta").cdf(-np.log1p(-CHANCES))
    else:
        below = beta(model.parameters["a"], model.parameters["b"]).cdf(CHANCES)
    return pd.Series(np.diff(below), pd.Index(CHANCES[:-1].round(2), name="chance"))


def _rates_a_year(model: PurchaseModel, shape: str, rate: str) -> rv_frozen:
    """Return a gamma distribution of the model's, of events a year."""
    units = YEAR_DAYS / model.unit_days
    return gamma(model.parameters[shape], scale=units / model.parameters[rate])


def _round_width(width: float) -> float:
    """Return 1, 2 or 5 times a power of ten that is no less.

    >>> _round_width(0.3)
    0.5
    """
    power = 10.0 ** np.floor(np.log10(width))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= width * (1 - 1e-9)))
