"""What the service hands out: scores found, a page of a list, a customer's past."""

from __future__ import annotations

from dataclasses import dataclass

from serving.history import Past
from serving.rows import ScoreRow
from serving.store import Run

__all__ = ["History", "Lookup", "Page"]


@dataclass(frozen=True)
class Lookup:
    """The scores found, by id, all of the same run."""

    run_id: str
    scores: dict[str, ScoreRow]


@dataclass(frozen=True)
class Page:
    """A page of a list, and the cursor of the next one, None at the end."""

    run: Run
    scores: list[ScoreRow]
    next_cursor: str | None


@dataclass(frozen=True)
class History:
    """A page of one customer's scores, newest first, and the cursor of the next one, None at the end."""

    customer_id: str
    past: list[Past]
    next_cursor: str | None
