"""How often, how much, how lately, and with what trend a customer buys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = [
    "DECAY_DAYS",
    "SPEND_DECAY_DAYS",
    "TREND_DAYS",
    "WINDOW_DAYS",
    "purchase_days",
    "purchase_ratios",
    "purchase_sums",
    "trend",
]

WINDOW_DAYS = (28, 91, 182, 364)
"""Whole weeks, so that every window holds each weekday equally often."""
DECAY_DAYS = (30, 90, 365)
"""Time constants of the decayed sums: an order that is τ days old counts 1/e. Floats are not summed: their
sums in parallel differ from run to run in the last bits."""
WEIGHT_EXACT = 1e9
"""Weights are rounded to billionths."""
SPEND_DECAY_DAYS = 90
TREND_DAYS = 91
"""A trend compares so many days with as many before them."""
LOG_EXACT = 1e4
"""Logarithms are rounded to ten-thousandths: the sums of their squares stay exact in 64 bits."""


def purchase_days(history: ir.Table) -> Mapping[str, ir.Value]:
    """Return what the sums need of each customer-day beyond what the history says."""
    log_value = history.gross.nullif(0).cast("float64").ln()
    return {"log_value": (log_value * LOG_EXACT).round().cast("int64")}


def purchase_sums(history: ir.Table) -> Mapping[str, ir.Value]:
    """Return the aggregates over a customer's history that the features of orders and money are made of.

    An order is a customer-day with a purchase; values of orders (maximum, spread) are over paid orders.
    """
    paid = history.gross > 0
    first = history.purchase & history.previous_order.isnull()
    return {
        "orders": history.order_age_days.count(),
        "paid_orders": history.count(where=paid),
        "gross_spend": history.gross.sum(),
        "margin_total": history.margin.sum(),
        "first_order_value": history.gross.max(where=first),
        "last_order_value": history.gross.sum() - history.previous_gross.sum().fill_null(0),
        "max_order_value": history.gross.max(where=paid),
        "log_sum": history.log_value.sum(),
        "log_squares": (history.log_value * history.log_value).sum(),
        **dict(_within_windows(history)),
        **dict(_decayed(history)),
    }


def _within_windows(history: ir.Table) -> Iterator[tuple[str, ir.Value]]:
    for window in WINDOW_DAYS:
        within = history.age_days < window
        yield f"orders_{window}d", history.count(where=history.order_age_days < window)
        yield f"gross_spend_{window}d", within.ifelse(history.gross, 0).sum()
        yield f"margin_{window}d", within.ifelse(history.margin, 0).sum()


def _decayed(history: ir.Table) -> Iterator[tuple[str, ir.Value]]:
    for tau in DECAY_DAYS:
        weight = (history.order_age_days.cast("float64") / -float(tau)).exp()
        whole = (weight * WEIGHT_EXACT).round().cast("int64")
        yield f"decayed_orders_{tau}d", whole.sum()
        if tau == SPEND_DECAY_DAYS:
            spend = weight * history.gross.cast("float64")
            yield f"decayed_spend_{tau}d", spend.round(9).cast("decimal(38, 9)").sum()


def purchase_ratios(sums: ir.Table) -> Mapping[str, ir.Value]:
    """Return the features that follow from the sums, row by row; null if there is nothing to say."""
    n = sums.paid_orders
    mean = sums.gross_spend / n.nullif(0)
    variance = (n * sums.log_squares - sums.log_sum * sums.log_sum) / (n * (n - 1)).nullif(0)
    net_revenue = sums.gross_spend - sums.refund_total
    mean_margin = sums.margin_total / n.nullif(0)
    margin_now = sums.margin_91d.clip(lower=0)
    margin_before = (sums.margin_182d - sums.margin_91d).clip(lower=0)
    both_lived = sums.days_since_first_order >= 2 * TREND_DAYS
    return {
        "net_revenue": net_revenue,
        "mean_order_value": mean,
        "order_value_spread": variance.sqrt() / LOG_EXACT,
        "orders_trend": both_lived.ifelse(trend(sums.orders_91d, sums.orders_182d), None),
        "spend_trend": both_lived.ifelse(
            trend(sums.gross_spend_91d / mean, sums.gross_spend_182d / mean), None
        ),
        "margin_rate": sums.margin_total / (net_revenue > 0).ifelse(net_revenue, None),
        "margin_trend": (both_lived & (mean_margin > 0)).ifelse(
            trend(margin_now / mean_margin, (margin_now + margin_before) / mean_margin), None
        ),
        **{f"decayed_orders_{tau}d": sums[f"decayed_orders_{tau}d"] / WEIGHT_EXACT for tau in DECAY_DAYS},
        **{
            f"margin_{window}d": sums.margin_total.notnull().ifelse(sums[f"margin_{window}d"], None)
            for window in WINDOW_DAYS
        },
    }


def trend(now: ir.NumericValue, with_before: ir.NumericValue) -> ir.FloatingValue:
    """Return the log ratio of a window's orders to those of the one before, half an order added to each."""
    return ((now + 0.5) / (with_before - now + 0.5)).ln()
