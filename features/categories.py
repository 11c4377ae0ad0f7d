"""Which channels, tiers, plans and the like customers had in stretches of time: for seeing a new one come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

import ibis
import pandas as pd

from features.contract import CONTRACT, day_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.tables import Tables

__all__ = ["category_counts"]

CATEGORIES = {
    "transactions": ("channel", "category"),
    "customers": ("acquisition_channel", "country"),
    "interactions": ("channel", "topic"),
    "loyalty": ("tier",),
    "subscriptions": ("plan",),
}
"""The columns that hold one of few words. Campaigns and their arms are not among them: new by nature."""


def category_counts(
    tables: Tables, stretches: Sequence[tuple[date, date]], *, known_by: date
) -> pd.DataFrame:
    """Return how many customers had which category in each stretch of days, its ends within.

    Columns ``column`` ("transactions.channel"; of the customers' own table the attributes, too),
    ``category`` (None where the row leaves it blank), ``stretch`` (its place in ``stretches``),
    ``customers``. A row counts on its day, a customer's attributes on the day of the first purchase; nothing
    known only after ``known_by`` does. Empty where the data have no such column.
    """
    parts = list(_columns(tables, known_by))
    names = ["column", "category", "stretch", "customers"]
    if not parts:
        return pd.DataFrame(columns=names)
    rows = ibis.union(*parts) if len(parts) > 1 else parts[0]
    spans = ibis.memtable(
        [(place, *ends) for place, ends in enumerate(stretches)],
        schema={"stretch": "int64", "first_day": "date", "last_day": "date"},
    )
    within = rows.join(spans, rows.day.between(spans.first_day, spans.last_day))
    counts = within.group_by("column", "category", "stretch").aggregate(
        customers=within.customer_id.nunique()
    )
    frame: pd.DataFrame = counts.order_by("column", "category", "stretch").to_pandas()
    return frame[names]


def _columns(tables: Tables, known_by: date) -> Iterator[ir.Table]:
    """Yield (column, category, customer_id, day) for each column that the data have."""
    history = tables.history(known_by)
    for name, columns in CATEGORIES.items():
        rows = history if name == "transactions" else tables.known(name, known_by)
        if rows is None:
            continue
        report = tables.reports[name]
        there = [column for column in columns if column in report.columns]
        if name == "customers":
            first = history.group_by("customer_id").aggregate(day=history.day.min())
            rows, there = rows.join(first, "customer_id"), [*there, *report.attributes]
            day = rows.day
        else:
            day = rows[day_of(CONTRACT[name].time)]
        for column in there:
            yield rows.select(
                column=ibis.literal(f"{name}.{column}"),
                category=rows[column].cast("string"),
                customer_id=rows.customer_id,
                day=day,
            )
