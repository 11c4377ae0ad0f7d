"""Whose contract runs at a moment, and whose has ended by the close of a window."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

import ibis

from features.behaviour.events import events_at
from features.behaviour.history import view_at
from features.contract import CONTRACT
from features.tables import rows_known

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.tables import Tables
    from features.window import Window

__all__ = ["contracts_kept", "subscribers", "subscribers_at"]

STILL_RUNNING = date(9999, 12, 31)


def subscribers_at(tables: Tables, moments: Iterable[date]) -> ir.Table:
    """Return (as_of, customer_id) of those who had a running subscription, as it was known at each moment.

    One that ends on the day itself does not run any more.
    """
    return view_at(tables, moments, subscribers, subscriptions=tables.optional["subscriptions"])


def subscribers(subscriptions: ir.Table, moments: ir.Table, **_others: ir.Table) -> ir.Table:
    """Return `subscribers_at` each ``as_of`` of ``moments``."""
    known = events_at("subscriptions", subscriptions, moments)
    return known.filter(known.ended_day.isnull()).select("as_of", "customer_id").distinct()


def contracts_kept(tables: Tables, windows: Sequence[Window], known_by: date) -> ir.Table:
    """Return (as_of, customer_id) of those whose contract outlived a window, as known at ``known_by``.

    Either a subscription that ran at its as_of runs on beyond its last day, or another began within it.
    """
    rows = rows_known(tables.optional["subscriptions"], CONTRACT["subscriptions"], known_by)
    spans = ibis.memtable(
        [(window.as_of, window.outcome_end) for window in windows], schema={"as_of": "date", "end": "date"}
    )
    started, ended = rows.started_day, rows.ended_day.fill_null(STILL_RUNNING)
    seen = rows.mutate(ended_day=ended).join(spans, started <= spans.end)
    runs_on = (seen.started_day <= seen.as_of) & (seen.ended_day > seen.end)
    return seen.filter(runs_on | (seen.started_day > seen.as_of)).select("as_of", "customer_id").distinct()
