"""Contracts on IBM's telecom table: Joren beside what a data scientist would write first, on the same folds.

    python -m benchmarks.telco FOLDER

FOLDER holds docs/examples/telco/joren.toml and the data.parquet that it reads. A plain logistic regression
(standardised, one-hot, scikit-learn's defaults) and a plain XGBoost (its defaults, and 300 shallow trees) see
the tenure, the monthly charges and the attributes. Differences are Joren's less theirs, with the standard
error of a paired bootstrap over the customers.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier

from features.sources import read_tables
from joren.project import load_project
from training.attributes import Attributes
from training.cross_fit import FOLDS, cross_fitted_contracts
from training.evaluate import OURS, Evaluation, Forecast
from training.leaks import is_named_like_a_leak
from training.snapshots import Snapshots

MEASURES = ("auc", "pr_auc", "log_loss", "brier", "ece", "lift_10")
PEERS = {
    "plain logistic regression": lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)),
    "plain XGBoost": lambda: XGBClassifier(n_jobs=2),
    "XGBoost, 300 trees of depth 4": lambda: XGBClassifier(
        n_estimators=300, max_depth=4, learning_rate=0.05, subsample=0.8, colsample_bytree=0.8, n_jobs=2
    ),
}


def main(folder: Path) -> None:
    """Print every model's measures, and ours less theirs."""
    project = load_project(folder)
    tables = read_tables(project.data)
    snapshots = Snapshots(tables)
    ours = cross_fitted_contracts(snapshots, project.as_of, project.training)
    behaviour = snapshots.behaviour(ours.moment).set_index("customer_id").loc[ours.predictions.index]
    names = [name for name in project.training.attributes if not is_named_like_a_leak(name)]
    known = behaviour[["subscription_age_days", "subscription_monthly_amount"]].reset_index()
    table = Attributes.learn(tables, ours.moment, names).beside(known, tables, ours.moment)
    table = table.set_index("customer_id").fillna(0.0)
    truth = ours.predictions[["churned", "orders", "revenue"]]
    said = {
        name: Forecast(churn=_cross_fitted(make, table, truth["churned"])) for name, make in PEERS.items()
    }
    kept = {name: Forecast(churn=ours.predictions[f"{name}|churn"]) for name in ("sBG", OURS)}
    both = Evaluation.of(truth, kept | said, moment=ours.moment, horizon_days=30, kind="cross-fitted")
    for name, measured in both.metrics.items():
        print(f"{name:32}", *(f"{measure} {measured[measure]:.4f}" for measure in MEASURES))
    told = {
        name: {measure: both.compare(OURS, name, measure) for measure in ("auc", "log_loss")}
        for name in PEERS
    }
    print(json.dumps({"joren": both.metrics[OURS], "less_peers": told}))


def _cross_fitted(make: object, table: pd.DataFrame, churned: pd.Series) -> np.ndarray:
    fold = pd.util.hash_array(table.index.to_numpy(dtype=object), categorize=False) % FOLDS
    said, values = np.empty(len(table)), table.to_numpy(np.float64)
    for k in range(FOLDS):
        model = make().fit(values[fold != k], churned[fold != k])
        said[fold == k] = model.predict_proba(values[fold == k])[:, 1]
    return said


if __name__ == "__main__":
    main(Path(sys.argv[1]))
