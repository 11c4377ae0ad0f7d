"""From a behaviour table to scores: every row by itself, but for ranks and percentiles."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.arrays import IntegerArray
from scipy.special import expit

from features.reference import Reference
from features.segments import cycle_status, segment
from training.carried import forecast_over, log_odds_beyond
from training.clv import Prediction, hazard_ratio, lifetime_value, margin_rate, order_dates
from training.evaluate import Forecast, recency_rule
from training.frames import Columns, Table, known
from training.learners import Learners
from training.metadata import Metadata
from training.models.amounts import further_by_value_model
from training.models.chunks import chunks
from training.models.glm import Array
from training.models.inputs import Numbers
from training.models.subscription_value import SubscriptionValue, Valuation
from training.policy import Policy, at_risk_rank, churn_band, churn_percentile, score_status
from training.score_schema import SCORE_COLUMNS, ScoreStatus
from training.subscription_clv import next_bills, subscription_lifetime_value

NUMBERS = (
    "churn_probability",
    "p_alive",
    "predicted_number_of_orders",
    "predicted_revenue",
    "predicted_clv",
    "predicted_clv_low",
    "predicted_clv_high",
    "value_if_stays",
    "value_at_risk",
)
BEYOND = 2.0  # times the largest value seen: further out nothing is known
STALE_DAYS = 14
ROWS_AT_A_TIME = 100_000

Predicted: TypeAlias = dict[str, npt.NDArray[Any]]
"""Columns of scores by name, (rows,) each."""
Scores: TypeAlias = dict[str, npt.NDArray[Any] | IntegerArray]
"""The same; whole numbers that may be missing are pandas' Int32."""


@dataclass(frozen=True)
class Scorer:
    """The parts of a bundle that turn behaviour into scores."""

    metadata: Metadata
    policy: Policy
    reference: Reference
    value: Valuation | None
    learners: Learners | None
    version: str

    def columns(self, behaviour: pd.DataFrame, as_of: date, *, data_ends: date | None) -> Scores:
        """Return ``SCORE_COLUMNS`` but ``run_id``, each (rows of ``behaviour``,); reasons are None."""
        said, seen = self._predicted(behaviour, as_of), _at(behaviour, as_of)
        churn = said["churn_probability"]
        ids = behaviour["customer_id"].to_numpy(object)
        status = self._status(churn, seen, as_of, data_ends)
        of_all = {
            "as_of": as_of,
            "horizon_days": self.metadata.horizon_days,
            "clv_horizon_days": self.policy.clv_horizon_days,
            "margin_assumed": margin_rate(self.value, self.policy)[1],
            "reasons": None,
            "model_version": self.version,
            "currency": self.metadata.currency,
        }
        columns = {
            **said,
            **self._observed(seen),
            **{name: _repeated(value, len(behaviour)) for name, value in of_all.items()},
            "customer_id": ids,
            "score_status": status,
            "churn_percentile": churn_percentile(churn),
            "churn_band": churn_band(churn, self.policy),
            "at_risk_rank": at_risk_rank(status, said["value_at_risk"], churn, ids),
        }
        return {name: columns[name] for name in SCORE_COLUMNS if name != "run_id"}

    def numbers(self, behaviour: pd.DataFrame, as_of: date) -> dict[str, Array]:
        """Return what is predicted of each row, each (rows,), by name; ``NUMBERS`` names them all."""
        said = self._predicted(behaviour, as_of)
        return {name: said[name] for name in NUMBERS}

    def forecast(self, behaviour: Columns) -> Prediction:
        """Return P(no order), orders and net revenue in the churn horizon; needs a value model."""
        value, horizon = self._value(), self.metadata.horizon_days
        table = behaviour.beside(self._value_features(behaviour))
        if self.learners is not None:
            return forecast_over(horizon, self.learners, value, table)
        churn = value.probability_no_order(behaviour, horizon)
        orders = (1.0 - churn) * (1.0 + further_by_value_model(table))
        return Prediction(horizon, churn, orders, orders * value.expected_spend(behaviour))

    def by_model(self, behaviour: pd.DataFrame) -> dict[str, Forecast]:
        """Return what each model says of each row; without a value model, the recency rule alone.

        With a contract there is no such rule: nobody is silent.
        """
        said = {"recency rule": Forecast(churn=recency_rule(behaviour))}
        if self.value is None:
            return said
        if isinstance(self.value, SubscriptionValue):
            said = {}
        value, horizon, seen = self.value, self.metadata.horizon_days, Columns(behaviour)
        expected = value.expected_orders(seen, horizon)
        said[value.title] = Forecast(
            churn=value.probability_no_order(seen, horizon),
            orders=expected,
            revenue=expected * value.expected_spend(seen),
        )
        if self.learners is not None:
            table = seen.beside(self._value_features(seen))
            churn = self.learners.churn
            odds = churn.log_odds(churn.members, Numbers(table, churn.members.features))
            beyond = log_odds_beyond(horizon, self.learners, value, table)
            said |= {
                "logistic regression": Forecast(churn=expit(odds[:, 1] + beyond)),
                "XGBoost": Forecast(churn=expit(odds[:, 2] + beyond)),
            }
        ours = self.forecast(seen)
        return said | {
            "Joren": Forecast(churn=ours.churn_probability, orders=ours.orders, revenue=ours.revenue)
        }

    def with_value_features(self, behaviour: pd.DataFrame) -> pd.DataFrame:
        """Return the table with what the value model says of each customer, over the learners' horizon."""
        return behaviour.assign(**self._value_features(behaviour))

    def _value_features(self, behaviour: Table) -> dict[str, Array]:
        horizon = self.metadata.horizon_days if self.learners is None else self.learners.horizon_days
        return self._value().features(behaviour, horizon)

    def _predicted(self, behaviour: pd.DataFrame, as_of: date) -> Predicted:
        if self.value is None:
            unknown: Predicted = {name: np.full(len(behaviour), np.nan) for name in NUMBERS}
            return unknown | {"expected_date_of_next_order": _repeated(None, len(behaviour))}
        if len(behaviour) <= ROWS_AT_A_TIME:
            return self._predicted_for(self.value, _at(behaviour, as_of), as_of)
        parts = [_at(behaviour.iloc[rows], as_of) for rows in chunks(len(behaviour), ROWS_AT_A_TIME)]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            said = list(pool.map(lambda rows: self._predicted_for(self._value(), rows, as_of), parts))
        return {name: np.concatenate([one[name] for one in said]) for name in said[0]}

    def _predicted_for(self, value: Valuation, behaviour: Columns, as_of: date) -> Predicted:
        forecast = self.forecast(behaviour)
        rate, _ = margin_rate(value, self.policy)
        churn = forecast.churn_probability
        alive = np.maximum(value.probability_alive(behaviour), 1.0 - churn)
        clv, low, high = self._lifetime_value(behaviour, forecast, rate)
        if_stays = rate * self._revenue_if_stays(behaviour, forecast, alive)
        return {
            "churn_probability": churn,
            "p_alive": alive,
            "predicted_number_of_orders": forecast.orders,
            "predicted_revenue": forecast.revenue,
            "predicted_clv": clv,
            "predicted_clv_low": low,
            "predicted_clv_high": high,
            "value_if_stays": if_stays,
            "value_at_risk": churn * if_stays,
            "expected_date_of_next_order": self._next_order(behaviour, forecast, as_of),
        }

    def _revenue_if_stays(self, behaviour: Columns, forecast: Prediction, alive: Array) -> Array:
        """Return the revenue expected of who is alive; with a contract, of who keeps it all the while."""
        value = self._value()
        if isinstance(value, SubscriptionValue):
            bills = value.bills_if_stays(behaviour, self.metadata.horizon_days)
            return np.asarray(bills * value.expected_spend(behaviour))
        return np.asarray(forecast.revenue / alive)

    def _lifetime_value(
        self, behaviour: Columns, forecast: Prediction, rate: float
    ) -> tuple[Array, Array, Array]:
        value = self._value()
        if isinstance(value, SubscriptionValue):
            return subscription_lifetime_value(value, behaviour, forecast, rate, self.policy)
        return lifetime_value(value, behaviour, forecast, rate, self.policy)

    def _next_order(self, behaviour: Columns, forecast: Prediction, as_of: date) -> npt.NDArray[np.object_]:
        """Return the first date by which an order is at least as likely as not; None beyond two years."""
        value = self._value()
        if isinstance(value, SubscriptionValue):
            return next_bills(value, behaviour, forecast, as_of)
        level = 0.5 ** (1.0 / hazard_ratio(value, behaviour, forecast))
        return order_dates(value.days_until(behaviour, level), as_of)

    def _observed(self, behaviour: Columns) -> Scores:
        rate, _ = margin_rate(self.value, self.policy)
        since_last, orders = behaviour["days_since_last_order"], behaviour["orders"]
        return {
            "historic_clv": known(behaviour["margin_total"], rate * behaviour["net_revenue"]),
            "historic_number_of_orders": pd.array(orders, dtype="Int32"),
            "average_days_between_orders": behaviour["mean_gap_days"],
            "average_order_value": behaviour["mean_order_value"],
            "segment": segment(since_last, orders, self.reference),
            "cycle_status": cycle_status(since_last, behaviour["median_gap_days"]),
        }

    def _status(
        self, churn_probability: Array, behaviour: Columns, as_of: date, data_ends: date | None
    ) -> npt.NDArray[np.object_]:
        horizon = self.metadata.horizon_days
        status = score_status(churn_probability, behaviour["days_since_first_order"], horizon, self.policy)
        eligible = status == ScoreStatus.ELIGIBLE.value
        if data_ends is not None and (as_of - data_ends).days > max(STALE_DAYS, horizon // 4):
            status[eligible] = ScoreStatus.STALE_FEATURES.value
        status[eligible & self._is_beyond(behaviour)] = ScoreStatus.OUT_OF_RANGE.value
        return status

    def _is_beyond(self, behaviour: Columns) -> npt.NDArray[np.bool_]:
        """Return of each row whether any feature is far beyond all that the bundle was fitted on."""
        beyond = np.zeros(len(behaviour), dtype=np.bool_)
        for name, largest in self.metadata.ranges.items():
            beyond |= behaviour[name] > BEYOND * max(largest, 1.0)
        return beyond

    def _value(self) -> Valuation:
        if self.value is None:
            raise TypeError("a bundle without a value model gives no numbers")
        return self.value


def _at(behaviour: pd.DataFrame, as_of: date) -> Columns:
    """Return the columns of the table as of a moment."""
    return Columns(behaviour, {"as_of": np.full(len(behaviour), np.datetime64(as_of, "us"))})


def _repeated(value: object, rows: int) -> npt.NDArray[Any]:
    return np.full(rows, value, dtype=None if isinstance(value, int) else object)
