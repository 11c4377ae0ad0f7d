"""Several past moments as training rows: features as known then, outcomes as they came after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from features.labels import outcomes_panel
from features.reference import references_at
from features.table import behaviour_panel
from features.tables import Tables
from features.window import Window
from training.config import TrainingConfig

SHORTEST_LEAD_DAYS = 28
FEWEST_CUSTOMERS = 100


class Method(StrEnum):
    """What the length of the history allows: disjoint outcome horizons on record decide."""

    LIFETIME_VALUE_ONLY = "lifetime-value model alone"
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

    >>> method_for(date(1997, 1, 1), date(1997, 9, 30), 273).value
    'lifetime-value model alone'
    >>> method_for(date(1997, 1, 1), date(1998, 3, 31), 91).value
    'out of time'
    """
    usable = (last_day - first_day).days - lead_days(horizon_days)
    horizons = usable // horizon_days
    if horizons < 1:
        return Method.LIFETIME_VALUE_ONLY
    return Method.CROSS_FITTED if horizons == 1 else Method.OUT_OF_TIME


def past_moments(first_day: date, last_day: date, config: TrainingConfig) -> list[date]:
    """Return the moments of the panel, newest first: every outcome is over by ``last_day``.

    They stand a third of a horizon apart (a week at least): the outcomes overlap, which costs nothing but
    independence, and doubles what small histories teach. ``max_moments`` of them at the most.
    """
    horizon = timedelta(days=config.horizon_days)
    step = timedelta(days=max(7, config.horizon_days // 3))
    earliest = first_day + timedelta(days=lead_days(config.horizon_days))
    moments: list[date] = []
    moment = last_day - horizon
    while moment >= earliest and len(moments) < config.max_moments:
        moments.append(moment)
        moment -= step
    return moments


def build_panel(tables: Tables, moments: list[date], horizon_days: int, *, known_by: date) -> Panel:
    """Return the panel at ``moments`` but those of under 100 customers, or where all did the same.

    Outcomes are those known by ``known_by``; raises ``ImmatureWindowError`` where the data end too early.
    """
    references = references_at(tables, sorted(moments))
    inputs = _indexed(behaviour_panel(tables, references))
    windows = [Window(moment, horizon_days) for moment in sorted(moments)]
    outcomes = _indexed(outcomes_panel(tables, windows, known_by=known_by))
    outcomes = outcomes.reindex(inputs.index)[["churned", "orders", "revenue"]]
    by_moment = outcomes.groupby(level="as_of")["churned"]
    told = by_moment.agg(["size", "min", "max"])
    telling = told.index[(told["size"] >= FEWEST_CUSTOMERS) & (told["min"] < told["max"])]
    return Panel(inputs, outcomes).at([moment.date() for moment in telling])


def _indexed(table: ir.Table) -> pd.DataFrame:
    return as_frame(table).set_index(["as_of", "customer_id"])


def as_frame(table: ir.Table) -> pd.DataFrame:
    """Return a table as models take it: numbers as float64, missing as NaN, days as datetime64."""
    kinds = table.schema()
    numbers = {name: kind for name, kind in kinds.items() if kind.is_numeric() or kind.is_boolean()}
    cast = {
        name: (table[name].ifelse(1, 0) if kind.is_boolean() else table[name]).cast("float64")
        for name, kind in numbers.items()
    }
    rows = table.mutate(**cast).to_pyarrow()
    columns = {
        name: _days(column) if kinds[name].is_date() else column.to_numpy()
        for name, column in zip(rows.column_names, rows.columns, strict=True)
    }
    return pd.DataFrame(columns, copy=False)


def _days(column: pa.ChunkedArray) -> npt.NDArray[np.datetime64]:
    days: npt.NDArray[np.datetime64] = column.cast("timestamp[us]").to_numpy()
    return days
