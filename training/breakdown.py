"""An evaluation taken apart, by segment and by tenth of the risk: groups of customers, never one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.reference import Reference
from features.segments import segment
from training.evaluate import Evaluation, judge

__all__ = ["by_segment", "risk_tenths"]

FEWEST_CUSTOMERS = 100  # of a group that is spoken of, and of ten groups together
OUTCOMES = {"churned": "churn", "orders": "orders", "revenue": "revenue"}


def by_segment(
    evaluation: Evaluation, behaviour: pd.DataFrame, reference: Reference
) -> dict[str, dict[str, float]]:
    """Return the main model's measures, and ``customers``, in each segment of at least 100 customers.

    ``behaviour``, ``reference``: of the evaluation's moment.
    """
    names = segment(behaviour["days_since_last_order"], behaviour["orders"], reference)
    seen, main = evaluation.predictions, evaluation.main
    found = pd.Series(names, index=behaviour["customer_id"]).reindex(seen.index)
    told = {}
    for name, rows in seen.groupby(found.to_numpy(), sort=True):
        if len(rows) < FEWEST_CUSTOMERS:
            continue
        said = {short: rows.get(f"{main}|{short}") for short in OUTCOMES.values()}
        told[str(name)] = {"customers": float(len(rows)), **judge(rows[list(OUTCOMES)], **said)}
    return told


def risk_tenths(evaluation: Evaluation) -> pd.DataFrame | None:
    """Return the tenths of the customers, 1 the most at risk: how many, what was said, what came of them.

    ``lift``: churn in the tenth over churn in all; ``gain``: share of all leavers down to it. None where
    customers are too few for ten groups.
    """
    seen = evaluation.predictions
    said = seen.get(f"{evaluation.main}|churn")
    if said is None or len(seen) < FEWEST_CUSTOMERS:
        return None
    rank = said.rank(method="first", ascending=False)
    tenth = (rank * 10 / len(rank)).apply(np.ceil).astype(int).rename("tenth")
    table = (
        seen[list(OUTCOMES)]
        .assign(said=said)
        .groupby(tenth)
        .agg(
            customers=("said", "size"),
            predicted=("said", "mean"),
            left=("churned", "mean"),
            leavers=("churned", "sum"),
            orders=("orders", "sum"),
            revenue=("revenue", "sum"),
        )
    )
    everybody = max(float(seen["churned"].sum()), 1.0)
    table["lift"] = table["left"] / (everybody / len(seen))
    table["gain"] = table["leavers"].cumsum() / everybody
    return table.round(6)
