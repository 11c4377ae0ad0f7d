"""How much history a feature needs before it means what it says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from features.catalogue import CATALOGUE, Feature

__all__ = ["LOOKS_BACK"]

YEAR_DAYS = 364
TWO_QUARTERS_DAYS = 182
_WINDOW = re.compile(r"_(\d+)d(?:_|$)")


def _days(feature: Feature) -> int:
    """Return the days that a feature looks back over, by its name; 0 where it takes what there is.

    Trends hold a stretch against the one before it, the family of the season a time of the year against the
    others.
    """
    window = _WINDOW.search(feature.name)
    days = int(window[1]) if window else 0
    if "year_ago" in feature.name or feature.family == "season":
        days += YEAR_DAYS
    return max(days, TWO_QUARTERS_DAYS) if feature.name.endswith("_trend") else days


LOOKS_BACK: Mapping[str, int] = MappingProxyType({feature.name: _days(feature) for feature in CATALOGUE})
"""Each feature's days: with less history before a moment, it lies there as it never will again."""
