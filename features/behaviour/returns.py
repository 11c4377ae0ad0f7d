"""What a customer gives back: how much, how often, how soon, how lately."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["REFUND_WINDOW_DAYS", "returns_ratios", "returns_sums"]

REFUND_WINDOW_DAYS = (91, 364)


def returns_sums(history: ir.Table) -> Mapping[str, ir.Value]:
    """Return the aggregates over a customer's history that the features of returns are made of.

    Those by product are sums over lines: `features.behaviour.lines.with_line_sums`.
    """
    refunded = history.refund > 0
    return {
        "refund_total": history.refund.sum(),
        "refund_days": history.count(where=refunded),
        "days_since_last_refund": history.age_days.min(where=refunded),
        **{
            f"refund_total_{window}d": (history.age_days < window).ifelse(history.refund, 0).sum()
            for window in REFUND_WINDOW_DAYS
        },
    }


def returns_ratios(sums: ir.Table) -> Mapping[str, ir.Value]:
    """Return the features that follow from the sums, row by row; null if there is nothing to say."""
    since_order = sums.days_since_last_refund <= sums.days_since_last_order
    return {
        "refund_share": sums.refund_total / sums.gross_spend.nullif(0),
        "refund_share_364d": sums.refund_total_364d / sums.gross_spend_364d.nullif(0),
        "refunds_per_order": sums.refund_days / sums.orders,
        "refunded_since_last_order": since_order.fill_null(False).ifelse(1, 0).cast("int64"),
        "returned_product_share": sums.products_returned / sums.products,
        "mean_days_to_return": sums.products_days_to_return / sums.products_matched.nullif(0),
    }
