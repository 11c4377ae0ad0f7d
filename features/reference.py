"""What one customer's features need from the whole population, frozen at a moment and kept with the model.

So a customer scored alone equals the same customer in the batch.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from itertools import accumulate
from typing import TYPE_CHECKING

from features.behaviour.history import view_at
from features.behaviour.levels import Levels
from features.behaviour.population import (
    price_quintiles,
    recency_and_frequency,
    spend_by_channel,
    spend_by_tier,
    weeks_of_orders,
)
from features.behaviour.season import peak_weeks
from features.errors import NothingUsableError

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.tables import Tables

__all__ = ["Cuts", "Reference", "quintile_cuts", "reference_at", "references_at"]

Cuts = tuple[int, int, int, int]
PriceCuts = tuple[float, float, float, float]
UP_TO_DATE: Cuts = (31, 31, 31, 31)
"""Of bills that follow from a running contract the last is never older: nobody is behind."""


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
    """Return the references at many moments, in their order; what they hold is asked for of all at once.

    Raises NothingUsableError where nobody has bought by one of them.
    """
    histograms = _histograms(tables, moments)
    empty = [moment for moment in moments if moment not in histograms]
    if empty:
        raise NothingUsableError(
            "Nobody has bought by the moment asked for.",
            which=[str(moment) for moment in empty],
            mend="Choose a later moment, or load the earlier purchases.",
        )
    prices, weeks = _price_cuts(tables, moments), _orders_by_week(tables, moments)
    tiers = _levels(tables, moments, "loyalty", spend_by_tier)
    channels = _levels(tables, moments, "customers", spend_by_channel)
    return [
        Reference(
            moment,
            customers=sum(histograms[moment]["orders"].values()),
            recency_cuts=UP_TO_DATE if tables.billed else quintile_cuts(histograms[moment]["recency_days"]),
            frequency_cuts=quintile_cuts(histograms[moment]["orders"]),
            price_cuts=prices.get(moment),
            peak_weeks=peak_weeks(weeks.get(moment, {})),
            tier_spend=tiers.get(moment, ()),
            channel_spend=channels.get(moment, ()),
        )
        for moment in moments
    ]


def _histograms(tables: Tables, moments: Sequence[date]) -> dict[date, dict[str, dict[int, int]]]:
    """Return by moment how many customers have so many recency_days, and how many so many orders."""
    counts = _asked(tables, moments, recency_and_frequency)
    histograms: dict[date, dict[str, dict[int, int]]] = {}
    for row in counts.to_pyarrow().to_pylist():
        at = histograms.setdefault(row["as_of"], {"recency_days": {}, "orders": {}})
        for column, histogram in at.items():
            histogram[row[column]] = histogram.get(row[column], 0) + row["customers"]
    return {
        as_of: {name: dict(sorted(of.items())) for name, of in at.items()} for as_of, at in histograms.items()
    }


def _price_cuts(tables: Tables, moments: Sequence[date]) -> dict[date, PriceCuts]:
    """Return the quintiles of what each customer pays for a piece; none without quantities."""
    if "transactions.quantity" not in tables.there:
        return {}
    rows = _asked(tables, moments, price_quintiles).to_pyarrow().to_pylist()
    return {row["as_of"]: (row["cut_1"], row["cut_2"], row["cut_3"], row["cut_4"]) for row in rows}


def _orders_by_week(tables: Tables, moments: Sequence[date]) -> dict[date, dict[int, int]]:
    weeks: dict[date, dict[int, int]] = {}
    for row in _asked(tables, moments, weeks_of_orders).to_pyarrow().to_pylist():
        weeks.setdefault(row["as_of"], {})[row["week"]] = row["orders"]
    return weeks


def _levels(
    tables: Tables, moments: Sequence[date], name: str, spends: Callable[..., ir.Table]
) -> dict[date, Levels]:
    """Return the mean spend by tier or by acquisition channel at each moment; none without their table."""
    if name not in tables.optional:
        return {}
    levels = _asked(tables, moments, spends, members=tables.optional[name])
    found: dict[date, Levels] = {}
    for row in levels.order_by("as_of", "word").to_pyarrow().to_pylist():
        level = (row["word"], float(row["spend"]) / row["customers"])
        found[row["as_of"]] = (*found.get(row["as_of"], ()), level)
    return found


def _asked(
    tables: Tables, moments: Sequence[date], build: Callable[..., ir.Table], **others: ir.Table
) -> ir.Table:
    """Return what ``build`` makes of the population: with contracts, of the subscribers alone."""
    if tables.contract:
        others |= {"subscriptions": tables.optional["subscriptions"]}
    return view_at(tables, moments, build, **others)


def quintile_cuts(histogram: dict[int, int]) -> Cuts:
    """Return the quintiles of a histogram: the least values that k fifths lie at or below."""
    values = sorted(histogram)
    below = list(accumulate(histogram[value] for value in values))
    cuts = [values[bisect_left(below, fifths * below[-1] / 5)] for fifths in (1, 2, 3, 4)]
    return cuts[0], cuts[1], cuts[2], cuts[3]
