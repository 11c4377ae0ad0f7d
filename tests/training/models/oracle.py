"""The published numbers (`shared/oracles/btyd.json`), and the CDNOW sample that they were computed on."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from training.models.distinct import FloatArray

PUBLISHED = Path(__file__).parents[3].parent / "shared" / "oracles" / "btyd.json"
DATASETS = Path(str(find_spec("lifetimes").submodule_search_locations[0])) / "datasets"  # type: ignore[union-attr,index]


class Cdnow(NamedTuple):
    """Histories in days, repeat spend, and the purchases of the 39 weeks that follow."""

    x: FloatArray
    t_x: FloatArray
    T: FloatArray
    mean_spend: FloatArray
    holdout: FloatArray


def published() -> dict[str, Any]:
    if not PUBLISHED.exists():
        pytest.skip("the published numbers are not here: ../shared/oracles/btyd.json")
    told: dict[str, Any] = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    return told


@cache
def cdnow_sample(end: str = "1997-09-30") -> Cdnow:
    names = ["master_id", "customer_id", "day", "cds", "amount"]
    rows = pd.read_csv(
        DATASETS / "CDNOW_sample.txt", sep=r"\s+", header=None, names=names, dtype={"customer_id": str}
    )
    rows["day"] = pd.to_datetime(rows["day"].astype(str), format="%Y%m%d")
    days = rows.groupby(["customer_id", "day"], as_index=False)["amount"].sum()
    days["first"] = days.groupby("customer_id")["day"].transform("min")
    past, later = days[days["day"] <= end], days[days["day"] > end]
    by_customer = past.groupby("customer_id")["day"].agg(["min", "max", "size"])
    repeat = past[past["day"] > past["first"]].groupby("customer_id")["amount"].mean()
    return Cdnow(
        x=by_customer["size"].to_numpy() - 1.0,
        t_x=(by_customer["max"] - by_customer["min"]).dt.days.to_numpy(dtype=np.float64),
        T=(pd.Timestamp(end) - by_customer["min"]).dt.days.to_numpy(dtype=np.float64),
        mean_spend=repeat.reindex(by_customer.index).fillna(0.0).to_numpy(),
        holdout=later.groupby("customer_id")
        .size()
        .reindex(by_customer.index)
        .fillna(0)
        .to_numpy(dtype=np.float64),
    )
