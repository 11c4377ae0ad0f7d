"""A moment and the days after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, order=True)
class Window:
    """History up to and with ``as_of``; the outcome is the ``horizon_days`` days that follow it.

    Both ends of the outcome are within it: ``outcome_start`` = as_of + 1 … ``outcome_end`` = as_of +
    horizon_days.

    >>> Window(date(1998, 3, 31), 91).outcome_end
    datetime.date(1998, 6, 30)
    """

    as_of: date
    horizon_days: int

    def __post_init__(self) -> None:
        """Raise ``ValueError`` where the horizon holds no day."""
        if self.horizon_days < 1:
            raise ValueError(f"horizon_days is {self.horizon_days}; a window holds at least one day")

    @property
    def outcome_start(self) -> date:
        """The first local day of the outcome."""
        return self.as_of + timedelta(days=1)

    @property
    def outcome_end(self) -> date:
        """The last local day of the outcome."""
        return self.as_of + timedelta(days=self.horizon_days)
