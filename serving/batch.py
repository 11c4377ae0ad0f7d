"""One batch run: the customers of a moment are scored, explained, and published.

HTTP hands out the same rows, and explains them with the same call.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

import pandas as pd

from features.tables import Tables
from serving.background import Background
from serving.publishing import NOTHING
from serving.retention import Retention
from serving.service import REASONS
from serving.shelf import Model
from serving.store import RunInfo, Store
from training.score_schema import SCORE_COLUMNS

__all__ = ["ScoredRun", "Scorer", "publish_run", "score_run"]


class Scorer(Model, Protocol):
    """What a run asks of a ``training.bundle.Bundle``."""

    def behaviour(self, tables: Tables, as_of: date) -> pd.DataFrame:
        """Return the behaviour table at ``as_of``, one row a customer."""

    def score(self, tables: Tables, as_of: date, *, behaviour: pd.DataFrame | None = None) -> pd.DataFrame:
        """Return ``SCORE_COLUMNS`` but ``run_id``, one row a customer, without reasons."""


@dataclass(frozen=True)
class ScoredRun:
    """Scores in ``SCORE_COLUMNS``, and the behaviour table that they follow from."""

    scores: pd.DataFrame
    behaviour: pd.DataFrame


def score_run(
    bundle: Scorer, tables: Tables, as_of: date, run_id: str, *, reasons_for: int = 1_000
) -> ScoredRun:
    """Score every customer with a purchase by ``as_of``.

    ``reasons`` are filled, in English, for the ``reasons_for`` customers with the most value at risk, both of
    all and of those that lists show; the others' are null, and can be asked for later.
    """
    behaviour = bundle.behaviour(tables, as_of)
    scores = bundle.score(tables, as_of, behaviour=behaviour).assign(run_id=run_id)
    most = scores.nlargest(reasons_for, "value_at_risk")["customer_id"]
    listed = scores.nsmallest(reasons_for, "at_risk_rank")["customer_id"]
    explained = behaviour[behaviour["customer_id"].isin({*most, *listed})]
    computed = bundle.reasons(explained, language="en", limit=REASONS) if len(explained) else []
    reasons = dict(zip(explained["customer_id"], map(list, computed), strict=True))
    scores["reasons"] = [reasons.get(customer_id) for customer_id in scores["customer_id"]]
    return ScoredRun(scores[list(SCORE_COLUMNS)], behaviour)


def publish_run(
    run: ScoredRun,
    store: Store,
    *,
    published_at: datetime,
    background: Background = NOTHING,
    retention: Retention = Retention(),  # noqa: B008 - frozen
) -> None:
    """Publish a run of one score or more, seen whole or not at all; forget what is not to be kept.

    ``published_at`` is an aware moment. Raises what ``Store.publish`` raises; the run before then stays.
    """
    one = run.scores.iloc[0]
    info = RunInfo(
        run_id=one["run_id"],
        as_of=one["as_of"],
        horizon_days=int(one["horizon_days"]),
        model_version=one["model_version"],
        currency=one["currency"],
        published_at=published_at,
    )
    store.publish(run.scores, run.behaviour, run=info, background=background)
    store.prune(retention)
