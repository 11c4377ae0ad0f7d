"""The population at the moments of a panel: what is asked of it, and what is then told to every customer.

The first are expressions of the relations of `features.behaviour.history.view_at`, the second are relations
that the expression of the behaviour table is joined with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from features.behaviour.basket import basket_sums, price_of
from features.behaviour.events import events_at
from features.behaviour.history import known_days
from features.behaviour.levels import CHANNELS, TIERS, mean_spend_by
from features.behaviour.loyalty import with_tiers
from features.behaviour.season import as_bits, orders_by_week
from features.subscribers import subscribers

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.reference import Reference

__all__ = [
    "population",
    "price_quintiles",
    "recency_and_frequency",
    "spend_by_channel",
    "spend_by_tier",
    "weeks_of_orders",
]

CUTS = {"recency": pa.int64(), "frequency": pa.int64(), "price": pa.float64()}
RELATIONS: Mapping[str, pa.Schema] = {
    "moments": pa.schema(
        {"as_of": pa.date32(), "peak_weeks": pa.int64()}
        | {f"{of}_{k}": kind for of, kind in CUTS.items() for k in range(4)}
    ),
    "levels": pa.schema(
        {"as_of": pa.date32(), "kind": pa.string(), "word": pa.string(), "mean_spend": pa.float64()}
    ),
}


def recency_and_frequency(**relations: ir.Table) -> ir.Table:
    """Return (as_of, recency_days, orders, customers): how many customers ordered so lately and so often."""
    orders = _orders(relations)
    each = orders.group_by("as_of", "customer_id").aggregate(
        recency_days=orders.age_days.min(), orders=orders.count()
    )
    return each.group_by("as_of", "recency_days", "orders").aggregate(customers=each.count())


def price_quintiles(**relations: ir.Table) -> ir.Table:
    """Return (as_of, cut_1 … cut_4): the quintiles of the mean price that each customer pays for a piece."""
    known = known_days(**relations)
    sums = known.group_by("as_of", "customer_id").aggregate(**basket_sums(known))
    prices = sums.select("as_of", price=price_of(sums))
    prices = prices.filter(prices.price.notnull())
    quintiles = {f"cut_{k}": prices.price.quantile(k / 5).round(4) for k in range(1, 5)}
    return prices.group_by("as_of").aggregate(**quintiles)


def weeks_of_orders(**relations: ir.Table) -> ir.Table:
    """Return `orders_by_week` of the shop."""
    return orders_by_week(_orders(relations))


def spend_by_tier(members: ir.Table, **relations: ir.Table) -> ir.Table:
    """Return `mean_spend_by` loyalty tier; ``members`` is the table of standings."""
    standings = with_tiers(events_at("loyalty", members, relations["moments"]))
    return mean_spend_by(standings.filter(standings.is_latest_tier), "tier", _orders(relations))


def spend_by_channel(members: ir.Table, **relations: ir.Table) -> ir.Table:
    """Return `mean_spend_by` acquisition channel; ``members`` is the table of customers."""
    customers = events_at("customers", members, relations["moments"])
    return mean_spend_by(customers, "acquisition_channel", _orders(relations))


def _orders(relations: Mapping[str, ir.Table]) -> ir.Table:
    """Return the orders; with ``subscriptions`` among the relations, those of subscribers alone."""
    known = known_days(**relations)
    orders = known.filter(known.purchase)
    if "subscriptions" in relations:
        orders = orders.semi_join(subscribers(**relations), ("as_of", "customer_id"))
    return orders


def population(references: Sequence[Reference]) -> dict[str, pa.Table]:
    """Return `RELATIONS` of the references, which are of different moments.

    - ``moments``: ``as_of``, ``peak_weeks`` (`as_bits`), and the four cut points of recency, frequency and
      price, the last null where quantities are not recorded
    - ``levels``: ``as_of``, ``kind`` (tier or acquisition channel), ``word``, and what its customers spend
    """
    moments = [
        (
            it.as_of,
            as_bits(it.peak_weeks),
            *it.recency_cuts,
            *it.frequency_cuts,
            *(it.price_cuts or [None] * 4),
        )
        for it in references
    ]
    levels = [
        (it.as_of, kind, *level)
        for it in references
        for kind, spends in ((TIERS, it.tier_spend), (CHANNELS, it.channel_spend))
        for level in spends
    ]
    return {"moments": _rows("moments", moments), "levels": _rows("levels", levels)}


def _rows(relation: str, rows: Sequence[Sequence[object]]) -> pa.Table:
    schema = RELATIONS[relation]
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema)
