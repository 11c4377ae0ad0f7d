"""The list that a marketer works through: whom to call today, why, and what is at stake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pandas as pd

from serving.errors import CursorExpiredError, ModelUnavailableError, ReasonsUnavailableError
from serving.pages.asked import ListAsked
from serving.population import attribute_values
from serving.rows import ScoreRow
from serving.service import Explaining, Language, Page, ScoringService
from serving.store import Run
from serving.totals import Total, by_status, total_at_risk

__all__ = ["AtRiskList", "Row", "at_risk_list", "whole_list", "zone_of"]

PAGE_ROWS = 20
CHUNK_ROWS = 1_000
CHOICES = 200


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
    """A page of the list, and what the whole of it adds up to.

    ``explained``: reasons could be worked out. ``choices`` are the attributes to filter by, and their values.
    ``not_listed``: where nobody is on the list, how many customers have which status instead.
    """

    run: Run
    rows: list[Row]
    total: Total
    next_cursor: str | None
    explained: bool
    choices: dict[str, list[str]]
    not_listed: dict[str, int]

    @property
    def until(self) -> date:
        """The last day that the chances are about."""
        return self.run.as_of + timedelta(days=self.run.horizon_days)


def at_risk_list(service: ScoringService, asked: ListAsked, language: Language) -> AtRiskList:
    """Return a page of the list, explained in that language where the model behind it is still there.

    Raises ``NotPublishedError``, ``InvalidCursorError``, ``CursorExpiredError``.
    """
    page, explained = _page(service, asked, language, PAGE_ROWS)
    total = total_at_risk(service.store, asked.which, asked.sort, page.run.run_id)
    is_empty = not total.customers and not asked.is_filtered
    return AtRiskList(
        run=page.run,
        rows=_rows(service, page.run, page.scores),
        total=total,
        next_cursor=page.next_cursor,
        explained=explained,
        choices=_choices(service, asked, page.run),
        not_listed=by_status(service.store, page.run.run_id) if is_empty else {},
    )


def whole_list(service: ScoringService, asked: ListAsked, language: Language) -> Iterator[list[Row]]:
    """Yield the whole list of one run, a chunk at a time; the first of them has its reasons.

    Raises ``NotPublishedError``, and ``CursorExpiredError`` where the run is pruned meanwhile.
    """
    page, _ = _page(service, replace(asked, cursor=None), language, CHUNK_ROWS)
    yield _rows(service, page.run, page.scores)
    while page.next_cursor:
        page = service.at_risk(
            asked.which,
            asked.sort,
            limit=CHUNK_ROWS,
            cursor=page.next_cursor,
            explaining=Explaining(language),
        )
        yield _rows(service, page.run, page.scores)
    if service.store.run(page.run.run_id) is None:
        raise CursorExpiredError("The run was pruned while its list was being written.", mend="Ask again.")


def _page(service: ScoringService, asked: ListAsked, language: Language, limit: int) -> tuple[Page, bool]:
    """Return a page of the list, and whether it could be explained; else with what is stored, in English."""
    question = partial(service.at_risk, asked.which, asked.sort, limit=limit, cursor=asked.cursor)
    try:
        return question(explaining=Explaining(language, compute=True)), True
    except (ModelUnavailableError, ReasonsUnavailableError):
        return question(explaining=Explaining()), False


def _choices(service: ScoringService, asked: ListAsked, run: Run) -> dict[str, list[str]]:
    """Return the values of each attribute that tells customers apart: the first of many, and the chosen."""
    chosen = dict(asked.which.attributes)
    found = {}
    for name in service.attributes(run):
        values = attribute_values(service.store.database, run.run_id, name, limit=CHOICES)
        if name in chosen and chosen[name] not in values:
            values = [chosen[name], *values]
        if len(values) > 1 or name in chosen:
            found[name] = values
    return found


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
