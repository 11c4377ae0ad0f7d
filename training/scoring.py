"""From a behaviour table to scores: every row by itself, but for ranks and percentiles."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from features.reference import Reference
from features.segments import cycle_status, segment
from training.carried import forecast_over, log_odds_beyond
from training.clv import Prediction, hazard_ratio, lifetime_value, margin_rate, order_dates
from training.evaluate import Forecast, recency_rule
from training.frames import with_columns
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


@dataclass(frozen=True)
class Scorer:
    """The parts of a bundle that turn behaviour into scores."""

    metadata: Metadata
    policy: Policy
    reference: Reference
    value: Valuation | None
    learners: Learners | None
    version: str

    def table(self, behaviour: pd.DataFrame, as_of: date, *, data_ends: date | None) -> pd.DataFrame:
        """Return ``SCORE_COLUMNS`` but ``run_id``, one row for each of ``behaviour``; reasons are null."""
        behaviour = _at(behaviour, as_of)
        said = {"customer_id": behaviour["customer_id"], **self._predicted(behaviour, as_of)}
        scores = pd.DataFrame(said)
        scores["score_status"] = self._status(scores, behaviour, as_of, data_ends)
        columns = {
            **{str(name): scores[name] for name in scores},
            **self._observed(behaviour),
            "as_of": as_of,
            "horizon_days": self.metadata.horizon_days,
            "churn_percentile": churn_percentile(scores["churn_probability"]),
            "churn_band": churn_band(scores["churn_probability"], self.policy),
            "at_risk_rank": at_risk_rank(scores),
            "clv_horizon_days": self.policy.clv_horizon_days,
            "margin_assumed": margin_rate(self.value, self.policy)[1],
            "reasons": None,
            "model_version": self.version,
            "currency": self.metadata.currency,
        }
        return pd.DataFrame({name: columns[name] for name in SCORE_COLUMNS if name != "run_id"})

    def numbers(self, behaviour: pd.DataFrame, as_of: date) -> dict[str, Array]:
        """Return what is predicted of each row, each (rows,), by name; ``NUMBERS`` names them all."""
        behaviour = _at(behaviour, as_of)
        said = self._predicted(behaviour, as_of)
        return {name: np.asarray(said[name], dtype=np.float64) for name in NUMBERS}

    def forecast(self, behaviour: pd.DataFrame) -> Prediction:
        """Return P(no order), orders and net revenue in the churn horizon; needs a value model."""
        value, horizon = self._value(), self.metadata.horizon_days
        table = self.with_value_features(behaviour)
        if self.learners is not None:
            said = forecast_over(horizon, self.learners, value, table)
            return Prediction(
                horizon, *(said[name].to_numpy(np.float64) for name in ("churn", "orders", "revenue"))
            )
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
        value, horizon = self.value, self.metadata.horizon_days
        expected = value.expected_orders(behaviour, horizon)
        said[value.title] = Forecast(
            churn=value.probability_no_order(behaviour, horizon),
            orders=expected,
            revenue=expected * value.expected_spend(behaviour),
        )
        if self.learners is not None:
            table = self.with_value_features(behaviour)
            churn = self.learners.churn
            odds = churn.log_odds(churn.members, Numbers(table, churn.members.features))
            beyond = log_odds_beyond(horizon, self.learners, value, table)
            said |= {
                "logistic regression": Forecast(churn=expit(odds[:, 1] + beyond)),
                "XGBoost": Forecast(churn=expit(odds[:, 2] + beyond)),
            }
        ours = self.forecast(behaviour)
        return said | {
            "Joren": Forecast(churn=ours.churn_probability, orders=ours.orders, revenue=ours.revenue)
        }

    def with_value_features(self, behaviour: pd.DataFrame) -> pd.DataFrame:
        """Return the table with what the value model says of each customer, over the learners' horizon."""
        horizon = self.metadata.horizon_days if self.learners is None else self.learners.horizon_days
        said = self._value().features(behaviour, horizon)
        return with_columns(behaviour, said)

    def _predicted(self, behaviour: pd.DataFrame, as_of: date) -> dict[str, Array | pd.Series | None]:
        names = (*NUMBERS, "expected_date_of_next_order")
        if self.value is None:
            return dict.fromkeys(names, None) | {name: np.full(len(behaviour), np.nan) for name in NUMBERS}
        if len(behaviour) <= ROWS_AT_A_TIME:
            return dict(zip(names, self._predicted_for(self._value(), behaviour, as_of), strict=True))
        parts = [behaviour.iloc[rows] for rows in chunks(max(len(behaviour), 1), ROWS_AT_A_TIME)]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            said = list(pool.map(lambda rows: self._predicted_for(self._value(), rows, as_of), parts))
        return {name: np.concatenate(columns) for name, *columns in zip(names, *said, strict=True)}

    def _predicted_for(
        self, value: Valuation, behaviour: pd.DataFrame, as_of: date
    ) -> tuple[Array | pd.Series, ...]:
        forecast = self.forecast(behaviour)
        rate, _ = margin_rate(value, self.policy)
        churn = forecast.churn_probability
        alive = np.maximum(value.probability_alive(behaviour), 1.0 - churn)
        clv, low, high = self._lifetime_value(behaviour, forecast, rate)
        if_stays = rate * self._revenue_if_stays(behaviour, forecast, alive)
        return (
            churn,
            alive,
            forecast.orders,
            forecast.revenue,
            clv,
            low,
            high,
            if_stays,
            churn * if_stays,
            self._next_order(behaviour, forecast, as_of),
        )

    def _revenue_if_stays(self, behaviour: pd.DataFrame, forecast: Prediction, alive: Array) -> Array:
        """Return the revenue expected of who is alive; with a contract, of who keeps it all the while."""
        value = self._value()
        if isinstance(value, SubscriptionValue):
            bills = value.bills_if_stays(behaviour, self.metadata.horizon_days)
            return np.asarray(bills * value.expected_spend(behaviour))
        return np.asarray(forecast.revenue / alive)

    def _lifetime_value(
        self, behaviour: pd.DataFrame, forecast: Prediction, rate: float
    ) -> tuple[Array, Array, Array]:
        value = self._value()
        if isinstance(value, SubscriptionValue):
            return subscription_lifetime_value(value, behaviour, forecast, rate, self.policy)
        return lifetime_value(value, behaviour, forecast, rate, self.policy)

    def _next_order(self, behaviour: pd.DataFrame, forecast: Prediction, as_of: date) -> pd.Series:
        """Return the first date by which an order is at least as likely as not; null beyond two years."""
        value = self._value()
        if isinstance(value, SubscriptionValue):
            return next_bills(value, behaviour, forecast, as_of)
        level = 0.5 ** (1.0 / hazard_ratio(value, behaviour, forecast))
        return order_dates(value.days_until(behaviour, level), as_of)

    def _observed(self, behaviour: pd.DataFrame) -> dict[str, pd.Series | npt.NDArray[np.generic]]:
        rate, _ = margin_rate(self.value, self.policy)
        recorded = behaviour["margin_total"]
        return {
            "historic_clv": recorded.fillna(rate * behaviour["net_revenue"]),
            "historic_number_of_orders": behaviour["orders"].astype("Int32"),
            "average_days_between_orders": behaviour["mean_gap_days"],
            "average_order_value": behaviour["mean_order_value"],
            "segment": segment(behaviour["days_since_last_order"], behaviour["orders"], self.reference),
            "cycle_status": cycle_status(behaviour["days_since_last_order"], behaviour["median_gap_days"]),
        }

    def _status(
        self, scores: pd.DataFrame, behaviour: pd.DataFrame, as_of: date, data_ends: date | None
    ) -> pd.Series:
        status = score_status(
            scores, behaviour["days_since_first_order"], self.metadata.horizon_days, self.policy
        )
        eligible = status == ScoreStatus.ELIGIBLE.value
        status = status.where(~(eligible & self._is_beyond(behaviour)), ScoreStatus.OUT_OF_RANGE.value)
        stale = data_ends is not None and (as_of - data_ends).days > max(
            STALE_DAYS, self.metadata.horizon_days // 4
        )
        return (
            status.where(status != ScoreStatus.ELIGIBLE.value, ScoreStatus.STALE_FEATURES.value)
            if stale
            else status
        )

    def _is_beyond(self, behaviour: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Return of each row whether any feature is far beyond all that the bundle was fitted on."""
        names = list(self.metadata.ranges)
        limits = BEYOND * np.maximum(np.array(list(self.metadata.ranges.values())), 1.0)
        beyond = np.zeros(len(behaviour), dtype=np.bool_)
        for rows in chunks(len(behaviour), ROWS_AT_A_TIME):
            beyond[rows] = (behaviour.iloc[rows][names].to_numpy(np.float64) > limits).any(axis=1)
        return beyond

    def _value(self) -> Valuation:
        if self.value is None:
            raise TypeError("a bundle without a value model gives no numbers")
        return self.value


def _at(behaviour: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Return the table as of a moment, its rows counted from 0; the columns are shared, not copied."""
    rows = behaviour.copy(deep=False)
    rows.index = pd.RangeIndex(len(rows))
    return with_columns(rows, pd.DataFrame({"as_of": np.full(len(rows), np.datetime64(as_of, "us"))}))
