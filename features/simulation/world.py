"""What a made-up shop is made of: its size, its days, and the effects that are planted in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

__all__ = ["CONTROL", "Effects", "Floats", "Ints", "World"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CONTROL = "control"
DAYS_TO_AS_OF = 3 * 365
DAYS_AFTER_AS_OF = 14
GIFT_PEAKS = ((12, 1), (7, 1))
"""The year's two seasons of gifts in Japan, oseibo and ochugen, by the day that they begin on."""
GIFT_PEAK_DAYS = 20


@dataclass(frozen=True)
class Effects:
    """What is true of this world, for models and tables to find.

    A customer's hazard of leaving, per day, is their own times each ratio that holds on the day. From the day
    that a ticket has waited ``slow_after_hours``, and from the day of a detractor's NPS answer, theirs holds
    for ``upset_days``. An offer multiplies the rate of orders for ``offer_days``. ``season_by_month`` does so
    for everybody who buys all year round.
    """

    slow_answer_hazard_ratio: float = 3.0
    slow_after_hours: int = 48
    detractor_hazard_ratio: float = 4.0
    upset_days: int = 90
    hazard_ratio_by_channel: Mapping[str, float] = field(
        default_factory=lambda: {"search": 1.0, "referral": 0.6, "marketplace": 1.6}
    )
    offer_rate_ratio: Mapping[str, float] = field(
        default_factory=lambda: {"coupon10": 1.8, "free_delivery": 1.3}
    )
    offer_days: int = 28
    season_by_month: tuple[float, ...] = (0.8, 0.7, 0.9, 1.0, 1.0, 0.9, 1.3, 0.8, 0.8, 0.9, 1.1, 1.8)


@dataclass(frozen=True)
class World:
    """A shop's three years up to ``as_of``, and the two weeks after it.

    The same fields give the same shop, byte for byte. Time runs in days from ``start``, 0 being the first;
    money is in whole yen.
    """

    customers: int
    seed: int = 0
    start: date = date(2023, 4, 1)
    effects: Effects = field(default_factory=Effects)

    @property
    def as_of(self) -> date:
        """The moment to ask about: three years of 365 days after the first day."""
        return self.start + timedelta(days=DAYS_TO_AS_OF)

    @property
    def days(self) -> int:
        """All days that are lived, those after ``as_of`` included."""
        return (self.as_of - self.start).days + 1 + DAYS_AFTER_AS_OF

    @property
    def dates(self) -> NDArray[np.datetime64]:
        """The date of each day."""
        return np.datetime64(self.start, "D") + np.arange(self.days)

    def season(self) -> Floats:
        """Return, for each day, what the rate of orders is multiplied by."""
        months = self.dates.astype("datetime64[M]").astype(int) % 12
        factors: Floats = np.array(self.effects.season_by_month)[months]
        return factors

    def gift_season(self) -> Floats:
        """Return 1 on the days of the gift peaks and 0 on all others: what gift buyers go by."""
        peak = np.zeros(self.days)
        for year in range(self.start.year, self.start.year + 5):
            for month, day in GIFT_PEAKS:
                first = (date(year, month, day) - self.start).days
                peak[max(first, 0) : max(first + GIFT_PEAK_DAYS, 0)] = 1.0
        return peak
