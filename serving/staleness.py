"""How old the scores are, and whether that is too old to act on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

__all__ = ["STALE_AFTER_DAYS", "Staleness"]

STALE_AFTER_DAYS = 35
"""A run a month, and a few days for the one who looks after it."""


@dataclass(frozen=True)
class Staleness:
    """The age of the scores: of their publication, which should have been followed by another one."""

    age: timedelta
    limit: timedelta

    @classmethod
    def of(cls, published_at: datetime, now: datetime, limit_days: float) -> Staleness:
        """Return the age, at ``now``, of what was published at ``published_at``; both aware."""
        return cls(now - published_at, timedelta(days=limit_days))

    @property
    def is_stale(self) -> bool:
        """Whether the next run is overdue."""
        return self.age > self.limit

    @property
    def age_days(self) -> int:
        """The whole days since the scores were published."""
        return self.age.days
