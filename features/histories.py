"""What purchase models see of customers: when each bought, in the papers' terms, and what they spent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from features.behaviour.history import history_at

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.tables import Tables

__all__ = ["grouped_histories", "histories_panel", "purchase_histories"]


def purchase_histories(tables: Tables, as_of: date) -> ir.Table:
    """Return one row for every customer with a purchase by ``as_of``, sorted by customer_id.

    - ``customer_id``
    - ``x``: days with a purchase after the first; ``t_x``: days from the first to the last; ``T``: days from
      the first to ``as_of``. A free order is a purchase, and all of a day's orders are one
    - ``paid_orders``: days on which something was paid; ``mean_value``: gross spend on one, null without any
    - ``gross``, ``refund``, ``margin`` (null where none is recorded): totals, exact, in currency units;
      ``first_gross``: gross spend on the day of the first purchase

    Nothing that happened, or reached the business, after ``as_of`` counts.
    """
    return histories_panel(tables, [as_of]).drop("as_of")


def histories_panel(tables: Tables, moments: Sequence[date]) -> ir.Table:
    """Return `purchase_histories` at many moments, by one query; sorted by as_of, then customer_id."""
    known = history_at(tables, moments)
    bought = known.order_age_days.max()
    sums = known.group_by("as_of", "customer_id").aggregate(
        x=known.order_age_days.count() - 1,
        t_x=bought - known.order_age_days.min(),
        T=bought,
        paid_orders=known.count(where=known.gross > 0),
        gross=known.gross.sum(),
        first_gross=known.gross.max(where=known.purchase & known.previous_order.isnull()),
        refund=known.refund.sum(),
        margin=known.margin.sum(),
    )
    mean_value = sums.gross.cast("float64") / sums.paid_orders.nullif(0)
    return sums.filter(sums.x >= 0).mutate(mean_value=mean_value).order_by("as_of", "customer_id")


def grouped_histories(tables: Tables, as_of: date) -> ir.Table:
    """Return the distinct (x, t_x, T) of `purchase_histories` and how many ``customers`` share each, sorted.

    Its rows grow with the calendar, not with the customers: one group-by in the engine, and a fit needs no
    more.
    """
    histories = purchase_histories(tables, as_of).select("x", "t_x", "T")
    grouped = histories.group_by("x", "t_x", "T").aggregate(customers=histories.count())
    return grouped.order_by("x", "t_x", "T")
