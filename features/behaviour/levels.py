"""What the customers of a tier, or of an acquisition channel, spend on average: words become numbers so.

The averages belong to the population, so they are taken once at a moment and kept in the `Reference`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.reference import Reference

__all__ = ["LEVEL_DAYS", "Levels", "levels_of", "mean_spend_by"]

LEVEL_DAYS = 364
Levels = tuple[tuple[str, float], ...]
"""Words and what their customers spent on average in the last `LEVEL_DAYS` days, sorted by the word."""


def mean_spend_by(members: ir.Table, word: str, orders: ir.Table) -> dict[date, Levels]:
    """Return by moment what the customers of each ``word`` spent on average, before refunds.

    ``members`` has at most one row per (as_of, customer_id), with the column ``word``; ``orders`` are the
    customer-days of `known_at` with a purchase.
    """
    recent = orders.gross.sum(where=orders.age_days < LEVEL_DAYS).fill_null(0)
    customers = orders.group_by("as_of", "customer_id").aggregate(spend=recent)
    known = members.filter(members[word].notnull()).join(customers, ("as_of", "customer_id"))
    levels = known.group_by("as_of", word).aggregate(spend=known.spend.sum(), customers=known.count())
    found: dict[date, Levels] = {}
    for row in levels.order_by("as_of", word).to_pyarrow().to_pylist():
        level = (row[word], float(row["spend"]) / row["customers"])
        found[row["as_of"]] = (*found.get(row["as_of"], ()), level)
    return found


def levels_of(references: Sequence[Reference], of: str, word: str, spend: str) -> ir.Table:
    """Return the levels in the field ``of`` of the references: ``as_of``, ``word`` and ``spend``."""
    return ibis.memtable(
        [(it.as_of, *level) for it in references for level in getattr(it, of)],
        schema={"as_of": "date", word: "string", spend: "float64"},
    )
