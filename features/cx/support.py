"""How support answers: how soon, how often, and how often it was not the end of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from features.cx.figures import Figure, share_figure

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["Hours", "Support", "support_in"]

SECONDS_AN_HOUR = 3600


@dataclass(frozen=True)
class Hours:
    """Median and 90th percentile of ``n`` waits, in hours."""

    median: float
    p90: float
    n: int

    def to_json(self) -> dict[str, float | int]:
        """Return it as JSON's own types."""
        return {"median": self.median, "p90": self.p90, "n": self.n}


@dataclass(frozen=True)
class Support:
    """What became of ``tickets``; None where none was answered or closed, or where the data do not tell.

    The waits are those of the tickets that were answered (closed): ``answered`` says what share that is.
    """

    tickets: int
    answered: Figure | None
    first_response: Hours | None
    resolution: Hours | None
    reopened: Figure | None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON's own types."""
        parts = {
            "answered": self.answered,
            "first_response_hours": self.first_response,
            "resolution_hours": self.resolution,
            "reopened": self.reopened,
        }
        return {"tickets": self.tickets, **{name: part and part.to_json() for name, part in parts.items()}}


def support_in(tickets: ir.Table, *, answers_recorded: bool) -> Support:
    """Return how the ``tickets`` (rows of interactions as known at a moment) were dealt with.

    ``answered`` is the share of all, None where the data do not record answers; ``reopened`` is the share of
    those of which it is known.
    """
    hours = tickets.mutate(
        response=tickets.first_response_at.delta(tickets.opened_at, unit="second") / SECONDS_AN_HOUR,
        resolution=tickets.resolved_at.delta(tickets.opened_at, unit="second") / SECONDS_AN_HOUR,
    )
    row = (
        hours.aggregate(
            tickets=hours.count(),
            answered=hours.response.count(),
            response_median=hours.response.median(),
            response_p90=hours.response.quantile(0.9),
            closed=hours.resolution.count(),
            resolution_median=hours.resolution.median(),
            resolution_p90=hours.resolution.quantile(0.9),
            told=hours.reopened.count(),
            reopened=hours.count(where=hours.reopened),
        )
        .to_pyarrow()
        .to_pylist()[0]
    )
    return Support(
        row["tickets"],
        share_figure(row["answered"], row["tickets"]) if answers_recorded else None,
        _hours(row["response_median"], row["response_p90"], row["answered"]),
        _hours(row["resolution_median"], row["resolution_p90"], row["closed"]),
        share_figure(row["reopened"], row["told"]),
    )


def _hours(median: float | None, p90: float | None, n: int) -> Hours | None:
    return None if median is None or p90 is None else Hours(median, p90, n)
