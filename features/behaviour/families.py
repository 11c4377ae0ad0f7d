"""The families of the optional tables, and how they are joined to a panel: one join each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from features.behaviour.acquisition import ACQUISITION
from features.behaviour.campaigns import CAMPAIGNS
from features.behaviour.events import EventFamily, Known, events_at
from features.behaviour.feedback import FEEDBACK
from features.behaviour.loyalty import LOYALTY
from features.behaviour.subscription import SUBSCRIPTION
from features.behaviour.support import SUPPORT
from features.catalogue import CATALOGUE

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["EVENT_FAMILIES", "in_floats", "with_event_families"]

EVENT_FAMILIES: Mapping[str, EventFamily] = {
    "support": SUPPORT,
    "feedback": FEEDBACK,
    "loyalty": LOYALTY,
    "subscription": SUBSCRIPTION,
    "campaigns": CAMPAIGNS,
    "acquisition": ACQUISITION,
}
"""By the name of the family: how the optional tables become features."""


def with_event_families(
    panel: ir.Table, optional: Mapping[str, ir.Table], history: ir.Table, moments: ir.Table, levels: ir.Table
) -> ir.Table:
    """Add the features of the families whose table is there; customers it does not know have 0 or null.

    ``panel`` has a row per (as_of, customer_id); ``history`` are the customer-days of `history_at`. What the
    features are made of stays beside them.
    """
    there = {name: family for name, family in EVENT_FAMILIES.items() if family.table in optional}
    joined = panel
    for name, family in there.items():
        events = events_at(family.table, optional[family.table], moments)
        sums = in_floats(family.sums(Known(events, history, levels)))
        joined = joined.left_join(sums, ("as_of", "customer_id"), rname=f"{{name}}_of_{name}")
    zeros = (it.name for it in CATALOGUE if it.family in there and it.zero_without_rows)
    filled = joined.mutate(**{name: joined[name].fill_null(0) for name in zeros})
    ratios = {name: value for family in there.values() for name, value in family.ratios(filled).items()}
    return filled.mutate(**ratios)


def in_floats(sums: ir.Table) -> ir.Table:
    """Return exact sums with their money in float64: from there on it is reckoned with row by row."""
    money = [name for name, kind in sums.schema().items() if kind.is_decimal()]
    return sums.mutate(**{name: sums[name].cast("float64") for name in money})
