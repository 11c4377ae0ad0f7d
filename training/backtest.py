"""How good a bundle would have been: fitted at an earlier moment, judged on what came after."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd

from features.labels import outcomes_in
from features.tables import Tables
from features.window import Window
from training.bundle import Bundle
from training.config import TrainingConfig
from training.evaluate import Evaluation, Forecast, Kind
from training.fit import covered, customer_folds, fit, usable_features, with_value_features
from training.learners import Learners
from training.models.value import ValueModel
from training.panel import Method, as_frame, build_panel, method_for
from training.policy import Policy
from training.stack import Stack

SHORTEST_DAYS = 14
OUTCOMES = ["churned", "orders", "revenue"]


def hold_out(tables: Tables, as_of: date, config: TrainingConfig, policy: Policy) -> Evaluation | None:
    """Judge the models on the newest outcomes known by ``as_of``; None where the history is too short.

    With two horizons or more on record: fitted a horizon before the data ends, on what was known then. With
    one: the learners are cross-fitted by customer at that moment. With none: the lifetime-value model alone
    is asked an easier question, the last third of the history.
    """
    first_day, last_day = covered(tables, as_of)
    method = method_for(first_day, last_day, config.horizon_days)
    if method is Method.LIFETIME_VALUE_ONLY:
        shorter = (last_day - first_day).days // 3
        config = replace(config, horizon_days=max(shorter, 1))
        return None if shorter < SHORTEST_DAYS else _judged(tables, as_of, config, policy, method)[0]
    out_of_time, bundle = _judged(tables, as_of, config, policy, None)
    if method is Method.OUT_OF_TIME or bundle.value is None:
        return out_of_time
    return _cross_fitted(out_of_time, bundle.value, tables, as_of, config)


def _judged(
    tables: Tables, as_of: date, config: TrainingConfig, policy: Policy, method: Method | None
) -> tuple[Evaluation, Bundle]:
    """Fit a horizon before the data ends and judge what every model said then."""
    kind: Kind = "out-of-time" if method is None else "shorter-horizon"
    _, last_day = covered(tables, as_of)
    window = Window(last_day - timedelta(days=config.horizon_days), config.horizon_days)
    bundle = fit(tables, window.as_of, config, policy, method=method)
    behaviour = bundle.behaviour(tables, window.as_of)
    truth = as_frame(outcomes_in(tables, window, known_by=as_of)).set_index("customer_id")[OUTCOMES]
    truth = truth.reindex(behaviour["customer_id"])
    forecasts = bundle.by_model(behaviour)
    evaluation = Evaluation.of(
        truth, forecasts, moment=window.as_of, horizon_days=window.horizon_days, kind=kind
    )
    return evaluation, bundle


def _cross_fitted(
    out_of_time: Evaluation, value: ValueModel, tables: Tables, as_of: date, config: TrainingConfig
) -> Evaluation:
    """Judge the learners on customers that they were not fitted on, beside the other models."""
    panel = build_panel(tables, [out_of_time.moment], config.horizon_days, known_by=as_of)
    panel = with_value_features(panel, value, config.horizon_days)
    if not panel.moments:
        return out_of_time
    features = usable_features(panel)
    said = []
    for train, held in customer_folds(panel):
        rows = train.sample(config.max_rows, config.horizon_days, config.seed)
        learners = Learners.fit(rows.inputs, rows.outcomes, features, Stack.prior(), config)
        said.append(learners.forecast(held.inputs))
    ours = pd.concat(said).droplevel("as_of").reindex(out_of_time.predictions.index)
    kept = {
        model: Forecast(
            **{o: out_of_time.predictions.get(f"{model}|{o}") for o in ("churn", "orders", "revenue")}
        )
        for model in out_of_time.metrics
    }
    kept["Joren"] = Forecast(churn=ours["churn"], orders=ours["orders"], revenue=ours["revenue"])
    return Evaluation.of(
        out_of_time.predictions[OUTCOMES],
        kept,
        moment=out_of_time.moment,
        horizon_days=out_of_time.horizon_days,
        kind="cross-fitted",
    )
