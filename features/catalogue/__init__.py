"""Every feature of the behaviour table, in the order of its columns: what it means and how it is said."""

from __future__ import annotations

from features.catalogue.feature import Feature
from features.catalogue.purchases import PURCHASES
from features.catalogue.rhythm import RHYTHM
from features.catalogue.support import SUPPORT

__all__ = ["CATALOGUE", "Feature"]

CATALOGUE: tuple[Feature, ...] = (*PURCHASES, *RHYTHM, *SUPPORT)
