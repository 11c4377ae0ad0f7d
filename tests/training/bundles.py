"""A small shop and a bundle fitted on it, for tests of what keeps, moves and describes bundles."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from features.sources import tables_from_frame
from training.bundle import Bundle
from training.config import TrainingConfig
from training.fit import fit
from training.panel import Method
from training.policy import Policy

if TYPE_CHECKING:
    from pathlib import Path

    from features.tables import Tables

VALUE_ONLY_DAYS = 182
FIRST_DAY, AS_OF = date(1997, 1, 1), date(1997, 9, 30)


def purchases(customers: int = 150, days: int = 273) -> pd.DataFrame:
    """Return purchases of customers who buy at a pace of their own until they leave."""
    draw = np.random.default_rng(5)
    rows = []
    for number in draw.permutation(customers):
        day, gap_days = float(draw.integers(0, 120)), draw.gamma(2, 20)
        last = min(days, day + draw.exponential(200))
        while day <= last:
            when = FIRST_DAY + timedelta(days=int(day))
            rows.append((f"c-{number:03x}", when.isoformat(), round(draw.lognormal(3, 0.5), 2)))
            day += 1 + draw.exponential(gap_days)
    return pd.DataFrame(rows, columns=["customer_id", "timestamp", "amount"])


@cache
def a_shop() -> Tables:
    return tables_from_frame(purchases(), zone="UTC", currency="USD")


@cache
def fitted(horizon_days: int) -> Bundle:
    """Return a bundle; 60 days have trees in it, and at 182 the lifetime-value model stands alone."""
    method = Method.LIFETIME_VALUE_ONLY if horizon_days == VALUE_ONLY_DAYS else None
    return fit(a_shop(), AS_OF, TrainingConfig(horizon_days, threads=1), Policy(), method=method)


def saved(folder: Path, seed: int = 0, horizon_days: int = VALUE_ONLY_DAYS) -> Path:
    """Write a bundle into a folder; another seed makes another version."""
    bundle = fitted(horizon_days)
    training = replace(bundle.metadata.training, seed=seed)
    replace(bundle, metadata=replace(bundle.metadata, training=training)).save(folder)
    return folder
