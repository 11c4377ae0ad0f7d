"""Made-up customers of shops of different kinds: those who buy every week, and those who hardly ever do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["KINDS", "Kind", "made_up"]

Floats = npt.NDArray[np.float64]

FIRST_DAY = date(2022, 1, 3)
LEVEL = (1.0,) * 12
GIFTS = (0.8, 0.7, 0.9, 0.9, 0.9, 0.9, 0.8, 0.8, 0.9, 1.1, 1.4, 1.9)
SUMMER = (0.4, 0.5, 0.7, 0.9, 1.2, 1.5, 2.0, 2.0, 1.2, 0.8, 0.4, 0.4)


@dataclass(frozen=True)
class Kind:
    """A shop's customers: how many, and over how many days they arrive, the shop being open for ``days``.

    Rates of orders are Gamma(``rate_shape``) about one in ``gap_days``; the gaps Gamma(``regularity``): 1 is
    Poisson's, more is by the clock. Lives are exponential about a mean of the customer's own, log-normal
    about ``life_days``; in the last quarter of a life orders come at ``fading`` of the rate. The order value
    is log-normal about a mean of the customer's own, ``spread`` in logarithms among customers. ``refunds`` is
    the chance that an order comes back in part, thrice that in the last quarter.
    """

    customers: int
    days: int
    arrive_days: int
    gap_days: float
    rate_shape: float
    regularity: float
    life_days: float
    fading: float
    spread: float
    refunds: float
    season: tuple[float, ...] = LEVEL


KINDS = {
    "grocer": Kind(3_000, 730, 500, 11, 1.5, 2.0, 400, 0.5, 0.6, 0.01),
    "corner shop": Kind(1_500, 420, 200, 20, 0.8, 1.0, 250, 0.7, 0.5, 0.0),
    "gift shop": Kind(6_000, 800, 800, 70, 0.9, 1.0, 500, 0.6, 1.1, 0.06, GIFTS),
    "fashion": Kind(12_000, 900, 900, 110, 0.7, 1.3, 600, 0.5, 0.8, 0.15, GIFTS),
    "hotel": Kind(8_000, 1_300, 1_300, 330, 0.8, 1.5, 1_500, 0.8, 0.9, 0.03, SUMMER),
    "one cohort": Kind(4_000, 500, 60, 90, 0.5, 1.0, 300, 1.0, 0.7, 0.0),
}


def made_up(kind: Kind, seed: int = 0) -> pd.DataFrame:
    """Return its transactions: customer_id, timestamp, amount; the same seed gives the same rows."""
    draw = np.random.default_rng(seed)
    n = kind.customers
    clock = _clock(kind)
    arrival = np.sort(draw.integers(0, kind.arrive_days, n))
    life = draw.exponential(kind.life_days * draw.lognormal(-0.32, 0.8, n))
    rate = draw.gamma(kind.rate_shape, 1 / (kind.rate_shape * kind.gap_days), n)
    value = draw.lognormal(3.5, kind.spread, n)
    rows = [pd.DataFrame({"who": np.arange(n), "day": arrival, "late": False})]
    who, at = np.arange(n), arrival.astype(np.float64)
    while who.size:
        late = at > arrival[who] + 0.75 * life[who]
        pace = rate[who] * np.where(late, kind.fading, 1.0)
        step = draw.gamma(kind.regularity, 1 / kind.regularity, who.size) / pace
        at = np.interp(
            np.interp(at, np.arange(clock.size), clock) + step, clock, np.arange(clock.size), right=np.inf
        )
        going = at < np.minimum(arrival[who] + life[who], kind.days)
        who, at, late = who[going], at[going], late[going]
        rows.append(pd.DataFrame({"who": who, "day": np.floor(at), "late": late}))
    orders = pd.concat(rows, ignore_index=True)
    orders["amount"] = value[orders["who"]] * draw.lognormal(-0.08, 0.4, len(orders))
    back = draw.random(len(orders)) < kind.refunds * np.where(orders["late"], 3.0, 1.0)
    returned = orders[back].copy()
    returned["amount"] *= -draw.uniform(0.3, 0.9, len(returned))
    returned["day"] += draw.integers(2, 15, len(returned))
    told = pd.concat([orders, returned[returned["day"] < kind.days]]).sort_values(["day", "who"])
    names = np.array([f"k-{number:06x}" for number in draw.permutation(n)])
    return pd.DataFrame(
        {
            "customer_id": names[told["who"]],
            "timestamp": pd.Timestamp(FIRST_DAY) + pd.to_timedelta(told["day"], "D"),
            "amount": told["amount"].round(2).to_numpy(),
        }
    ).reset_index(drop=True)


def _clock(kind: Kind) -> Floats:
    """Return the days' places on a clock that runs at the season's pace."""
    months = (np.datetime64(FIRST_DAY) + np.arange(kind.days)).astype("datetime64[M]").astype(np.int64) % 12
    return np.concatenate([[0.0], np.cumsum(np.array(kind.season)[months])])
