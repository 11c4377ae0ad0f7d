"""How good a bundle would have been: fitted at an earlier moment, judged on what came after."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd

from features.labels import outcomes_in
from features.tables import Tables
from features.window import Window
from training.bundle import Bundle
from training.config import TrainingConfig
from training.cross_fit import cross_fitted_contracts
from training.evaluate import OURS, Evaluation, Forecast
from training.fit import covered, fit
from training.frames import as_frame
from training.learners import Learners
from training.learning import customer_folds, usable_features, with_attributes, with_value_features
from training.panel import (
    SHORTEST_HORIZON_DAYS,
    Method,
    build_panel,
    days_known,
    disjoint_moments,
    method_for,
    shorter_horizon,
)
from training.policy import Policy
from training.snapshots import Snapshots
from training.stack import Stack

OUTCOMES = ["churned", "orders", "revenue"]


def hold_out(
    tables: Tables,
    as_of: date,
    config: TrainingConfig,
    policy: Policy,
    *,
    snapshots: Snapshots | None = None,
) -> Evaluation | None:
    """Judge the models on the newest outcomes known by ``as_of``; None where the history is too short.

    With two horizons or more on record: fitted a horizon before the data ends, on what was known then. With
    one: the learners are cross-fitted by customer at that moment. With none: they are asked an easier
    question, the shorter horizon that they learned from. ``snapshots``: as in `fit`.
    """
    snapshots = snapshots or Snapshots.of(tables, as_of, config)
    first_day, last_day = covered(tables, as_of, config.horizon_days)
    method = method_for(first_day, last_day, config.horizon_days)
    days = days_known(tables, as_of, config.horizon_days)
    if method in (Method.SHORTER_HORIZON, Method.LIFETIME_VALUE_ONLY):
        shorter = shorter_horizon(first_day, last_day)
        if shorter < SHORTEST_HORIZON_DAYS:
            return None
        config = replace(config, horizon_days=shorter)
        moment = disjoint_moments(days, shorter)[0]
        easiest = Method.LIFETIME_VALUE_ONLY if tables.contract else None
        easier, _ = tried_at(snapshots, moment, config, policy, known_by=as_of, method=easiest)
        return replace(easier, kind="shorter-horizon")
    if tables.contract and method is Method.CROSS_FITTED:
        return cross_fitted_contracts(snapshots, as_of, config)
    moment = disjoint_moments(days, config.horizon_days)[0]
    if method is Method.OUT_OF_TIME:
        return tried_at(snapshots, moment, config, policy, known_by=as_of)[0]
    alone = Method.LIFETIME_VALUE_ONLY
    out_of_time, bundle = tried_at(snapshots, moment, config, policy, known_by=as_of, method=alone)
    return _cross_fitted(out_of_time, bundle, snapshots, as_of, config)


def judged_at(
    tables: Tables,
    moment: date,
    config: TrainingConfig,
    policy: Policy,
    *,
    known_by: date,
    snapshots: Snapshots | None = None,
) -> Evaluation:
    """Judge every model out of time: fitted on what was known at ``moment``, against what came after it.

    The outcomes, ``config.horizon_days`` of them, are those known by ``known_by``: raises
    ``ImmatureWindowError`` where the data so seen ends before they do. ``snapshots``: as in `fit`.
    """
    snapshots = snapshots or Snapshots.of(tables, known_by, config)
    return tried_at(snapshots, moment, config, policy, known_by=known_by)[0]


def tried_at(
    snapshots: Snapshots,
    moment: date,
    config: TrainingConfig,
    policy: Policy,
    *,
    known_by: date,
    method: Method | None = None,
) -> tuple[Evaluation, Bundle]:
    """Judge as `judged_at`, and return the bundle that was fitted, too.

    ``method``: None for what the history allows.
    """
    tables = snapshots.tables
    truth = outcomes_in(snapshots.part, Window(moment, config.horizon_days), known_by=known_by)
    bundle = fit(tables, moment, config, policy, method=method, snapshots=snapshots)
    behaviour = bundle.attributes.beside(snapshots.behaviour(moment), snapshots.part, moment)
    seen = as_frame(truth).set_index("customer_id")[OUTCOMES].reindex(behaviour["customer_id"])
    evaluation = Evaluation.of(
        seen,
        bundle.by_model(behaviour),
        moment=moment,
        horizon_days=config.horizon_days,
        kind="out-of-time",
    )
    return evaluation, bundle


def _cross_fitted(
    out_of_time: Evaluation, bundle: Bundle, snapshots: Snapshots, as_of: date, config: TrainingConfig
) -> Evaluation:
    """Judge the learners on customers that they were not fitted on, beside the other models."""
    value = bundle.value
    if value is None:
        return out_of_time
    panel = build_panel(snapshots, [out_of_time.moment], config.horizon_days, known_by=as_of)
    panel = with_attributes(panel, bundle.attributes, snapshots.part)
    panel = with_value_features(panel, value, config.horizon_days)
    if not panel.moments:
        return out_of_time
    features, _ = usable_features(panel, config.allow, value.silent)
    said = []
    for train, held in customer_folds(panel):
        rows = train.sample(config.max_rows, config.horizon_days, config.seed)
        learners = Learners.fit(rows.inputs, rows.outcomes, features, Stack.prior(), config)
        said.append(pd.DataFrame(vars(learners.forecast(held.inputs)), index=held.inputs.index))
    ours = pd.concat(said).droplevel("as_of").reindex(out_of_time.predictions.index)
    said_by_ours = Forecast(churn=ours["churn_probability"], orders=ours["orders"], revenue=ours["revenue"])
    return replace(out_of_time.beside({OURS: said_by_ours}), kind="cross-fitted")
