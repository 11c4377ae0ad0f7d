"""What the optional tables told by a moment: where the families beside the purchases start."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import ibis

from features.contract import CONTRACT, day_of
from features.tables import rows_known

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.reference import Reference
    from features.tables import Tables

__all__ = ["EventFamily", "Known", "events_at"]


@dataclass(frozen=True)
class Known:
    """What was known at the moments of a panel, for one family to look at.

    ``events``: the rows of its table, by `events_at`; ``history``: the customer-days, by `known_at`;
    ``references``: the populations, one a moment.
    """

    events: ir.Table
    history: ir.Table
    references: Sequence[Reference]


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


def events_at(tables: Tables, name: str, moments: Iterable[date]) -> ir.Table | None:
    """Return the rows of the optional table ``name`` known at each of ``moments``; None without that table.

    Columns as in `Tables.known`, with ``as_of``, and ``age_days`` = as_of - the row's local day.
    """
    if name not in tables.optional:
        return None
    contract, rows = CONTRACT[name], tables.optional[name]
    first, *others = sorted(set(moments))
    if others:
        clock = ibis.memtable([(moment,) for moment in (first, *others)], schema={"as_of": "date"})
        rows = rows.cross_join(clock)
    else:
        rows = rows.mutate(as_of=ibis.literal(first))
    events = rows_known(rows, contract, rows.as_of)
    return events.mutate(age_days=events.as_of.delta(events[day_of(contract.time)], unit="day"))
