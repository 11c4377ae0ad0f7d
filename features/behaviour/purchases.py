"""How often, how much, how lately, and with what trend a customer buys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["DECAY_DAYS", "TREND_DAYS", "WINDOW_DAYS", "purchases"]

WINDOW_DAYS = (28, 91, 182, 364)
"""Whole weeks, so that every window holds each weekday equally often."""
DECAY_DAYS = (30, 90, 365)
"""Time constants of the decayed sums: an order that is τ days old counts 1/e."""
TREND_DAYS = 91
"""A trend compares so many days with as many before them."""
EXACT = 1e9
"""Weights are rounded to billionths and summed exactly: parallel sums of floats differ from run to run."""
LOG_EXACT = 1e4
"""Logarithms are rounded to ten-thousandths: the sums of their squares stay exact in 64 bits."""


def purchases(history: ir.Table) -> ir.Table:
    """Return the features of orders and money, one row per (as_of, customer_id) with an order in ``history``.

    An order is a customer-day with a purchase; values of orders (mean, maximum, spread) are over paid orders.
    Money is in currency units. Null where there is nothing to speak of: no paid order, no refund, no earlier
    window.
    """
    days = history.mutate(
        paid=history.gross > 0,
        before=history.age_days.between(TREND_DAYS, 2 * TREND_DAYS - 1),
        log_value=(history.gross.nullif(0).cast("float64").ln() * LOG_EXACT).round().cast("int64"),
    )
    sums = days.group_by("as_of", "customer_id").aggregate(
        orders=days.count(where=days.purchase),
        paid_orders=days.count(where=days.paid),
        lines=days.lines.sum(),
        gross_spend=days.gross.sum(),
        net_revenue=days.net.sum(),
        refund_total=days.refund.sum(),
        margin_total=days.margin.sum(),
        first_order_value=days.gross.argmin(days.day, where=days.purchase),
        last_order_value=days.gross.argmax(days.day, where=days.purchase),
        max_order_value=days.gross.max(where=days.paid),
        days_since_last_refund=days.age_days.min(where=days.refund > 0),
        lived_days=days.age_days.max(where=days.purchase),
        log_sum=days.log_value.sum(),
        log_squares=(days.log_value * days.log_value).sum(),
        orders_before=days.count(where=days.purchase & days.before),
        spend_before=days.gross.sum(where=days.before).fill_null(0),
        **dict(_within_windows(days)),
        **dict(_decayed(days)),
    )
    bought = sums.filter(sums.orders > 0)
    money = [name for name, kind in bought.schema().items() if kind.is_decimal()]
    return _ratios(bought.mutate(**{name: bought[name].cast("float64") for name in money}))


def _within_windows(days: ir.Table) -> Iterator[tuple[str, ir.Value]]:
    for window in WINDOW_DAYS:
        within = days.age_days < window
        yield f"orders_{window}d", days.count(where=days.purchase & within)
        yield f"gross_spend_{window}d", days.gross.sum(where=within).fill_null(0)


def _decayed(days: ir.Table) -> Iterator[tuple[str, ir.Value]]:
    for tau in DECAY_DAYS:
        weight = (days.age_days / -float(tau)).exp()
        yield (
            f"decayed_orders_{tau}d",
            (weight * EXACT).round().cast("int64").sum(where=days.purchase) / EXACT,
        )
        worth = (weight * days.gross.cast("float64") * EXACT).round().cast("decimal(38, 0)")
        yield f"decayed_spend_{tau}d", worth.sum().cast("float64") / EXACT


def _ratios(sums: ir.Table) -> ir.Table:
    """Add what follows from the sums, row by row."""
    n = sums.paid_orders
    mean = sums.gross_spend / n.nullif(0)
    pairs = (n * (n - 1)).nullif(0)
    variance = (n * sums.log_squares - sums.log_sum * sums.log_sum) / pairs
    spend_now, spend_before = (
        spend / mean for spend in (sums[f"gross_spend_{TREND_DAYS}d"], sums.spend_before)
    )
    return sums.mutate(
        mean_order_value=mean,
        order_value_spread=variance.sqrt() / LOG_EXACT,
        lines_per_order=sums.lines / sums.orders,
        refund_share=sums.refund_total / sums.gross_spend.nullif(0),
        orders_trend=_trend(sums, sums[f"orders_{TREND_DAYS}d"], sums.orders_before),
        spend_trend=_trend(sums, spend_now, spend_before),
    )


def _trend(sums: ir.Table, now: ir.NumericValue, before: ir.NumericValue) -> ir.Value:
    """Return the log ratio of two counts, half an order added to each; null unless both were lived."""
    ratio = ((now + 0.5) / (before + 0.5)).ln()
    return (sums.lived_days >= 2 * TREND_DAYS).ifelse(ratio, None)
