"""Whether customers were won all along, all at once, or long before the file begins.

A file that begins in mid-life shows old customers as new, until each has come back once: first purchases
heap up at its start, and fall as repeat purchases space out. What such a heap looks like, the file itself
tells: without its first half, those who bought in it look new in the second. Where the file's own beginning
has a heap like that, it begins in mid-life.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from training.arrivals import Arrivals
from training.models.glm import Array

__all__ = ["Acquisition", "Beginning", "acquisition_of"]

NEARLY_ALL = 0.99
LEAST_HEAP = 0.4  # of what cutting off the first half makes
LEAST_LIKENESS = 0.5  # of how early that heap lies
STANDARD_ERRORS = 3.0


class Beginning(StrEnum):
    """How customers came into the file."""

    ONE_COHORT = "one acquisition cohort"
    MID_LIFE = "in mid-life"
    NOTHING_NOTABLE = "nothing notable"


class Acquisition(NamedTuple):
    """How customers came, and a note on it; the note is empty where there is nothing to say."""

    beginning: Beginning
    note: str = ""


def acquisition_of(arrivals: Arrivals) -> Acquisition:
    """Compare a file's first purchases with those that its second half would show alone."""
    first, cut = arrivals.first, arrivals.new_in_half
    size, half = first.size, cut.size
    customers = first.sum()
    won_by = int(np.searchsorted(first.cumsum(), NEARLY_ALL * customers)) + 1
    if customers and won_by <= half < size:
        last = arrivals.first_day + timedelta(days=won_by - 1)
        return Acquisition(
            Beginning.ONE_COHORT,
            f"nearly all customers first bought from {arrivals.first_day} to {last}, one acquisition cohort: "
            "of customers won later nothing is known",
        )
    early, late = first[:half], first[size - half :]
    excess = early.sum() - late.sum()
    old = cut.sum() - late.sum()  # they bought in both halves, and look new in the second
    heap = excess > max(LEAST_HEAP * old, STANDARD_ERRORS * np.sqrt(early.sum() + late.sum()))
    chance = STANDARD_ERRORS * np.sqrt(1 / 12 / max(early.sum(), 1.0))
    if old > 0 and heap and _earliness(early) > max(LEAST_LIKENESS * _earliness(cut), chance):
        return Acquisition(
            Beginning.MID_LIFE,
            f"the file seems to begin in mid-life: by the shape of first purchases, some {excess:,.0f} of "
            f"{customers:,.0f} customers had bought before {arrivals.first_day} and are older than they look",
        )
    return Acquisition(Beginning.NOTHING_NOTABLE)


def _earliness(counts: Array) -> float:
    """Return how far before the middle the mean of the days lies, in lengths of the whole."""
    days = (np.arange(counts.size) + 0.5) / max(counts.size, 1)
    return 0.5 - float(days @ counts / max(counts.sum(), 1.0))
