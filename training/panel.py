"""Several past moments as training rows: features as known then, outcomes as they came after."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from features.contract import CONTRACT
from features.labels import outcomes_panel
from features.tables import Tables, rows_known
from features.window import Window
from training.config import TrainingConfig
from training.frames import as_frame
from training.snapshots import Snapshots

__all__ = [
    "FEWEST_CUSTOMERS",
    "SHORTEST_HORIZON_DAYS",
    "Method",
    "Panel",
    "build_panel",
    "days_known",
    "disjoint_moments",
    "lead_days",
    "method_for",
    "past_moments",
    "shorter_horizon",
]

SHORTEST_LEAD_DAYS = 28
SHORTEST_STEP_DAYS = 7
SHORTEST_HORIZON_DAYS = 14
HORIZONS_IN_HISTORY = 4
PER_HORIZON = 3
FEWEST_CUSTOMERS = 100


class Method(StrEnum):
    """What the length of the history allows: disjoint outcome horizons on record decide."""

    LIFETIME_VALUE_ONLY = "lifetime-value model alone"
    SHORTER_HORIZON = "learned over a shorter horizon, carried on by the lifetime-value model"
    CROSS_FITTED = "cross-fitted by customer, not out of time"
    OUT_OF_TIME = "out of time"


@dataclass(frozen=True)
class Panel:
    """``inputs`` and ``outcomes``: one row per (as_of, customer_id), the same sorted index."""

    inputs: pd.DataFrame
    outcomes: pd.DataFrame

    @property
    def moments(self) -> list[date]:
        """The moments that have rows, oldest first."""
        return [moment.date() for moment in sorted(self._as_of.unique())]

    def at(self, moments: list[date]) -> Panel:
        """Return the rows of these moments."""
        return self.where(np.flatnonzero(self._as_of.isin(pd.to_datetime(moments))))

    def where(self, rows: np.ndarray) -> Panel:
        """Return the rows at these positions."""
        return Panel(self.inputs.iloc[rows], self.outcomes.iloc[rows])

    def sample(self, most: int, half_life_days: int, seed: int) -> Panel:
        """Draw at most ``most`` rows without replacement, in their order: the newer the moment, the likelier.

        A moment ``half_life_days`` older counts half as much: the newest say most, the oldest are not lost.
        """
        age_days = (self._as_of.max() - self._as_of).days.to_numpy()
        weight = 0.5 ** (age_days / half_life_days)
        most = min(most, int(weight.sum()))
        if most >= len(weight):
            return self
        race = np.random.default_rng(seed).exponential(size=len(weight)) / weight
        return self.where(np.sort(np.argpartition(race, most)[:most]))

    @property
    def _as_of(self) -> pd.DatetimeIndex:
        return pd.DatetimeIndex(self.inputs.index.get_level_values("as_of"))


def lead_days(horizon_days: int) -> int:
    """Return the days of history that a moment needs before it: half a horizon, and at least four weeks."""
    return max(SHORTEST_LEAD_DAYS, horizon_days // 2)


def method_for(first_day: date, last_day: date, horizon_days: int) -> Method:
    """Return what the history from ``first_day`` to ``last_day`` allows.

    >>> method_for(date(1997, 1, 1), date(1997, 2, 20), 30).value
    'lifetime-value model alone'
    >>> method_for(date(1997, 1, 1), date(1998, 3, 31), 91).value
    'out of time'
    """
    usable = (last_day - first_day).days - lead_days(horizon_days)
    horizons = usable // horizon_days
    if horizons < 1:
        learnable = shorter_horizon(first_day, last_day) >= SHORTEST_HORIZON_DAYS
        return Method.SHORTER_HORIZON if learnable else Method.LIFETIME_VALUE_ONLY
    return Method.CROSS_FITTED if horizons == 1 else Method.OUT_OF_TIME


def shorter_horizon(first_day: date, last_day: date) -> int:
    """Return the days of a horizon of which the history holds two or three beside what leads up to them."""
    return (last_day - first_day).days // HORIZONS_IN_HISTORY


def days_known(tables: Tables, as_of: date, horizon_days: int) -> list[date]:
    """Return the days of the history at ``as_of``, ascending: outcomes are complete up to the last.

    With a contract every day counts since `contracts_recorded`.
    """
    if tables.contract:
        first, last = contracts_recorded(tables, as_of, horizon_days)
        return [first + timedelta(days=day) for day in range((last - first).days + 1)]
    days = tables.history(as_of).select("day").distinct().order_by("day")
    return [row["day"] for row in days.to_pyarrow().to_pylist()]


def contracts_recorded(tables: Tables, as_of: date, horizon_days: int) -> tuple[date, date]:
    """Return the first and the last day of the history that tells of contracts, as known at ``as_of``.

    Ends are recorded from the first of them on; a moment before it would see nobody leave. Where all ends lie
    within one horizon (a labelled table has them on one day) they are taken to be all of that horizon's.
    """
    known = rows_known(tables.optional["subscriptions"], CONTRACT["subscriptions"], as_of)
    spans = known.aggregate(
        start=known.started_day.min(), first=known.ended_day.min(), last=known.ended_day.max()
    )
    (span,) = spans.to_pyarrow().to_pylist()
    last_day = tables.last_day(as_of) or as_of
    if span["first"] is None:
        return last_day, last_day
    one_horizon = (span["last"] - span["first"]).days < horizon_days
    seen_from = last_day - timedelta(days=horizon_days) if one_horizon else span["first"] - timedelta(days=1)
    return max(span["start"], seen_from - timedelta(days=lead_days(horizon_days))), last_day


def past_moments(days: Sequence[date], config: TrainingConfig) -> list[date]:
    """Return the moments of the panel, newest first: every outcome is over by the last of ``days``.

    ``days``: the days of the history. Outcomes of the first moment, of the one ``PER_HORIZON`` later, and so
    on do not overlap. Between them stand others, a week apart at least: their outcomes overlap, which costs
    nothing but independence, and doubles what small histories teach. ``max_moments`` of them at the most.

    Whoever stands at one of the disjoint moments gets those that are left: a trial there looks at the same
    tables as the fit.
    """
    moments: list[date] = []
    parts = int(np.clip(config.horizon_days // SHORTEST_STEP_DAYS, 1, PER_HORIZON))
    for moment in disjoint_moments(days, config.horizon_days):
        between = (moment - timedelta(days=round(k * config.horizon_days / parts)) for k in range(parts))
        moments.extend(between)
    earliest = days[0] + timedelta(days=lead_days(config.horizon_days))
    return [moment for moment in moments if moment >= earliest][: config.max_moments]


def disjoint_moments(days: Sequence[date], horizon_days: int) -> list[date]:
    """Return moments whose outcomes are over before the next begins, newest first, as far as ``days`` go.

    Each is a day of the history: what is known by then is known up to that very day.
    """
    moments, end = [], days[-1]
    while (number := bisect_right(days, end - timedelta(days=horizon_days))) > 0:
        end = days[number - 1]
        moments.append(end)
    return moments


def build_panel(snapshots: Snapshots, moments: Sequence[date], horizon_days: int, *, known_by: date) -> Panel:
    """Return the panel at ``moments`` but those of under 100 customers, or where all did the same.

    Outcomes are those known by ``known_by``; raises ``ImmatureWindowError`` where the data end too early.
    """
    snapshots.build(moments)
    inputs = pd.concat([snapshots.behaviour(moment) for moment in sorted(moments)])
    inputs = inputs.set_index(["as_of", "customer_id"])
    windows = [Window(moment, horizon_days) for moment in sorted(moments)]
    outcomes = _indexed(outcomes_panel(snapshots.part, windows, known_by=known_by))
    outcomes = outcomes.reindex(inputs.index)[["churned", "orders", "revenue"]]
    by_moment = outcomes.groupby(level="as_of")["churned"]
    told = by_moment.agg(["size", "min", "max"])
    telling = told.index[(told["size"] >= FEWEST_CUSTOMERS) & (told["min"] < told["max"])]
    return Panel(inputs, outcomes).at([moment.date() for moment in telling])


def _indexed(table: ir.Table) -> pd.DataFrame:
    return as_frame(table).set_index(["as_of", "customer_id"])
