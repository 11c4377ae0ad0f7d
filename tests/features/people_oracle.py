"""The families beside the purchases once more, by plain SQL on SQLite, written from their meaning."""

from __future__ import annotations

import math
import sqlite3
import statistics
from datetime import date

import pandas as pd

from features.tables import Tables

__all__ = ["FAMILIES", "recomputed_people"]

FAMILIES = ("support",)

SEEN = """
CREATE TEMP TABLE customer AS SELECT customer_id, count(DISTINCT day) AS orders,
    julianday(:as_of) - julianday(min(day)) AS age
  FROM transactions WHERE day <= :as_of AND coalesce(known_day, day) <= :as_of
    AND amount >= 0 AND NOT is_return GROUP BY customer_id;
CREATE TEMP TABLE ticket AS
  SELECT *, julianday(:as_of) - julianday(opened_day) AS age,
    CASE WHEN first_response_day <= :as_of
      THEN unixepoch(first_response_at) - unixepoch(opened_at) END / 3600.0 AS first_response,
    CASE WHEN resolved_day <= :as_of
      THEN unixepoch(resolved_at) - unixepoch(opened_at) END / 3600.0 AS resolution,
    coalesce(first_response_day > :as_of, 1) AS silent, coalesce(resolved_day > :as_of, 1) AS open,
    CASE WHEN resolved_day <= :as_of THEN reopened END AS again
  FROM interactions WHERE opened_day <= :as_of AND coalesce(known_day, '') <= :as_of;
"""

_TICKETS = "FROM ticket WHERE customer_id = c.customer_id"
_CHANNELS = f"(SELECT count(*) AS n {_TICKETS} AND channel IS NOT NULL GROUP BY channel)"

SUPPORT = {
    "tickets": f"SELECT count(*) {_TICKETS}",
    **{f"tickets_{days}d": f"SELECT count(*) {_TICKETS} AND age < {days}" for days in (28, 91, 364)},
    "tickets_trend": f"""SELECT CASE WHEN c.age >= 182 THEN ln((total(age < 91) + 0.5)
        / (total(age BETWEEN 91 AND 181) + 0.5)) END {_TICKETS}""",
    "tickets_per_order": f"SELECT count(*) * 1.0 / c.orders {_TICKETS}",
    "days_since_last_ticket": f"SELECT min(age) {_TICKETS}",
    "support_topics": f"SELECT count(DISTINCT topic) {_TICKETS}",
    "support_channels": f"SELECT count(DISTINCT channel) {_TICKETS}",
    "main_support_channel_share": f"SELECT max(n) * 1.0 / sum(n) FROM {_CHANNELS}",
    **{
        f"{how}_{name}_hours": query.format(x=name)
        for name in ("first_response", "resolution")
        for how, query in (
            ("mean", f"SELECT avg({{x}}) {_TICKETS}"),
            ("median", f"SELECT median({{x}}) {_TICKETS}"),
            (
                "last",
                f"SELECT {{x}} {_TICKETS} AND {{x}} IS NOT NULL ORDER BY opened_at DESC, {{x}} DESC LIMIT 1",
            ),
        )
    },
    "unanswered_tickets": f"SELECT count(*) {_TICKETS} AND silent AND open",
    "unanswered_days": f"SELECT max(age) {_TICKETS} AND silent AND open",
    "unresolved_tickets": f"SELECT count(*) {_TICKETS} AND open",
    "reopened_tickets": f"SELECT count(*) {_TICKETS} AND again",
    "reopened_share": f"SELECT avg(again) {_TICKETS}",
}
"""Each a scalar for the customer ``c``."""

QUERIES = {"support": SUPPORT}


def recomputed_people(tables: Tables, as_of: date) -> pd.DataFrame:
    """Return the features of `FAMILIES` at ``as_of`` by SQLite: sorted by customer_id, a column a feature."""
    database = sqlite3.connect(":memory:")
    database.create_function("ln", 1, lambda x: None if x is None else math.log(x), deterministic=True)
    database.create_aggregate("median", 1, Median)
    for name in ("transactions", *tables.optional):
        _load(database, name, tables)
    values = {"as_of": as_of.isoformat()}
    for statement in SEEN.split(";\n"):
        database.execute(statement, values if ":as_of" in statement else {})
    single = ", ".join(
        f"({query}) AS {name}" for family in FAMILIES for name, query in QUERIES[family].items()
    )
    cursor = database.execute(f"SELECT customer_id, {single} FROM customer AS c ORDER BY customer_id", values)
    return pd.DataFrame(cursor.fetchall(), columns=[column[0] for column in cursor.description])


class Median:
    """The median of what is not null, as an aggregate for SQLite."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.values: list[float] = []

    def step(self, value: float | None) -> None:
        """Take one value."""
        if value is not None:
            self.values.append(value)

    def finalize(self) -> float | None:
        """Return the median, None of nothing."""
        return statistics.median(self.values) if self.values else None


def _load(database: sqlite3.Connection, name: str, tables: Tables) -> None:
    table = tables.transactions if name == "transactions" else tables.optional[name]
    numbers = {
        column for column, kind in table.schema().items() if not (kind.is_string() or kind.is_temporal())
    }
    declared = ", ".join(f"{column} {'REAL' if column in numbers else 'TEXT'}" for column in table.columns)
    database.execute(f"CREATE TABLE {name} ({declared})")
    database.executemany(
        f"INSERT INTO {name} VALUES ({', '.join('?' * len(table.columns))})",
        [[_plain(value) for value in row.values()] for row in table.to_pyarrow().to_pylist()],
    )


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, bool) else str(value)
