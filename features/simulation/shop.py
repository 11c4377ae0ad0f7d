"""A made-up shop as files would bring it, and the truth behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from features.simulation.columns import pick
from features.simulation.contacts import interactions_table, surveys_table, treatments_table
from features.simulation.customers import Customers, draw_customers
from features.simulation.goods import CATEGORIES, draw_lines, order_seconds, transactions_table
from features.simulation.lives import DETRACTOR, Lives, live
from features.simulation.standing import customers_table, loyalty_table, subscriptions_table
from features.simulation.world import World

__all__ = ["Shop", "simulate"]

COUPON = "coupon10"
ZONE, CURRENCY = "Asia/Tokyo", "JPY"


@dataclass(frozen=True)
class Shop:
    """``tables`` are the contract's; times are wall time in `ZONE`, money is in `CURRENCY`.

    ``truth`` has a row for each customer: what they are, and when they left. ``facts`` are JSON's own types:
    the world, and every effect that is planted in it.
    """

    tables: Mapping[str, pa.Table]
    truth: pa.Table
    facts: Mapping[str, Any]


def simulate(world: World) -> Shop:
    """Return the shop of ``world``; equal worlds give equal shops.

    Each part draws from a stream of its own, so that one part's draws do not depend on another's.
    """
    born, lived, timed, bought, sent, talked, rated, offered, signed, carded, boxed = np.random.default_rng(
        world.seed
    ).spawn(11)
    customers = draw_customers(world, len(CATEGORIES), born)
    lives = live(world, customers, lived)
    seconds = order_seconds(lives.orders, timed)
    coupon = lives.arms.index(COUPON) if COUPON in lives.arms else len(lives.arms)
    lines = draw_lines(lives.orders, seconds, customers, coupon, bought)
    tickets, ratings = interactions_table(world, lives, customers, seconds, talked)
    tables = {
        "transactions": transactions_table(world, lines, lives.orders, customers, sent),
        "customers": customers_table(world, customers, signed),
        "interactions": tickets,
        "surveys": surveys_table(world, lives, customers, ratings, rated),
        "loyalty": loyalty_table(world, customers, lives, lines, carded),
        "subscriptions": subscriptions_table(world, customers, lives, boxed),
        "treatments": treatments_table(world, lives, customers, offered),
    }
    return Shop(tables, _truth(world, customers, lives), _facts(world))


def _truth(world: World, customers: Customers, lives: Lives) -> pa.Table:
    """Return what no shop can know: who had left by when, and what everybody was like."""
    left = lives.left_day < world.days
    left_on = world.dates[np.where(left, lives.left_day, 0)]
    asked, scores = lives.asked.customer, lives.asked.score
    slow = lives.tickets.wait_hours > world.effects.slow_after_hours
    n = world.customers
    return pa.table(
        {
            "customer_id": customers.ids,
            "joined_on": pa.array(world.dates[customers.joined_day]),
            "left_on": pa.array(left_on, mask=~left),
            "rate_per_day": customers.rate_per_day,
            "hazard_per_day": customers.hazard_per_day,
            "gift_buyer": customers.gift,
            "satisfaction": customers.satisfaction,
            "deal_share": customers.deal_share,
            "return_share": customers.return_share,
            "favourite_category": pick(CATEGORIES, customers.favourite),
            "slow_answers": np.bincount(lives.orders.customer[lives.tickets.order[slow]], minlength=n),
            "detractor_answers": np.bincount(asked[(scores >= 0) & (scores <= DETRACTOR)], minlength=n),
        }
    )


def _facts(world: World) -> dict[str, Any]:
    effects = asdict(world.effects)
    return {
        "customers": world.customers,
        "seed": world.seed,
        "start": world.start.isoformat(),
        "as_of": world.as_of.isoformat(),
        "last_day": str(world.dates[-1]),
        "zone": ZONE,
        "currency": CURRENCY,
        "effects": {**effects, "season_by_month": list(world.effects.season_by_month)},
    }
