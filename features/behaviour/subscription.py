"""Subscriptions: what runs, since when and for how much, what was changed, interrupted and ended."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import ibis

from features.behaviour.anniversaries import days_to_monthly, days_to_yearly
from features.behaviour.events import EventFamily, Known

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["SUBSCRIPTION"]

STILL_RUNNING = date(9999, 12, 31)
SEAMLESS_DAYS = 1
"""What starts on the day after the last end is no pause."""


def _sums(known: Known) -> ir.Table:
    """Return what a customer's subscriptions come to; an end after the moment is not known yet."""
    rows = _in_order(known.events)
    running = rows.ended_day.isnull()
    idle_days = rows.started_day.delta(rows.covered_until, unit="day")
    return rows.group_by("as_of", "customer_id").aggregate(
        subscriptions=rows.count(),
        active_subscriptions=rows.count(where=running),
        ended_subscriptions=rows.count(where=~running),
        days_since_subscription_end=rows.as_of.delta(rows.ended_day, unit="day").min(),
        subscription_age_days=rows.age_days.max(),
        subscription_monthly_amount=rows.monthly_amount.sum(where=running),
        monthly_amount_change=(rows.monthly_amount - rows.previous_amount).max(where=rows.is_latest),
        plan_moves=rows.count(where=rows.plan != rows.previous_plan),
        subscription_pauses=rows.count(where=idle_days > SEAMLESS_DAYS),
        days_to_monthly_renewal=days_to_monthly(rows.started_day, rows.as_of).min(where=running),
        days_to_yearly_renewal=days_to_yearly(rows.started_day, rows.as_of).min(where=running),
    )


def _in_order(rows: ir.Table) -> ir.Table:
    """Add what came before each subscription: its plan and amount, and the last day that was covered."""
    starts = ibis.window(
        group_by=["as_of", "customer_id"], order_by=["started_at", "plan", "monthly_amount", "ended_at"]
    )
    up_to_here = ibis.rows_window(
        group_by=["as_of", "customer_id"],
        order_by=["started_at", "plan", "monthly_amount", "ended_at"],
        preceding=(None, 0),
    )
    placed = rows.mutate(
        previous_plan=rows.plan.lag(1).over(starts),
        previous_amount=rows.monthly_amount.lag(1).over(starts),
        is_latest=rows.started_day.lead(1).over(starts).isnull(),
        until=rows.ended_day.fill_null(STILL_RUNNING).max().over(up_to_here),
    )
    return placed.mutate(covered_until=placed.until.lag(1).over(starts))


SUBSCRIPTION = EventFamily("subscriptions", _sums)
