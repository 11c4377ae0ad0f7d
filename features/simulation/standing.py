"""What the made-up customers signed up for: the account, the loyalty card, the subscription."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.simulation.columns import DAY_SECONDS, moments, pick, within, yen
from features.simulation.customers import Customers
from features.simulation.goods import Lines
from features.simulation.lives import Lives
from features.simulation.world import Ints, World

__all__ = ["customers_table", "loyalty_table", "subscriptions_table"]

COSTS = {"search": 900, "referral": 500, "marketplace": 1400}
COUNTRIES, HOUSEHOLDS = ("JP", "TW", "US"), ("single", "couple", "family")
SIGNED_UP_BEFORE_SHARE, MEMBER_SHARE = 0.4, 0.6
TIERS, TIER_FROM_YEN = ("bronze", "silver", "gold"), (0, 30_000, 100_000)
YEN_A_POINT = 100
SUBSCRIBER_SHARE, PLUS_SHARE, MOVE_SHARE = 0.2, 0.3, 0.15
PLANS, MONTHLY_AMOUNTS = ("tea_box", "tea_box_plus"), (980, 1980)
CANCEL_ALPHA, CANCEL_BETA = 1.2, 12.0
MONTH_DAYS = 30
REASONS = ("price", "not_used", "moved_away")


class Boxes(NamedTuple):
    """Who took which plan from which day for how many months, and whether that ended the subscription."""

    people: Ints
    day: Ints
    months: Ints
    plan: Ints
    cancelled: NDArray[np.bool_]


def customers_table(world: World, customers: Customers, draw: np.random.Generator) -> pa.Table:
    """Return the master data; the household and the newsletter mean nothing for anybody's behaviour."""
    n = world.customers
    before = draw.integers(0, 10 * DAY_SECONDS, n) * (draw.random(n) < SIGNED_UP_BEFORE_SHARE)
    costs = np.vectorize(COSTS.__getitem__, otypes=[int])(customers.channel)
    return pa.table(
        {
            "customer_id": customers.ids,
            "signed_up_at": moments(world, customers.joined_day * DAY_SECONDS - before),
            "acquisition_channel": pa.array(customers.channel),
            "acquisition_cost": yen(costs * draw.lognormal(0.0, 0.2, n)),
            "country": pick(COUNTRIES, draw.choice(3, n, p=(0.9, 0.06, 0.04))),
            "household": pick(HOUSEHOLDS, draw.choice(3, n)),
            "newsletter": pick(("no", "yes"), draw.integers(0, 2, n)),
        }
    )


def loyalty_table(
    world: World, customers: Customers, lives: Lives, lines: Lines, draw: np.random.Generator
) -> pa.Table:
    """Return the standing of those with a card after each of their orders: a point for each 100 yen paid.

    The tier follows from all that was paid so far.
    """
    orders = lives.orders
    sold = ~lines.is_return
    paid = np.bincount(lines.order[sold], weights=lines.amount[sold], minlength=len(orders.day))
    second = np.zeros(len(orders.day), dtype=np.int64)
    second[lines.order[sold]] = lines.second[sold]
    members = draw.random(world.customers) < MEMBER_SHARE
    rows = np.flatnonzero(members[orders.customer])
    rows = rows[np.argsort(orders.customer[rows], kind="stable")]
    total = _running(paid[rows], orders.customer[rows])
    tier = np.searchsorted(TIER_FROM_YEN, total, side="right") - 1
    table = pa.table(
        {
            "customer_id": customers.ids.take(pa.array(orders.customer[rows])),
            "changed_at": moments(world, second[rows]),
            "tier": pick(TIERS, tier),
            "points": pa.array((total // YEN_A_POINT).astype(np.int64)),
        }
    )
    return table.take(pa.array(np.argsort(second[rows], kind="stable")))


def subscriptions_table(
    world: World, customers: Customers, lives: Lives, draw: np.random.Generator
) -> pa.Table:
    """Return the monthly boxes that some take from their first order on, one row for each plan in turn.

    Everybody has a chance of their own to cancel in a month (the shifted beta-geometric model); who leaves
    the shop cancels at the next renewal.
    """
    people = np.flatnonzero(draw.random(world.customers) < SUBSCRIBER_SHARE)
    n = len(people)
    joined = customers.joined_day[people]
    until_left = (lives.left_day[people] - joined) // MONTH_DAYS + 1
    months = np.minimum(draw.geometric(draw.beta(CANCEL_ALPHA, CANCEL_BETA, n)), until_left)
    plan = (draw.random(n) < PLUS_SHARE).astype(np.int64)
    moves = (draw.random(n) < MOVE_SHARE) & (months > 1)
    before_move = np.where(moves, 1 + (draw.random(n) * (months - 1)).astype(np.int64), months)
    boxes = Boxes(people, joined, before_move, plan, ~moves)
    moved = Boxes(people, joined + before_move * MONTH_DAYS, months - before_move, 1 - plan, moves)
    moved = Boxes(*(column[moves] for column in moved))
    rows = pa.concat_tables(_box_rows(world, customers, part, draw) for part in (boxes, moved))
    return rows.sort_by([("started_at", "ascending")])


def _box_rows(world: World, customers: Customers, boxes: Boxes, draw: np.random.Generator) -> pa.Table:
    """Return a row for each of ``boxes`` that had begun by the world's last day."""
    end = boxes.day + boxes.months * MONTH_DAYS
    reason = draw.choice(len(REASONS), len(end), p=(0.5, 0.3, 0.2))
    untold = ~boxes.cancelled | (end >= world.days)
    table = pa.table(
        {
            "customer_id": customers.ids.take(pa.array(boxes.people)),
            "started_at": moments(world, boxes.day * DAY_SECONDS),
            "ended_at": moments(world, end * DAY_SECONDS),
            "plan": pick(PLANS, boxes.plan),
            "monthly_amount": yen(np.array(MONTHLY_AMOUNTS)[boxes.plan]),
            "cancel_reason": pa.array(list(REASONS)).take(pa.array(reason, mask=untold)),
        }
    )
    return table.filter(pa.array(within(world, boxes.day * DAY_SECONDS)))


def _running(amounts: np.ndarray, group: Ints) -> np.ndarray:
    """Return the running total within each group; the groups stand together."""
    total = np.cumsum(amounts)
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    before = total[starts] - amounts[starts]
    running: np.ndarray = total - np.repeat(before, np.diff(np.append(starts, len(group))))
    return running
