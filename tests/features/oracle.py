"""The features once more, by plain SQL on SQLite: a scalar query a feature, written from its meaning."""

from __future__ import annotations

import math
import sqlite3
from datetime import date

import pandas as pd

from features.reference import Reference
from features.tables import Tables
from tests.features import oracle_goods
from tests.features.oracle_cancelled import see

__all__ = ["recomputed", "recomputed_outcomes"]

SEEN = """
CREATE TEMP TABLE purchase AS
  SELECT *, CAST(julianday(:as_of) - julianday(day) AS INTEGER) AS age
  FROM seen WHERE amount >= 0 AND NOT is_return;
CREATE TEMP TABLE refund AS SELECT *, abs(amount) AS back FROM seen WHERE amount < 0 OR is_return;
CREATE TEMP TABLE bought AS
  SELECT customer_id, day, CAST(julianday(:as_of) - julianday(day) AS INTEGER) AS age, count(*) AS lines,
    sum(amount) AS value, min(CASE WHEN time(timestamp) > '00:00:00' THEN timestamp END) AS timed,
    (strftime('%w', day) + 6) % 7 AS weekday
  FROM purchase GROUP BY customer_id, day;
CREATE TEMP TABLE gap AS
  SELECT *, row_number() OVER (PARTITION BY customer_id ORDER BY days) AS place,
    count(*) OVER (PARTITION BY customer_id) AS n
  FROM (
    SELECT customer_id, day, julianday(day) - julianday((
      SELECT max(e.day) FROM bought e WHERE e.customer_id = d.customer_id AND e.day < d.day)) AS days
    FROM bought d)
  WHERE days IS NOT NULL;
"""

_PAID = "FROM bought WHERE customer_id = c.customer_id AND value > 0"
_ALL = "FROM bought WHERE customer_id = c.customer_id"
_GAPS = "FROM gap WHERE customer_id = c.customer_id"
_REFUNDS = "FROM refund WHERE customer_id = c.customer_id"
_SPREAD = "sqrt((sum({x} * {x}) - sum({x}) * sum({x}) / count(*)) / (count(*) - 1))"

SINGLE = {
    "orders": f"SELECT count(*) {_ALL}",
    "paid_orders": f"SELECT count(*) {_PAID}",
    **{f"orders_{w}d": f"SELECT count(*) {_ALL} AND age < {w}" for w in (28, 91, 182, 364)},
    "orders_trend": f"SELECT CASE WHEN max(age) >= 182 THEN ln((sum(age < 91) + 0.5) "
    f"/ (sum(age BETWEEN 91 AND 181) + 0.5)) END {_ALL}",
    **{f"decayed_orders_{tau}d": f"SELECT sum(exp(-age / {tau}.0)) {_ALL}" for tau in (30, 90, 365)},
    "gross_spend": f"SELECT sum(value) {_ALL}",
    **{f"gross_spend_{w}d": f"SELECT total(value) {_ALL} AND age < {w}" for w in (28, 91, 182, 364)},
    "spend_trend": f"""SELECT CASE WHEN max(age) >= 182 THEN ln(
        (total(CASE WHEN age < 91 THEN value END) / (SELECT avg(value) {_PAID}) + 0.5)
        / (total(CASE WHEN age BETWEEN 91 AND 181 THEN value END) / (SELECT avg(value) {_PAID}) + 0.5)) END
        {_ALL}""",
    "decayed_spend_90d": f"SELECT sum(value * exp(-age / 90.0)) {_ALL}",
    "net_revenue": f"SELECT (SELECT total(value) {_ALL}) - (SELECT total(back) {_REFUNDS})",
    "margin_total": "SELECT sum(margin) FROM seen WHERE customer_id = c.customer_id",
    "mean_order_value": f"SELECT avg(value) {_PAID}",
    "first_order_value": f"SELECT value {_ALL} ORDER BY day LIMIT 1",
    "last_order_value": f"SELECT value {_ALL} ORDER BY day DESC LIMIT 1",
    "max_order_value": f"SELECT max(value) {_PAID}",
    "order_value_spread": f"SELECT {_SPREAD.format(x='round(ln(value), 4)')} {_PAID}",
    "days_since_first_order": f"SELECT max(age) {_ALL}",
    "days_since_last_order": f"SELECT min(age) {_ALL}",
    "days_since_second_last_order": f"SELECT age {_ALL} ORDER BY day DESC LIMIT 1 OFFSET 1",
    "days_since_third_last_order": f"SELECT age {_ALL} ORDER BY day DESC LIMIT 1 OFFSET 2",
    "last_gap_days": f"SELECT days {_GAPS} ORDER BY day DESC LIMIT 1",
    "mean_gap_days": f"SELECT avg(days) {_GAPS}",
    "median_gap_days": f"SELECT avg(days) {_GAPS} AND place IN ((n + 1) / 2, (n + 2) / 2)",
    "min_gap_days": f"SELECT min(days) {_GAPS}",
    "max_gap_days": f"SELECT max(days) {_GAPS}",
    "sd_gap_days": f"SELECT {_SPREAD.format(x='days')} {_GAPS}",
    "orders_per_year": f"SELECT (count(*) - 1) * 365.0 / nullif(max(age), 0) {_ALL}",
    "active_months": f"SELECT count(DISTINCT strftime('%Y-%m', day)) {_ALL}",
    "weekend_share": f"SELECT avg(weekday >= 5) {_ALL}",
    "favourite_weekday_share": f"""SELECT CASE WHEN count(*) > 1 THEN
        (SELECT count(*) {_ALL} GROUP BY weekday ORDER BY count(*) DESC LIMIT 1) * 1.0 / count(*) END
        {_ALL}""",
    "evening_share": f"SELECT avg(time(timed) >= '18:00:00') {_ALL} AND timed IS NOT NULL",
    **oracle_goods.SINGLE,
}
"""Each a scalar for the customer ``c``; SQLite's sum() of nothing is null, its total() zero."""

RATIOS = {
    "cv_gap": "sd_gap_days / mean_gap_days",
    "last_to_mean_gap": "last_gap_days / mean_gap_days",
    "lateness": "days_since_last_order / median_gap_days",
    "lateness_sd": "(days_since_last_order - mean_gap_days) / nullif(sd_gap_days, 0)",
    "recency_score": "5 - (SELECT count(*) FROM recency_cuts WHERE value < days_since_last_order)",
    "frequency_score": "1 + (SELECT count(*) FROM frequency_cuts WHERE value < orders)",
    **oracle_goods.RATIOS,
}

OUTCOMES = """
SELECT c.customer_id, total(w.bought) AS orders, total(w.bought) = 0 AS churned,
  max(0, total(w.net)) AS revenue, max(0, total(w.margin)) AS margin
FROM (SELECT DISTINCT customer_id FROM seen WHERE amount >= 0 AND NOT is_return) AS c
LEFT JOIN (
  SELECT customer_id, day, max(amount >= 0 AND NOT is_return) AS bought,
    sum(CASE WHEN is_return THEN -abs(amount) ELSE amount END) AS net, sum(margin) AS margin
  FROM seen_later WHERE day > :as_of AND day <= date(:as_of, :horizon)
  GROUP BY customer_id, day) AS w ON w.customer_id = c.customer_id
GROUP BY c.customer_id ORDER BY c.customer_id
"""


def recomputed(tables: Tables, as_of: date, reference: Reference) -> pd.DataFrame:
    """Return the behaviour table at ``as_of`` by SQLite: sorted by customer_id, a column a feature."""
    database = _loaded(tables)
    see(database, "seen", as_of, tables.rules)
    for statement in SEEN.split(";\n"):
        database.execute(statement, {"as_of": as_of.isoformat()} if ":as_of" in statement else {})
    for name, values in (
        ("recency_cuts", reference.recency_cuts),
        ("frequency_cuts", reference.frequency_cuts),
        ("price_cuts", reference.price_cuts or ()),
        ("peak_weeks", reference.peak_weeks),
    ):
        database.execute(f"CREATE TEMP TABLE {name} (value)")
        database.executemany(f"INSERT INTO {name} VALUES (?)", [(value,) for value in values])
    single = ", ".join(f"({query}) AS {name}" for name, query in SINGLE.items())
    customers = "(SELECT DISTINCT customer_id FROM purchase) AS c"
    ratios = ", ".join(f"{formula} AS {name}" for name, formula in RATIOS.items())
    query = f"SELECT *, {ratios} FROM (SELECT c.customer_id, {single} FROM {customers}) ORDER BY customer_id"
    return _frame(database, query, {"as_of": as_of.isoformat()}).drop(columns=[*oracle_goods.SCRATCH])


def recomputed_outcomes(
    tables: Tables, as_of: date, horizon_days: int, known_by: date = date.max
) -> pd.DataFrame:
    """Return the outcomes of a window by SQLite, sorted by customer_id."""
    values = {
        "as_of": as_of.isoformat(),
        "horizon": f"+{horizon_days} days",
    }
    database = _loaded(tables)
    see(database, "seen", as_of, tables.rules)
    see(database, "seen_later", known_by, tables.rules)
    return _frame(database, OUTCOMES, values)


def _loaded(tables: Tables) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    database.create_function("atan2", 2, math.atan2, deterministic=True)
    for function in (math.exp, math.log, math.sqrt, math.sin, math.cos, math.floor):
        name = {"log": "ln"}.get(function.__name__, function.__name__)
        database.create_function(
            name, 1, lambda x, f=function: None if x is None else f(x), deterministic=True
        )
    columns = ["customer_id", "timestamp", "day", "known_day", "amount", "margin", "is_return"]
    types = ["TEXT", "TEXT", "TEXT", "TEXT", "REAL", "REAL", "INTEGER"]
    columns += ["product_id", "category", "channel", "order_id", "quantity", "discount", "source_row"]
    types += ["TEXT", "TEXT", "TEXT", "TEXT", "REAL", "REAL", "INTEGER"]
    declared = ", ".join(f"{column} {kind}" for column, kind in zip(columns, types, strict=True))
    database.execute(f"CREATE TABLE rows ({declared})")
    rows = tables.transactions.select(columns).to_pyarrow().to_pylist()
    database.executemany(
        f"INSERT INTO rows VALUES ({', '.join('?' * len(columns))})",
        [[_plain(row[column]) for column in columns] for row in rows],
    )
    return database


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool):
        return value
    return str(value)


def _frame(database: sqlite3.Connection, query: str, values: dict[str, str]) -> pd.DataFrame:
    cursor = database.execute(query, values)
    return pd.DataFrame(cursor.fetchall(), columns=[column[0] for column in cursor.description])
