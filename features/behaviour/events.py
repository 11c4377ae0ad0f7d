"""What the optional tables told by a moment: where the families beside the purchases start."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

import ibis

from features.contract import CONTRACT, day_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.tables import Tables

__all__ = ["events_at"]


def events_at(tables: Tables, name: str, moments: Iterable[date]) -> ir.Table | None:
    """Return the rows of the optional table ``name`` known at each of ``moments``; None without that table.

    Columns as in `Tables.known`, with ``as_of``, and ``age_days`` = as_of - the row's local day.
    """
    if name not in tables.optional:
        return None
    happened = day_of(CONTRACT[name].time)
    known = (
        rows.mutate(as_of=ibis.literal(moment))
        for moment in sorted(set(moments))
        if (rows := tables.known(name, moment)) is not None
    )
    events = ibis.union(*known)
    return events.mutate(age_days=events.as_of.delta(events[happened], unit="day"))
