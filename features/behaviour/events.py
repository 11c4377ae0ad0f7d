"""What the optional tables told by a moment: where the families beside the purchases start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from features.contract import CONTRACT, day_of
from features.tables import rows_known

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["EventFamily", "Known", "events_at"]


@dataclass(frozen=True)
class Known:
    """What was known at the moments of a panel, for one family to look at.

    ``events``: the rows of its table, by `events_at`; ``history``: the customer-days, by `history_at`;
    ``levels``: what the customers of each loyalty tier, and of each acquisition channel, spend on average
    (as_of, kind, word, mean_spend; `features.behaviour.population`).
    """

    events: ir.Table
    history: ir.Table
    levels: ir.Table


def _nothing(_panel: ir.Table) -> Mapping[str, ir.Value]:
    return {}


@dataclass(frozen=True)
class EventFamily:
    """The features that an optional ``table`` gives.

    ``sums`` returns one row per (as_of, customer_id) that the table knows; money in it may be DECIMAL.
    ``ratios`` then returns the features that follow, row by row, from these and from what the panel holds of
    every customer's orders, both in floats; what the table does not know is null, or already 0
    (`Feature.zero_without_rows`).
    """

    table: str
    sums: Callable[[Known], ir.Table]
    ratios: Callable[[ir.Table], Mapping[str, ir.Value]] = _nothing


def events_at(name: str, rows: ir.Table, moments: ir.Table) -> ir.Table:
    """Return the ``rows`` of the optional table ``name`` known at each ``as_of`` of ``moments``.

    Columns as in `Tables.known`, with ``as_of``, and ``age_days`` = as_of - the row's local day.
    """
    contract = CONTRACT[name]
    rows = rows.cross_join(moments.select("as_of"))
    events = rows_known(rows, contract, rows.as_of)
    return events.mutate(age_days=events.as_of.delta(events[day_of(contract.time)], unit="day"))
