"""What a customer buys: how much at once, how broadly, how newly, at what price and discount, and where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from features.behaviour.lines import RECENT_DAYS

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["basket_ratios", "basket_sums", "price_of"]


def basket_sums(history: ir.Table) -> Mapping[str, ir.Value]:
    """Return the aggregates over a customer's history that the features of the basket are made of.

    The others are sums over lines: `features.behaviour.lines.with_line_sums`.
    """
    recent = history.age_days < RECENT_DAYS
    return {
        "lines": history.lines.sum(),
        "lines_recent": recent.ifelse(history.lines, 0).sum(),
        "last_order_lines": history.lines.argmax(history.day, where=history.purchase),
        **{name: history[name].sum() for name in ("pieces", "pieces_paid", "discounts", "discounted_lines")},
        "discounted_lines_recent": recent.ifelse(history.discounted_lines, 0).sum(),
    }


def basket_ratios(sums: ir.Table) -> Mapping[str, ir.Value]:
    """Return the features that follow from the sums, row by row; null if there is nothing to say."""
    mean_lines = sums.lines / sums.orders
    recent = sums.lines_recent / sums[f"orders_{RECENT_DAYS}d"].nullif(0)
    before = (sums.lines - sums.lines_recent) / (sums.orders - sums[f"orders_{RECENT_DAYS}d"]).nullif(0)
    return {
        "lines_per_order": mean_lines,
        "last_to_mean_lines": (sums.orders > 1).ifelse(sums.last_order_lines / mean_lines, None),
        "lines_trend": (recent / before).ln(),
        "pieces_per_order": sums.pieces / sums.orders,
        f"products_{RECENT_DAYS}d": sums.products_recent,
        "products_364d": sums.products_year,
        "product_concentration": _concentration(sums, "products"),
        "repeat_product_share": sums.products_again / sums.products,
        f"new_product_share_{RECENT_DAYS}d": sums.products_new / sums.products_recent.nullif(0),
        "categories_364d": sums.categories_year,
        "category_concentration": _concentration(sums, "categories"),
        "main_category_share": sums.categories_most / sums.categories_lines,
        f"new_category_share_{RECENT_DAYS}d": sums.categories_new / sums.categories_recent.nullif(0),
        "discounted_line_share": sums.discounted_lines / sums.lines,
        f"discounted_line_share_{RECENT_DAYS}d": sums.discounted_lines_recent / sums.lines_recent.nullif(0),
        "discount_share": sums.discounts / (sums.gross_spend + sums.discounts).nullif(0),
        "mean_unit_price": price_of(sums),
        "main_channel_share": sums.channels_most / sums.channels_lines,
    }


def _concentration(sums: ir.Table, kinds: str) -> ir.FloatingValue:
    """Return the Herfindahl index by lines: 1 where all are of one kind, 1/n where n kinds are alike."""
    lines = sums[f"{kinds}_lines"].cast("float64")
    return sums[f"{kinds}_squares"] / (lines * lines)


def price_of(sums: ir.Table) -> ir.FloatingValue:
    """Return the mean price of a piece, in currency units to four decimals; null where none was counted."""
    return (sums.pieces_paid.cast("float64") / sums.pieces.cast("float64").nullif(0)).round(4)
