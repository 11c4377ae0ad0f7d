"""How long a customer has been known, and what winning them took.

The channel counts by what the customers who came by it spend (`Reference`); the country, and whatever else
the table says of a customer, are attributes to choose customers by and no features.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from features.behaviour.events import EventFamily, Known
from features.behaviour.levels import CHANNELS

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["ACQUISITION"]


def _sums(known: Known) -> ir.Table:
    """Return what is known of a customer; the contract gives each one row."""
    channels = known.levels.filter(known.levels.kind == CHANNELS)
    levels = channels.select("as_of", acquisition_channel="word", acquisition_channel_mean_spend="mean_spend")
    rows = known.events.left_join(levels, ("as_of", "acquisition_channel"))
    return rows.select(
        "as_of",
        "customer_id",
        "acquisition_cost",
        "acquisition_channel_mean_spend",
        days_since_signup=rows.age_days,
    )


def _ratios(panel: ir.Table) -> Mapping[str, ir.Value]:
    return {"signup_to_first_order_days": panel.days_since_signup - panel.days_since_first_order}


ACQUISITION = EventFamily("customers", _sums, _ratios)
