"""What the customers of a tier, or of an acquisition channel, spend on average: words become numbers so.

The averages belong to the population, so they are taken once at a moment and kept in the `Reference`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["CHANNELS", "LEVEL_DAYS", "TIERS", "Levels", "mean_spend_by"]

TIERS, CHANNELS = "tier", "acquisition_channel"

LEVEL_DAYS = 364
Levels = tuple[tuple[str, float], ...]
"""Words and what their customers spent on average in the last `LEVEL_DAYS` days, sorted by the word."""


def mean_spend_by(members: ir.Table, word: str, orders: ir.Table) -> ir.Table:
    """Return by ``as_of`` and ``word`` what its ``customers`` spent (``spend``), before refunds.

    ``members`` has at most one row per (as_of, customer_id), with the column ``word``; ``orders`` are the
    customer-days of `history_at` with a purchase.
    """
    recent = orders.gross.sum(where=orders.age_days < LEVEL_DAYS).fill_null(0)
    customers = orders.group_by("as_of", "customer_id").aggregate(spend=recent)
    known = members.filter(members[word].notnull()).join(customers, ("as_of", "customer_id"))
    return known.group_by("as_of", word=known[word]).aggregate(
        spend=known.spend.sum(), customers=known.count()
    )
