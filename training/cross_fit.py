"""Contracts of which one horizon is known: every customer judged by models that never saw that customer.

The learners and the weights of their stack are fitted anew on four fifths of the customers and asked about
the last fifth. The period is the same: this is not out of time. Only sBG's two parameters are those of all
customers.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from scipy.special import expit

from training.attributes import Attributes
from training.config import TrainingConfig
from training.evaluate import OURS, Evaluation, Forecast
from training.learning import (
    customer_folds,
    learned_from,
    usable_features,
    with_attributes,
    with_value_features,
)
from training.models.amounts import further_by_value_model, spend_by_value_model
from training.models.churn import START
from training.models.inputs import Numbers
from training.models.subscription_value import SubscriptionValue
from training.panel import build_panel, days_known, disjoint_moments
from training.snapshots import Snapshots

__all__ = ["cross_fitted_contracts"]

FOLDS = 5


def cross_fitted_contracts(snapshots: Snapshots, as_of: date, config: TrainingConfig) -> Evaluation | None:
    """Return how the models did on the newest outcomes known by ``as_of``; None where they tell nothing.

    Raises ``NotEnoughDataError``, ``ConvergenceError``.
    """
    tables, horizon = snapshots.tables, config.horizon_days
    moment = disjoint_moments(days_known(tables, as_of, horizon), horizon)[0]
    panel = build_panel(snapshots, [moment], horizon, known_by=as_of)
    panel = with_attributes(panel, Attributes.learn(tables, moment, config.attributes), tables)
    value = SubscriptionValue.fit(tables, as_of, snapshots.behaviour(as_of))
    panel = with_value_features(panel, value, horizon)
    if not panel.moments:
        return None
    said = []
    for train, held in customer_folds(panel, FOLDS):
        features, _ = usable_features(train, config.allow, value.silent)
        learners, _ = learned_from(train, features, value, config)
        odds = learners.churn.log_odds(learners.churn.members, Numbers(held.inputs, features))
        ours = pd.DataFrame(vars(learners.forecast(held.inputs)), index=held.inputs.index)
        said.append(ours.assign(linear=expit(odds[:, 1]), trees=expit(odds[:, 2])))
    found = pd.concat(said).reindex(panel.inputs.index)
    start = panel.inputs[START].to_numpy(np.float64)
    orders = expit(-start) * (1.0 + further_by_value_model(panel.inputs))
    forecasts = {
        value.title: Forecast(expit(start), orders, orders * spend_by_value_model(panel.inputs)),
        "logistic regression": Forecast(found["linear"].to_numpy()),
        "XGBoost": Forecast(found["trees"].to_numpy()),
        OURS: Forecast(*(found[name].to_numpy() for name in ("churn_probability", "orders", "revenue"))),
    }
    truth = panel.outcomes.droplevel("as_of")
    return Evaluation.of(truth, forecasts, moment=moment, horizon_days=horizon, kind="cross-fitted")
