"""A line over time, as what an SVG needs to draw it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

__all__ = ["HEIGHT", "WIDTH", "Chart", "chart_of"]

WIDTH, HEIGHT = 100.0, 40.0


@dataclass(frozen=True)
class Point:
    """A share of 1 on a day, and where it lies: ``x`` from the left, ``y`` from the top."""

    day: date
    share: float
    x: float
    y: float


@dataclass(frozen=True)
class Chart:
    """Points in the order of time, two or more."""

    points: list[Point]

    @property
    def path(self) -> str:
        """The line through all points, in SVG's own words."""
        return "M" + " L".join(f"{point.x:.2f} {point.y:.2f}" for point in self.points)


def chart_of(shares: Sequence[tuple[date, float]]) -> Chart | None:
    """Return the chart of shares by day, in any order; None for fewer than two days.

    >>> chart_of([(date(2026, 3, 31), 0.5), (date(2026, 1, 31), 1.0)]).path
    'M0.00 0.00 L100.00 20.00'
    """
    by_day = dict(sorted(shares))
    if len(by_day) < 2:  # noqa: PLR2004 - a line has two ends
        return None
    first, last = min(by_day), max(by_day)
    length = (last - first).days
    return Chart(
        [
            Point(day, share, WIDTH * (day - first).days / length, HEIGHT * (1 - share))
            for day, share in by_day.items()
        ]
    )
