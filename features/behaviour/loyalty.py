"""The loyalty programme: how long, which tier and what it is worth, moves between tiers, and points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import ibis

from features.behaviour.anniversaries import days_to_yearly
from features.behaviour.events import EventFamily, Known
from features.behaviour.latest import packed, unpacked
from features.behaviour.levels import TIERS

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["LOYALTY", "POINTS_WINDOW_DAYS", "with_tiers"]

POINTS_WINDOW_DAYS = 91


def with_tiers(standings: ir.Table) -> ir.Table:
    """Add to the rows of `events_at` the tier before, and whether theirs is the customer's latest."""
    has_tier = standings.tier.notnull()
    rows = standings.mutate(has_tier=has_tier)
    in_order = ibis.window(group_by=["as_of", "customer_id", "has_tier"], order_by=["changed_at", "tier"])
    return rows.mutate(
        previous_tier=rows.tier.lag(1).over(in_order),
        is_latest_tier=rows.has_tier & rows.tier.lead(1).over(in_order).isnull(),
    )


def _sums(known: Known) -> ir.Table:
    """Return what a customer's standings come to, each valid from its row on.

    No order of the tiers is given. So a tier is as high as what its customers spend on average (`Reference`).
    """
    rows = _with_points(_with_levels(with_tiers(known.events), known))
    moved = rows.tier != rows.previous_tier
    rise = rows.tier_mean_spend - rows.previous_mean_spend
    long_ago = rows.age_days >= POINTS_WINDOW_DAYS
    return rows.group_by("as_of", "customer_id").aggregate(
        loyalty_age_days=rows.age_days.max(),
        joined_day=rows.changed_day.min(),
        tier_mean_spend=rows.tier_mean_spend.max(where=rows.is_latest_tier),
        tier_changes=rows.count(where=moved),
        days_since_tier_change=rows.age_days.min(where=moved),
        latest_move=packed(rows.changed_at, (rise.sign() + 1).cast("int64")).max(where=moved),
        loyalty_points=rows.points_gained.sum(),
        points_long_ago=rows.points_gained.sum(where=long_ago),
    )


def _with_levels(rows: ir.Table, known: Known) -> ir.Table:
    tiers = known.levels.filter(known.levels.kind == TIERS).drop("kind")
    now = tiers.rename(tier="word", tier_mean_spend="mean_spend")
    before = tiers.rename(previous_tier="word", previous_mean_spend="mean_spend")
    rows = rows.left_join(now, ("as_of", "tier")).drop("as_of_right", "tier_right")
    return rows.left_join(before, ("as_of", "previous_tier")).drop("as_of_right", "previous_tier_right")


def _with_points(rows: ir.Table) -> ir.Table:
    """Add how many points each row gained: their sum up to any row is the balance at that row."""
    pointed = rows.mutate(has_points=rows.points.notnull())
    in_order = ibis.window(group_by=["as_of", "customer_id", "has_points"], order_by=["changed_at", "points"])
    before = pointed.points.lag(1).over(in_order)
    return pointed.mutate(points_gained=pointed.points - before.fill_null(0))


def _ratios(panel: ir.Table) -> Mapping[str, ir.Value]:
    return {
        "days_to_loyalty_anniversary": days_to_yearly(panel.joined_day, panel.as_of),
        f"points_change_{POINTS_WINDOW_DAYS}d": panel.loyalty_points - panel.points_long_ago,
        "last_tier_move": unpacked(panel.latest_move) - 1,
    }


LOYALTY = EventFamily("loyalty", _sums, _ratios)
