"""Ten segments from recency and frequency, and where a customer stands in the cycle of their own orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from features.reference import Reference

__all__ = ["CYCLE_STATUSES", "SEGMENTS", "Label", "cycle_status", "segment"]


@dataclass(frozen=True)
class Label:
    """A name for machines and English readers, and its Japanese."""

    name: str
    name_ja: str


SEGMENTS = (
    Label("Champions", "最優良顧客"),
    Label("Loyal", "優良顧客"),
    Label("Potential Loyalists", "優良予備軍"),
    Label("New", "新規顧客"),
    Label("Promising", "有望顧客"),
    Label("Need Attention", "要注意顧客"),
    Label("About to Sleep", "休眠予備軍"),
    Label("At Risk", "離反予備軍"),
    Label("Can't Lose Them", "離反危機の優良顧客"),
    Label("Hibernating", "休眠顧客"),
)
_CHAMPIONS, _LOYAL, _POTENTIAL, _NEW, _PROMISING, _ATTENTION, _ABOUT, _RISK, _LOSE, _SLEEP = range(10)
_GRID = np.array(
    [  # F1         F2          F3          F4          F5
        [_SLEEP, _SLEEP, _RISK, _RISK, _LOSE],  # R1: the longest silent
        [_SLEEP, _SLEEP, _RISK, _RISK, _LOSE],  # R2
        [_ABOUT, _ABOUT, _ATTENTION, _LOYAL, _LOYAL],  # R3
        [_PROMISING, _POTENTIAL, _POTENTIAL, _LOYAL, _LOYAL],  # R4
        [_NEW, _POTENTIAL, _POTENTIAL, _CHAMPIONS, _CHAMPIONS],  # R5: the latest buyers
    ]
)

CYCLE_STATUSES = (
    Label("on_rhythm", "順調"),
    Label("slowing", "離反予備軍"),
    Label("sleeping", "休眠"),
    Label("lapsed", "離脱"),
)
_CYCLE_LIMITS = (1.2, 2.0, 4.0)
"""Multiples of the own median interval up to which a status holds. The design fixes the first two; twice the
second is Joren's border between sleeping and lapsed."""


def segment(recency_days: ArrayLike, orders: ArrayLike, reference: Reference) -> NDArray[np.str_]:
    """Return the segment's English name for each customer.

    The scores are quintiles of the reference's population, 5 best; equal values share a score, so that a cell
    of the grid may be empty. ``recency_days`` is days since the last order, ``orders`` their number.
    """
    recency = 5 - np.searchsorted(reference.recency_cuts, np.asarray(recency_days), side="left")
    frequency = 1 + np.searchsorted(reference.frequency_cuts, np.asarray(orders), side="left")
    names = np.array([label.name for label in SEGMENTS])
    chosen: NDArray[np.str_] = names[_GRID[recency - 1, frequency - 1]]
    return chosen


def cycle_status(recency_days: ArrayLike, median_gap_days: ArrayLike) -> NDArray[np.object_]:
    """Return how late each customer's next order is by their own median interval; None where there is none.

    on_rhythm up to 1.2 times the interval, slowing to 2, sleeping to 4, lapsed beyond. A customer of one
    order has no interval of their own, and nobody else's is put in its place: the status stays None.
    """
    interval = np.asarray(median_gap_days, dtype=float)
    lateness = np.asarray(recency_days, dtype=float) / interval
    names = np.array([label.name for label in CYCLE_STATUSES], dtype=object)
    status: NDArray[np.object_] = names[np.minimum(np.searchsorted(_CYCLE_LIMITS, lateness), len(names) - 1)]
    status[np.isnan(interval)] = None
    return status
