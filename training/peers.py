"""What a user would pick instead: every backtest is against these, on the same rows, from the same past."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from training.config import TrainingConfig
from training.errors import ConvergenceError, NotEnoughDataError
from training.evaluate import Forecast, recency_rule
from training.models.bgnbd import BGNBD
from training.models.rfm_trees import RFMTrees
from training.models.value import ValueModel
from training.panel import Panel, build_panel, days_known, disjoint_moments
from training.snapshots import Snapshots

__all__ = ["BASE_RATE", "BGNBD_PEER", "PEERS", "RECENCY", "RFM_PEER", "base_rate", "peer_moments", "peers_at"]

RECENCY, BGNBD_PEER, RFM_PEER = "recency rule", "BG/NBD", "XGBoost on RFM"
PEERS = (RECENCY, BGNBD_PEER, RFM_PEER)
BASE_RATE = "one rate for all"
PAST_MOMENTS = 3


def peers_at(snapshots: Snapshots, moment: date, config: TrainingConfig) -> dict[str, Forecast]:
    """Return what the peers, fitted on what was known at ``moment``, say of its customers, in their order.

    The recency rule ranks by the days since the last order. BG/NBD (with Gamma-Gamma for the spend) is
    fitted on the histories; XGBoost on RFM on up to three moments, a horizon apart, whose outcomes were over.
    One that the past is too short for is left out. With contracts none of them has a say: nobody is silent.
    """
    if snapshots.tables.contract:
        return {}
    behaviour = snapshots.behaviour(moment)
    said = {RECENCY: Forecast(churn=recency_rule(behaviour))}
    horizon = config.horizon_days
    try:
        value = ValueModel.fit(behaviour, BGNBD)
    except (NotEnoughDataError, ConvergenceError):
        return said
    orders = value.expected_orders(behaviour, horizon)
    said[BGNBD_PEER] = Forecast(
        churn=value.probability_no_order(behaviour, horizon),
        orders=orders,
        revenue=orders * value.expected_spend(behaviour),
    )
    panel = _past(snapshots, moment, config)
    if panel is None:
        return said
    trees = RFMTrees.fit(panel.inputs, panel.outcomes, seed=config.seed, threads=config.threads)
    forecast = trees.forecast(behaviour)
    return said | {RFM_PEER: Forecast(forecast["churned"], forecast["orders"], forecast["revenue"])}


def peer_moments(days: list[date], horizon_days: int) -> list[date]:
    """Return the moments that XGBoost on RFM learns from, newest first; ``days``: those of the history."""
    return disjoint_moments(days, horizon_days)[:PAST_MOMENTS]


def base_rate(truth: pd.DataFrame) -> Forecast:
    """Return the one rate for everybody that proved right afterwards: no constant does better."""
    rows = len(truth)
    return Forecast(*(np.full(rows, truth[name].mean()) for name in ("churned", "orders", "revenue")))


def _past(snapshots: Snapshots, moment: date, config: TrainingConfig) -> Panel | None:
    """Return the past that the trees learn from; None where no moment tells enough."""
    moments = peer_moments(days_known(snapshots.tables, moment, config.horizon_days), config.horizon_days)
    if not moments:
        return None
    panel = build_panel(snapshots, moments, config.horizon_days, known_by=moment)
    if not panel.moments:
        return None
    return panel.sample(config.max_rows, PAST_MOMENTS * config.horizon_days, config.seed)
