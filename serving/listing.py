"""Which customers a list shows, in which order, and the statements that read a page of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, exists, or_

from serving import tables
from training.score_schema import ChurnBand, ScoreStatus

__all__ = [
    "AtRiskFilter",
    "Position",
    "SegmentFilter",
    "Sort",
    "conditions",
    "page_at_risk",
    "page_of_segment",
]

Page = Select[tuple[object, ...]]


class Sort(StrEnum):
    """What a list is sorted by: highest first, ties by customer_id; without that number, no place in it."""

    VALUE_AT_RISK = "value_at_risk"
    CHURN_PROBABILITY = "churn_probability"
    PREDICTED_CLV = "predicted_clv"


@dataclass(frozen=True)
class AtRiskFilter:
    """Which customers a list shows. Thresholds include their own value; ``attributes`` are (name, value)."""

    status: ScoreStatus = ScoreStatus.ELIGIBLE
    band: ChurnBand | None = None
    segment: str | None = None
    min_value_at_risk: float | None = None
    min_churn_probability: float | None = None
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class SegmentFilter:
    """All customers of a segment, or those of one status."""

    segment: str
    status: ScoreStatus | None = None


@dataclass(frozen=True)
class Position:
    """Where a page ended: the sorted-by value (0 where there is none) and the id of its last row."""

    value: float
    customer_id: str


def page_at_risk(rows: Page, which: AtRiskFilter, sort: Sort, after: Position | None, limit: int) -> Page:
    """Return the statement for up to ``limit`` of ``rows`` (scores of one run) that follow ``after``."""
    column: ColumnElement[float] = tables.scores.c[sort.value]
    page = rows.where(column.is_not(None), *conditions(which))
    if after is not None:
        tied = and_(column == after.value, tables.scores.c.customer_id > after.customer_id)
        page = page.where(or_(column < after.value, tied))
    return page.order_by(column.desc(), tables.scores.c.customer_id).limit(limit)


def page_of_segment(rows: Page, which: SegmentFilter, after: Position | None, limit: int) -> Page:
    """Return the statement for up to ``limit`` of a segment's ``rows``, by customer_id."""
    score = tables.scores.c
    page = rows.where(score.segment == which.segment)
    if which.status is not None:
        page = page.where(score.score_status == which.status.value)
    if after is not None:
        page = page.where(score.customer_id > after.customer_id)
    return page.order_by(score.customer_id).limit(limit)


def conditions(which: AtRiskFilter) -> list[ColumnElement[bool]]:
    """Return what a statement demands of a score so that the filter lets it through."""
    score = tables.scores.c
    demanded: list[ColumnElement[bool]] = [score.score_status == which.status.value]
    if which.band is not None:
        demanded.append(score.churn_band == which.band.value)
    if which.segment is not None:
        demanded.append(score.segment == which.segment)
    if which.min_value_at_risk is not None:
        demanded.append(score.value_at_risk >= which.min_value_at_risk)
    if which.min_churn_probability is not None:
        demanded.append(score.churn_probability >= which.min_churn_probability)
    return [*demanded, *(_has(name, value) for name, value in which.attributes)]


def _has(name: str, value: str) -> ColumnElement[bool]:
    known, score = tables.customer_attributes.c, tables.scores.c
    this_one = and_(known.run_key == score.run_key, known.customer_id == score.customer_id)
    return exists().where(this_one, known.name == name, known.value == value)
