"""Made-up shops whose truth is known: how customers arrive, how the year goes, and where the file begins."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from features.sources import tables_from_frame
from features.tables import Tables

START = date(2021, 1, 1)
LEVEL = (1.0,) * 12
DECEMBER = (0.8, 0.7, 0.9, 0.9, 0.9, 0.9, 0.8, 0.8, 0.9, 1.1, 1.4, 1.9)


def shop(
    arrivals: np.ndarray, days: int, *, pace: tuple[float, ...] = LEVEL, file_begins: int = 0, seed: int = 3
) -> Tables:
    """Return ``days`` days of a shop that customers enter on the days ``arrivals``, from ``file_begins`` on.

    They buy at rates Gamma(1.2, 60 days), times the month's ``pace``, and leave after a purchase with the
    probability 0.06.
    """
    draw = np.random.default_rng(seed)
    calendar = np.datetime64(START) + np.arange(days)
    months = calendar.astype("datetime64[M]").astype(np.int64) % 12
    clock = np.concatenate([[0.0], np.cumsum(np.array(pace)[months])])
    ids, bought = [], []
    for number, arrival in enumerate(draw.permutation(arrivals)):
        rate, at = draw.gamma(1.2) / 60, clock[arrival]
        while at < clock[-1]:
            ids.append(f"c-{number:05x}")
            bought.append(np.searchsorted(clock, at, side="right") - 1)
            if len(bought) > 1 and draw.random() < 0.06:
                break
            at += draw.exponential(1 / rate)
    frame = pd.DataFrame({"customer_id": ids, "timestamp": calendar[bought], "amount": 20.0})
    return tables_from_frame(frame[frame["timestamp"] >= calendar[file_begins]].reset_index(drop=True))


def evenly(customers: int, days: int, *, seed: int = 5) -> np.ndarray:
    """Return the days on which customers come who come at any time alike."""
    return np.sort(np.random.default_rng(seed).integers(0, days, customers))
