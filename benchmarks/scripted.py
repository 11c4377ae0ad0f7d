"""Peers as a script calls them that knows nothing of Joren: lifetimes, and XGBoost on RFM."""

from __future__ import annotations

import io
import runpy
from collections.abc import Sequence
from contextlib import redirect_stdout
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from training.evaluate import Forecast

__all__ = ["scripted_peers"]

SNAPSHOTS = (1, 3)
ORDER = ("churn", "revenue", "orders")


def scripted_peers(
    script: Path, rows: pd.DataFrame, moment: date, horizon_days: int, customers: Sequence[str]
) -> dict[str, Forecast]:
    """Return what the script's peers say of ``customers``, in their order, by the rows known at ``moment``.

    ``script`` has ``rfm``, ``with_lifetimes`` and ``with_xgboost``; what they print is not shown. A peer that
    cannot be fitted is left out.
    """
    theirs = runpy.run_path(str(script))
    cutoff = pd.Timestamp(moment)
    past = rows[rows["timestamp"] < cutoff + pd.Timedelta(days=1)]
    past = past.assign(customer_id=past["customer_id"].astype(str))
    bought = past[past["amount"] >= 0]
    now = theirs["rfm"](bought, cutoff)
    with redirect_stdout(io.StringIO()):
        said = {"recency rule": (now["since"],)}
        said["lifetimes"] = theirs["with_lifetimes"](bought, cutoff, horizon_days, now.index)
        for count in SNAPSHOTS:
            said[f"XGBoost, {count}"] = theirs["with_xgboost"](past, cutoff, horizon_days, now, count)
    place = now.index.get_indexer(pd.Index(customers))
    return {
        name: Forecast(**{what: np.asarray(x)[place] for what, x in zip(ORDER, told, strict=False)})
        for name, told in said.items()
        if told is not None
    }
