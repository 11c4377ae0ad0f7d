"""In which segment each customer stands at a moment."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import ibis

from features.behaviour.history import history_at
from features.errors import NothingUsableError
from features.reference import Reference, quintile_cuts
from features.segments import segment

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.tables import Tables

__all__ = ["purchases_known", "segments_at"]


def purchases_known(tables: Tables, as_of: date) -> ir.Table:
    """Return (customer_id, day) for every purchase that was known at the end of ``as_of``."""
    known = history_at(tables, [as_of])
    return known.filter(known.purchase).select("customer_id", "day")


def segments_at(purchases: ir.Table, as_of: date) -> ir.Table:
    """Return (customer_id, segment) for everybody who had bought by ``as_of``.

    ``purchases`` are those known by then; raises NothingUsableError where there is none.
    """
    customers = purchases.group_by("customer_id").aggregate(
        last=purchases.day.max(), orders=purchases.count()
    )
    frame = customers.mutate(age_days=ibis.literal(as_of).delta(customers["last"], unit="day")).to_pandas()
    if frame.empty:
        raise NothingUsableError("Nobody has bought by the moment asked for.", mend="Choose a later moment.")
    recency, frequency = (
        quintile_cuts(frame[column].value_counts().sort_index().to_dict())
        for column in ("age_days", "orders")
    )
    reference = Reference(as_of, len(frame), recency_cuts=recency, frequency_cuts=frequency)
    frame["segment"] = segment(frame["age_days"], frame["orders"], reference)
    return ibis.memtable(frame[["customer_id", "segment"]])
