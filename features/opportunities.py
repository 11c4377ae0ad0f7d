"""What BG/BB sees of customers: of the periods since the first purchase, how many were taken."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from features.behaviour.history import history_at

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.period import Period
    from features.tables import Tables

__all__ = ["grouped_opportunities"]


def grouped_opportunities(tables: Tables, as_of: date, period: Period) -> ir.Table:
    """Return the distinct (x, t_x, T), counted in ``period``, and how many ``customers`` share each; sorted.

    ``T``: periods since that of the customer's first purchase; ``x``: those of them with a purchase;
    ``t_x``: the place of the last such, 0 where there is none. A period counts once it is over: what was
    bought in one that is under way at ``as_of`` is not looked at.
    """
    known = history_at(tables, [as_of])
    places = known.filter(known.purchase).select("customer_id", place=period.place(known.day, as_of))
    over = places.filter(places.place <= 0)
    seen = over.group_by("customer_id").aggregate(
        x=over.place.nunique() - 1, t_x=over.place.max() - over.place.min(), T=-over.place.min()
    )
    grouped = seen.group_by("x", "t_x", "T").aggregate(customers=seen.count())
    return grouped.order_by("x", "t_x", "T")
