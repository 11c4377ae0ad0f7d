"""Who the made-up customers are: all that is theirs from the first day on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.simulation.world import Floats, Ints, World

__all__ = ["Customers", "draw_customers"]

RATE_SHAPE, MEAN_ORDERS_PER_DAY = 1.2, 1 / 35
HAZARD_SHAPE, MEAN_HAZARD_PER_DAY = 1.5, 1 / 400
GIFT_SHARE, GIFT_ORDERS_PER_DAY, GIFT_HAZARD_PER_DAY = 0.06, 0.09, 1 / 1500
CHANNEL_SHARES = {"search": 0.5, "referral": 0.25, "marketplace": 0.25}


@dataclass(frozen=True)
class Customers:
    """One entry for each customer in every array.

    While they are customers they buy at ``rate_per_day`` (times season and offers; gamma distributed) and
    leave at ``hazard_per_day`` (times trouble; gamma distributed too): the Pareto/NBD model, but for what is
    planted. ``gift`` buyers buy in the gift peaks alone. ``joined_day`` is that of the first order.
    """

    ids: pa.Array
    joined_day: Ints
    gift: NDArray[np.bool_]
    channel: NDArray[np.str_]
    rate_per_day: Floats
    hazard_per_day: Floats
    satisfaction: Floats
    deal_share: Floats
    return_share: Floats
    favourite: Ints


def draw_customers(world: World, categories: int, draw: np.random.Generator) -> Customers:
    """Return the customers of ``world``; ``favourite`` is one of so many product categories."""
    n = world.customers
    gift = draw.random(n) < GIFT_SHARE
    channel = draw.choice(list(CHANNEL_SHARES), n, p=list(CHANNEL_SHARES.values()))
    ratios = world.effects.hazard_ratio_by_channel
    rate = draw.gamma(RATE_SHAPE, MEAN_ORDERS_PER_DAY / RATE_SHAPE, n)
    hazard = draw.gamma(HAZARD_SHAPE, MEAN_HAZARD_PER_DAY / HAZARD_SHAPE, n)
    return Customers(
        ids=_ids(n, draw),
        joined_day=np.where(gift, *(_days_like(season, n, draw) for season in _arrivals(world))),
        gift=gift,
        channel=channel,
        rate_per_day=np.where(gift, GIFT_ORDERS_PER_DAY, rate),
        hazard_per_day=np.where(gift, GIFT_HAZARD_PER_DAY, hazard)
        * np.vectorize(ratios.__getitem__, otypes=[float])(channel),
        satisfaction=draw.normal(8.2, 1.3, n),
        deal_share=draw.beta(1.0, 5.0, n),
        return_share=draw.beta(1.0, 16.0, n),
        favourite=draw.integers(0, categories, n),
    )


def _arrivals(world: World) -> tuple[Floats, Floats]:
    """Return by day how many new customers come, of gift buyers and of all others."""
    return world.gift_season(), world.season()


def _days_like(weights: Floats, n: int, draw: np.random.Generator) -> Ints:
    below = np.cumsum(weights) / weights.sum()
    return np.minimum(np.searchsorted(below, draw.random(n), side="right"), len(weights) - 1)


def _ids(n: int, draw: np.random.Generator) -> pa.Array:
    """Return codes in no order, as shops have them: some of them look like numbers and begin with zeros."""
    numbers = draw.permutation(n).tolist()
    return pa.array([f"m-{number:05x}" if number % 3 else f"{number:08d}" for number in numbers])
