"""The families beside the purchases once more, by plain SQL on SQLite, written from their meaning."""

from __future__ import annotations

import calendar
import math
import sqlite3
import statistics
from datetime import date
from functools import partial

import pandas as pd

from features.tables import Tables

__all__ = ["QUERIES", "recomputed_people"]


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
CREATE TEMP TABLE survey AS SELECT *, julianday(:as_of) - julianday(submitted_day) AS age
  FROM surveys WHERE submitted_day <= :as_of AND coalesce(known_day, '') <= :as_of;
CREATE TEMP TABLE standing AS
  SELECT *, julianday(:as_of) - julianday(changed_day) AS age
  FROM loyalty WHERE changed_day <= :as_of AND coalesce(known_day, '') <= :as_of;
CREATE TEMP TABLE spent AS
  SELECT c.customer_id, (SELECT total(amount) FROM transactions AS t WHERE t.customer_id = c.customer_id
      AND day <= :as_of AND coalesce(known_day, day) <= :as_of AND amount > 0 AND NOT is_return
      AND julianday(:as_of) - julianday(day) < 364) AS spend,
    (SELECT tier FROM standing AS s WHERE s.customer_id = c.customer_id AND tier IS NOT NULL
      ORDER BY changed_at DESC, tier DESC LIMIT 1) AS tier,
    (SELECT acquisition_channel FROM customers AS k WHERE k.customer_id = c.customer_id
      AND coalesce(signed_up_day, '') <= :as_of AND coalesce(known_day, '') <= :as_of) AS channel
  FROM customer AS c;
CREATE TEMP TABLE tier AS SELECT tier, avg(spend) AS spend FROM spent GROUP BY tier;
CREATE TEMP TABLE channel AS SELECT channel, avg(spend) AS spend FROM spent GROUP BY channel;
CREATE TEMP TABLE move AS
  SELECT *, sign((SELECT spend FROM tier AS t WHERE t.tier = s.tier)
    - (SELECT spend FROM tier AS t WHERE t.tier = before)) AS direction
  FROM (SELECT *, lag(tier) OVER (PARTITION BY customer_id ORDER BY changed_at, tier) AS before
        FROM standing WHERE tier IS NOT NULL) AS s WHERE tier <> before;
CREATE TEMP TABLE contract AS
  SELECT *, julianday(:as_of) - julianday(started_day) AS age,
    CASE WHEN ended_day <= :as_of THEN ended_day END AS over,
    row_number() OVER (PARTITION BY customer_id ORDER BY started_at, plan IS NULL, plan,
      monthly_amount IS NULL, monthly_amount, coalesce(ended_day > :as_of, 1), ended_at) AS place
  FROM subscriptions WHERE started_day <= :as_of AND coalesce(known_day, '') <= :as_of;
CREATE TEMP TABLE treatment AS
  SELECT *, lower(arm) = 'control' AS control, julianday(:as_of) - julianday(sent_day) AS age,
    EXISTS (SELECT 1 FROM transactions AS t WHERE t.customer_id = s.customer_id
      AND amount >= 0 AND NOT is_return AND t.day <= :as_of AND coalesce(t.known_day, t.day) <= :as_of
      AND t.day > sent_day AND t.day <= date(sent_day, '+14 days')) AS answered
  FROM treatments AS s WHERE sent_day <= :as_of AND coalesce(known_day, '') <= :as_of;
CREATE TEMP TABLE won AS SELECT *, julianday(:as_of) - julianday(signed_up_day) AS age
  FROM customers WHERE coalesce(signed_up_day, '') <= :as_of AND coalesce(known_day, '') <= :as_of;
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

_SURVEYS = "FROM survey WHERE customer_id = c.customer_id"
_ANSWERS = f"{_SURVEYS} AND score IS NOT NULL"
_LAST = "ORDER BY submitted_at DESC, score DESC LIMIT 1"

FEEDBACK = {
    "survey_answers": f"SELECT count(score) {_SURVEYS}",
    "unanswered_survey_share": f"SELECT avg(score IS NULL) {_SURVEYS}",
    "last_survey_unanswered": f"SELECT score IS NULL {_SURVEYS} ORDER BY submitted_at DESC, 1 DESC LIMIT 1",
    "days_since_last_answer": f"SELECT min(age) {_ANSWERS}",
    "nps_detractor": f"SELECT score <= 6 {_ANSWERS} AND kind = 'nps' {_LAST}",
    **{
        name: query
        for kind in ("nps", "csat", "ces")
        for of in (f"{_ANSWERS} AND kind = '{kind}'",)
        for name, query in {
            f"last_{kind}": f"SELECT score {of} {_LAST}",
            f"mean_{kind}": f"SELECT avg(score) {of}",
            f"lowest_{kind}": f"SELECT min(score) {of}",
            f"{kind}_trend": f"""SELECT (SELECT score {of} {_LAST}) - avg(score) FROM (
                SELECT score {of} ORDER BY submitted_at DESC, score DESC LIMIT -1 OFFSET 1)""",
        }.items()
    },
}

_STANDINGS = "FROM standing WHERE customer_id = c.customer_id"
_MOVES = "FROM move WHERE customer_id = c.customer_id"
_BALANCE = "points IS NOT NULL {} ORDER BY changed_at DESC, points DESC LIMIT 1"

LOYALTY = {
    "loyalty_age_days": f"SELECT max(age) {_STANDINGS}",
    "days_to_loyalty_anniversary": f"SELECT yearly(min(changed_day), :as_of) {_STANDINGS}",
    "tier_mean_spend": "SELECT t.spend FROM spent AS s JOIN tier AS t USING (tier) "
    "WHERE s.customer_id = c.customer_id",
    "tier_changes": f"SELECT count(*) {_MOVES}",
    "days_since_tier_change": f"SELECT min(age) {_MOVES}",
    "last_tier_move": f"""SELECT direction {_MOVES} AND direction IS NOT NULL
        ORDER BY changed_at DESC, direction DESC LIMIT 1""",
    "loyalty_points": f"SELECT points {_STANDINGS} AND {_BALANCE.format('')}",
    "points_change_91d": f"""SELECT (SELECT points {_STANDINGS} AND {_BALANCE.format("")})
        - (SELECT points {_STANDINGS} AND {_BALANCE.format("AND age >= 91")})""",
}

_CONTRACTS = "FROM contract AS s WHERE customer_id = c.customer_id"
_BEFORE = "FROM contract AS b WHERE b.customer_id = s.customer_id AND b.place {} s.place"

SUBSCRIPTION = {
    "subscriptions": f"SELECT count(*) {_CONTRACTS}",
    "active_subscriptions": f"SELECT count(*) {_CONTRACTS} AND over IS NULL",
    "ended_subscriptions": f"SELECT count(over) {_CONTRACTS}",
    "days_since_subscription_end": f"SELECT julianday(:as_of) - julianday(max(over)) {_CONTRACTS}",
    "subscription_age_days": f"SELECT max(age) {_CONTRACTS}",
    "subscription_pauses": f"""SELECT count(*) {_CONTRACTS} AND place > 1
        AND NOT EXISTS (SELECT 1 {_BEFORE.format("<")} AND over IS NULL)
        AND julianday(started_day) - (SELECT julianday(max(over)) {_BEFORE.format("<")}) > 1""",
    "plan_moves": f"SELECT count(*) {_CONTRACTS} AND plan <> (SELECT plan {_BEFORE.format('= -1 +')})",
    "subscription_monthly_amount": f"SELECT sum(monthly_amount) {_CONTRACTS} AND over IS NULL",
    "monthly_amount_change": f"""SELECT monthly_amount - (SELECT monthly_amount {_BEFORE.format("= -1 +")})
        {_CONTRACTS} ORDER BY place DESC LIMIT 1""",
    "days_to_monthly_renewal": f"SELECT min(monthly(started_day, :as_of)) {_CONTRACTS} AND over IS NULL",
    "days_to_yearly_renewal": f"SELECT min(yearly(started_day, :as_of)) {_CONTRACTS} AND over IS NULL",
}

_TREATED = "FROM treatment WHERE customer_id = c.customer_id"
_OFFERS = f"{_TREATED} AND NOT control"

CAMPAIGNS = {
    "offers": f"SELECT count(*) {_OFFERS}",
    "offers_91d": f"SELECT count(*) {_OFFERS} AND age < 91",
    "campaigns": f"SELECT count(DISTINCT campaign) {_OFFERS}",
    "days_since_last_offer": f"SELECT min(age) {_OFFERS}",
    "control_share": f"SELECT avg(control) {_TREATED}",
    "answered_offer_share": f"SELECT avg(answered) {_OFFERS} AND age >= 14",
    "offer_cost": f"SELECT sum(cost) {_OFFERS}",
}

_WON = "FROM won WHERE customer_id = c.customer_id"

ACQUISITION = {
    "days_since_signup": f"SELECT age {_WON}",
    "signup_to_first_order_days": f"SELECT age - c.age {_WON.replace('customer_id =', 'won.customer_id =')}",
    "acquisition_cost": f"SELECT acquisition_cost {_WON}",
    "acquisition_channel_mean_spend": "SELECT k.spend FROM spent AS s JOIN channel AS k USING (channel) "
    "WHERE s.customer_id = c.customer_id",
}

QUERIES = {
    "support": SUPPORT,
    "feedback": FEEDBACK,
    "loyalty": LOYALTY,
    "subscription": SUBSCRIPTION,
    "campaigns": CAMPAIGNS,
    "acquisition": ACQUISITION,
}
"""By family."""


def recomputed_people(tables: Tables, as_of: date) -> pd.DataFrame:
    """Return the features of `QUERIES` at ``as_of`` by SQLite: sorted by customer_id, a column a feature."""
    database = sqlite3.connect(":memory:")
    database.create_function("ln", 1, lambda x: None if x is None else math.log(x), deterministic=True)
    database.create_function("monthly", 2, partial(_days_to_return, months=1), deterministic=True)
    database.create_function("yearly", 2, partial(_days_to_return, months=12), deterministic=True)
    database.create_aggregate("median", 1, Median)
    for name in ("transactions", *tables.optional):
        _load(database, name, tables)
    values = {"as_of": as_of.isoformat()}
    for statement in SEEN.split(";\n"):
        database.execute(statement, values if ":as_of" in statement else {})
    queries = [query for family in QUERIES.values() for query in family.items()]
    single = ", ".join(f"({query}) AS {name}" for name, query in queries)
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


def _days_to_return(start: str | None, at: str, months: int) -> int | None:
    """Return the days to the first return of ``start`` after ``at``, by stepping there."""
    if start is None:
        return None
    began, today = date.fromisoformat(start), date.fromisoformat(at)
    month = began.year * 12 + began.month - 1
    while True:
        month += months
        last = calendar.monthrange(month // 12, month % 12 + 1)[1]
        back = date(month // 12, month % 12 + 1, min(began.day, last))
        if back > today:
            return (back - today).days


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
