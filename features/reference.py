"""What one customer's features need from the whole population, frozen at a moment and kept with the model.

So a customer scored alone equals the same customer in the batch.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from itertools import accumulate
from typing import TYPE_CHECKING

from features.behaviour.events import events_at
from features.behaviour.history import history_at
from features.behaviour.levels import Levels, mean_spend_by
from features.behaviour.lines import unit_prices
from features.behaviour.loyalty import with_tiers
from features.behaviour.season import peak_weeks
from features.errors import NothingUsableError
from features.subscribers import subscribers_at

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.tables import Tables

__all__ = ["Cuts", "Reference", "quintile_cuts", "reference_at", "references_at"]

Cuts = tuple[int, int, int, int]
PriceCuts = tuple[float, float, float, float]


@dataclass(frozen=True)
class Reference:
    """The population of customers with an order by ``as_of``.

    ``recency_cuts`` (days since the last order) and ``frequency_cuts`` (orders) are the values that 20, 40,
    60 and 80 % of the customers lie at or below; ``price_cuts`` those of the mean price that each pays for a
    piece, in currency units, None where quantities are not recorded. ``peak_weeks``: the weeks of the year (0
    to 51) in which the shop is busiest; none before it has a year of history. ``tier_spend`` and
    ``channel_spend``: what the customers of each loyalty tier, and of each acquisition channel, spent on
    average of late, in currency units.
    """

    as_of: date
    customers: int
    recency_cuts: Cuts
    frequency_cuts: Cuts
    price_cuts: PriceCuts | None = None
    peak_weeks: tuple[int, ...] = ()
    tier_spend: Levels = ()
    channel_spend: Levels = ()

    def to_json(self) -> str:
        """Return the reference as JSON with sorted keys: equal references give equal bytes."""
        return json.dumps(asdict(self) | {"as_of": self.as_of.isoformat()}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Reference:
        """Return the reference that `to_json` wrote."""
        fields = json.loads(text)
        return cls(
            date.fromisoformat(fields["as_of"]),
            fields["customers"],
            tuple(fields["recency_cuts"]),
            tuple(fields["frequency_cuts"]),
            None if fields["price_cuts"] is None else tuple(fields["price_cuts"]),
            tuple(fields["peak_weeks"]),
            tier_spend=tuple((tier, spend) for tier, spend in fields["tier_spend"]),
            channel_spend=tuple((channel, spend) for channel, spend in fields["channel_spend"]),
        )


def reference_at(tables: Tables, as_of: date) -> Reference:
    """Return the reference at ``as_of``; raises NothingUsableError where nobody has bought by then."""
    return references_at(tables, [as_of])[0]


def references_at(tables: Tables, moments: Sequence[date]) -> list[Reference]:
    """Return the references at many moments, in their order and by one query.

    Raises NothingUsableError where nobody has bought by one of them.
    """
    known = history_at(tables, moments)
    orders = known.filter(known.purchase)
    if tables.contract:
        orders = orders.semi_join(subscribers_at(tables, moments), ("as_of", "customer_id"))
    customers = orders.group_by("as_of", "customer_id").aggregate(
        recency_days=orders.age_days.min(), orders=orders.count()
    )
    recency, frequency = (_histogram(customers, column) for column in ("recency_days", "orders"))
    empty = [moment for moment in moments if moment not in recency]
    if empty:
        raise NothingUsableError(
            "Nobody has bought by the moment asked for.",
            which=[str(moment) for moment in empty],
            mend="Choose a later moment, or load the earlier purchases.",
        )
    prices, peaks = _price_cuts(tables, moments), peak_weeks(orders)
    tiers, channels = _levels(tables, moments, orders)
    return [
        Reference(
            moment,
            customers=sum(recency[moment].values()),
            recency_cuts=quintile_cuts(recency[moment]),
            frequency_cuts=quintile_cuts(frequency[moment]),
            price_cuts=prices.get(moment),
            peak_weeks=peaks.get(moment, ()),
            tier_spend=tiers.get(moment, ()),
            channel_spend=channels.get(moment, ()),
        )
        for moment in moments
    ]


def _price_cuts(tables: Tables, moments: Sequence[date]) -> dict[date, PriceCuts]:
    """Return the quintiles of what each customer pays for a piece; none without quantities."""
    prices = unit_prices(tables, moments)
    if prices is None:
        return {}
    quintiles = {f"cut_{k}": prices.price.quantile(k / 5).round(4) for k in range(1, 5)}
    rows = prices.group_by("as_of").aggregate(**quintiles).to_pyarrow().to_pylist()
    return {row["as_of"]: (row["cut_1"], row["cut_2"], row["cut_3"], row["cut_4"]) for row in rows}


def _levels(tables: Tables, moments: Sequence[date], orders: ir.Table) -> tuple[dict[date, Levels], ...]:
    """Return the mean spend by tier and by acquisition channel at each moment; none without their tables."""
    standings, customers = (events_at(tables, name, moments) for name in ("loyalty", "customers"))
    tiers: dict[date, Levels] = {}
    if standings is not None:
        rows = with_tiers(standings)
        tiers = mean_spend_by(rows.filter(rows.is_latest_tier), "tier", orders)
    channels = {} if customers is None else mean_spend_by(customers, "acquisition_channel", orders)
    return tiers, channels


def _histogram(customers: ir.Table, column: str) -> dict[date, dict[int, int]]:
    counts = customers.group_by("as_of", column).aggregate(n=customers.count()).order_by("as_of", column)
    histogram: dict[date, dict[int, int]] = {}
    for row in counts.to_pyarrow().to_pylist():
        histogram.setdefault(row["as_of"], {})[row[column]] = row["n"]
    return histogram


def quintile_cuts(histogram: dict[int, int]) -> Cuts:
    """Return the quintiles of a histogram sorted by value: the least values that k fifths lie at or below."""
    values, below = list(histogram), list(accumulate(histogram.values()))
    cuts = [values[bisect_left(below, fifths * below[-1] / 5)] for fifths in (1, 2, 3, 4)]
    return cuts[0], cuts[1], cuts[2], cuts[3]
