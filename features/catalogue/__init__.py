"""Every feature of the behaviour table, in the order of its columns: what it means and how it is said."""

from __future__ import annotations

from features.catalogue.acquisition import ACQUISITION
from features.catalogue.basket import BASKET
from features.catalogue.campaigns import CAMPAIGNS
from features.catalogue.feature import Feature
from features.catalogue.feedback import FEEDBACK
from features.catalogue.loyalty import LOYALTY
from features.catalogue.purchases import PURCHASES
from features.catalogue.returns import RETURNS
from features.catalogue.rhythm import RHYTHM
from features.catalogue.season import SEASON
from features.catalogue.subscription import SUBSCRIPTION
from features.catalogue.support import SUPPORT

__all__ = ["CATALOGUE", "Feature"]

CATALOGUE: tuple[Feature, ...] = (
    *PURCHASES,
    *RHYTHM,
    *BASKET,
    *RETURNS,
    *SEASON,
    *SUPPORT,
    *FEEDBACK,
    *LOYALTY,
    *SUBSCRIPTION,
    *CAMPAIGNS,
    *ACQUISITION,
)
