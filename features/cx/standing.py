"""In which segment each customer stands at a moment."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import ibis

from features.behaviour.history import history_at
from features.reference import reference_at
from features.segments import segment

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.tables import Tables

__all__ = ["purchases_known", "segments_at"]


def purchases_known(tables: Tables, as_of: date) -> ir.Table:
    """Return (customer_id, day) for every purchase that was known at the end of ``as_of``."""
    known = history_at(tables, [as_of])
    return known.filter(known.purchase).select("customer_id", "day")


def segments_at(tables: Tables, as_of: date) -> ir.Table:
    """Return (customer_id, segment) for everybody who had bought by ``as_of``."""
    purchases = purchases_known(tables, as_of)
    customers = purchases.group_by("customer_id").aggregate(
        last=purchases.day.max(), orders=purchases.count()
    )
    frame = customers.mutate(age_days=ibis.literal(as_of).delta(customers["last"], unit="day")).to_pandas()
    frame["segment"] = segment(frame["age_days"], frame["orders"], reference_at(tables, as_of))
    return ibis.memtable(frame[["customer_id", "segment"]])
