"""Held-out stretches of the past: what was known of customers before each, and what they did in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd

from features.behaviour.history import history_at
from features.histories import histories_panel
from features.labels import outcomes_panel
from features.tables import Tables
from features.window import Window
from training.frames import as_frame
from training.models.glm import Array
from training.panel import lead_days
from training.season import Season
from training.seasonality import season_at

__all__ = ["SHORTEST_DAYS", "Stretch", "held_out", "held_out_windows", "known_customers"]

SHORTEST_DAYS = 7
MOST_STRETCHES = 4
MOST_CUSTOMERS = 10_000


@dataclass(frozen=True)
class Stretch:
    """A held-out ``window``, and the customers known before it.

    ``customers``: `known_customers` at its moment, and ``season``: what was known then of the year's rhythm.
    ``orders`` and ``revenue`` (net of refunds): what each of them did in it. ``daily``: their orders on each
    of its days.
    """

    window: Window
    customers: pd.DataFrame
    season: Season | None
    orders: Array
    revenue: Array
    daily: Array


def held_out_windows(first_day: date, last_day: date, horizon_days: int) -> list[Window]:
    """Return windows that end by ``last_day``, newest first: side by side, ``MOST_STRETCHES`` at the most.

    Each leaves half its length (four weeks at least) for a history before it. Where not one of
    ``horizon_days`` does, the last third of the history is held out; nothing where that is under a week.

    >>> [str(window.as_of) for window in held_out_windows(date(1997, 1, 1), date(1998, 3, 31), 91)]
    ['1997-12-30', '1997-09-30', '1997-07-01', '1997-04-01']
    >>> held_out_windows(date(1997, 1, 1), date(1997, 3, 31), 91)
    [Window(as_of=datetime.date(1997, 3, 2), horizon_days=29)]
    """
    length = (last_day - first_day).days
    count = min((length - lead_days(horizon_days)) // horizon_days, MOST_STRETCHES)
    if count < 1:
        third = length // 3
        held = timedelta(days=third)
        return [Window(last_day - held, third)] if SHORTEST_DAYS <= third < horizon_days else []
    return [Window(last_day - timedelta(days=k * horizon_days), horizon_days) for k in range(1, count + 1)]


def known_customers(tables: Tables, *moments: date) -> pd.DataFrame:
    """Return `histories_panel` under the names of the behaviour table, as the value model takes them."""
    known = as_frame(histories_panel(tables, moments))
    return pd.DataFrame(
        {
            "as_of": known["as_of"],
            "customer_id": known["customer_id"],
            "orders": known["x"] + 1,
            "days_since_first_order": known["T"],
            "days_since_last_order": known["T"] - known["t_x"],
            "paid_orders": known["paid_orders"],
            "mean_order_value": known["mean_value"],
            "gross_spend": known["gross"],
            "net_revenue": known["gross"] - known["refund"],
            "margin_total": known["margin"],
        }
    )


def held_out(tables: Tables, windows: Sequence[Window], *, first_day: date, known_by: date) -> list[Stretch]:
    """Return what customers did in ``windows`` as known by ``known_by``; windows of nobody are left out.

    Of more than ``MOST_CUSTOMERS`` so many are taken, evenly by their ids. ``first_day``: of the data.
    """
    if not windows:
        return []
    known = known_customers(tables, *(window.as_of for window in windows))
    cohorts = {window: _evenly(known[known["as_of"] == pd.Timestamp(window.as_of)]) for window in windows}
    truth = as_frame(outcomes_panel(tables, windows, known_by=known_by)).set_index(["as_of", "customer_id"])
    daily = _daily(tables, windows, pd.concat(cohorts.values()), known_by)
    stretches = []
    for window, customers in cohorts.items():
        if customers.empty:
            continue
        did = truth.reindex(pd.MultiIndex.from_frame(customers[["as_of", "customer_id"]]))
        orders, revenue = (did[name].to_numpy(np.float64) for name in ("orders", "revenue"))
        season = season_at(tables, first_day, window.as_of)
        stretches.append(Stretch(window, customers, season, orders, revenue, daily[window]))
    return stretches


def _evenly(customers: pd.DataFrame) -> pd.DataFrame:
    size = len(customers)
    rows = np.linspace(0, size - 1, min(size, MOST_CUSTOMERS)).astype(np.int64)
    return customers.iloc[rows].reset_index(drop=True)


def _daily(
    tables: Tables, windows: Sequence[Window], customers: pd.DataFrame, known_by: date
) -> dict[Window, Array]:
    """Return the orders on each day of each window by the ``customers`` known before it."""
    days = history_at(tables, [known_by]).drop("as_of")
    spans = ibis.memtable(
        [(window.as_of, window.outcome_start, window.outcome_end) for window in windows],
        schema={"as_of": "date", "start": "date", "end": "date"},
    )
    cohort = ibis.memtable(customers[["as_of", "customer_id"]])
    cohort = cohort.mutate(as_of=cohort.as_of.cast("date"))
    bought = days.filter(days.purchase)
    within = bought.join(spans, bought.day.between(spans.start, spans.end))
    within = within.semi_join(cohort, ("as_of", "customer_id"))
    counted = within.group_by("as_of", "day").aggregate(orders=within.count())
    daily = {window.as_of: np.zeros(window.horizon_days) for window in windows}
    for row in counted.to_pyarrow().to_pylist():
        daily[row["as_of"]][(row["day"] - row["as_of"]).days - 1] = row["orders"]
    return {window: daily[window.as_of] for window in windows}
