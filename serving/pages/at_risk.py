"""The list that a marketer works through: whom to call today, why, and what is at stake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from serving.errors import CursorExpiredError, ModelUnavailableError, ReasonsUnavailableError
from serving.pages.asked import ListAsked
from serving.rows import ScoreRow
from serving.service import Explaining, Language, ScoringService
from serving.store import Run
from serving.totals import Total, total_at_risk

__all__ = ["AtRiskList", "Row", "at_risk_list", "whole_list", "zone_of"]

PAGE_ROWS = 20
CHUNK_ROWS = 100
EXPLAINED_ROWS = 1_000


@dataclass(frozen=True)
class Row:
    """One customer of the list. Without the behaviour behind the score, the last order is not known."""

    score: ScoreRow
    last_order: date | None

    @property
    def reasons(self) -> list[str]:
        """The reasons in words, the strongest first."""
        return [reason["text"] for reason in self.score["reasons"] or ()]

    @property
    def days_since_last_order(self) -> int | None:
        """Days from the last order to the last day of history."""
        days: int | None = None if self.last_order is None else (self.score["as_of"] - self.last_order).days
        return days


@dataclass(frozen=True)
class AtRiskList:
    """A page of the list, and what the whole of it adds up to. ``explained``: reasons could be given."""

    run: Run
    rows: list[Row]
    total: Total
    next_cursor: str | None
    explained: bool

    @property
    def until(self) -> date:
        """The last day that the chances are about."""
        return self.run.as_of + timedelta(days=self.run.horizon_days)


def at_risk_list(service: ScoringService, asked: ListAsked, language: Language) -> AtRiskList:
    """Return a page of the list, explained in that language where the model behind it is still there.

    Raises ``NotPublishedError``, ``InvalidCursorError``, ``CursorExpiredError``.
    """
    explained = True
    try:
        page = service.at_risk(
            asked.which,
            asked.sort,
            limit=PAGE_ROWS,
            cursor=asked.cursor,
            explaining=Explaining(language, compute=True),
        )
    except (ModelUnavailableError, ReasonsUnavailableError):
        explained = False
        page = service.at_risk(
            asked.which, asked.sort, limit=PAGE_ROWS, cursor=asked.cursor, explaining=Explaining(language)
        )
    return AtRiskList(
        run=page.run,
        rows=_rows(service, page.run, page.scores),
        total=total_at_risk(service.store, asked.which, asked.sort, page.run.run_id),
        next_cursor=page.next_cursor,
        explained=explained,
    )


def whole_list(service: ScoringService, asked: ListAsked, language: Language) -> Iterator[list[Row]]:
    """Yield the whole list of one run, a chunk at a time; the first ``EXPLAINED_ROWS`` have their reasons.

    Raises ``NotPublishedError``, and ``CursorExpiredError`` where the run is pruned meanwhile.
    """
    rest: ListAsked | None = replace(asked, cursor=None)
    given = 0
    while rest is not None:
        page = service.at_risk(
            rest.which,
            rest.sort,
            limit=CHUNK_ROWS,
            cursor=rest.cursor,
            explaining=Explaining(language, compute=given < EXPLAINED_ROWS),
        )
        yield _rows(service, page.run, page.scores)
        given += len(page.scores)
        rest = replace(rest, cursor=page.next_cursor) if page.next_cursor else None
    if service.store.run(page.run.run_id) is None:
        raise CursorExpiredError("The run was pruned while its list was being written.", mend="Ask again.")


def zone_of(service: ScoringService) -> ZoneInfo:
    """Return the business's zone; UTC where the model that knows it cannot be loaded."""
    try:
        return ZoneInfo(service.model()[0].metadata.zone)
    except ModelUnavailableError:
        return ZoneInfo("UTC")


def _rows(service: ScoringService, run: Run, scores: Sequence[ScoreRow]) -> list[Row]:
    ids = [score["customer_id"] for score in scores]
    behaviour = service.store.behaviour(run.run_id, ids) if ids else pd.DataFrame()
    days = {}
    if "days_since_last_order" in behaviour:
        days = dict(zip(behaviour["customer_id"], behaviour["days_since_last_order"], strict=True))
    return [Row(score, _before(run.as_of, days.get(score["customer_id"]))) for score in scores]


def _before(as_of: date, days: float | None) -> date | None:
    return None if days is None or pd.isna(days) else as_of - timedelta(days=int(days))
