"""What the current run says of all customers together: by segment, and in documents of its own."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select

from features.segments import SEGMENTS
from serving import tables
from serving.background import Document
from serving.database import Database
from training.score_schema import ScoreStatus

__all__ = ["SegmentTotals", "TotalsOfLate", "attribute_values", "attributes_of", "document_of"]

TRUSTED_SECONDS = 60.0


@dataclass(frozen=True)
class SegmentTotals:
    """One segment of a run.

    ``share`` is of all customers that the run scored. ``value_at_risk`` is the sum over eligible customers,
    ``predicted_clv`` over all; ``mean_churn_probability`` is None where no customer has one.
    """

    segment: str
    name_ja: str
    customers: int
    share: float
    mean_churn_probability: float | None
    value_at_risk: float
    predicted_clv: float


def segment_totals(database: Database, run_id: str) -> list[SegmentTotals]:
    """Return the ten segments of a published run, those without customers too."""
    runs, score = tables.runs.c, tables.scores.c
    eligible = case((score.score_status == ScoreStatus.ELIGIBLE.value, score.value_at_risk))
    totals = (
        select(
            score.segment,
            func.count().label("customers"),
            func.avg(score.churn_probability).label("probability"),
            func.sum(eligible).label("at_risk"),
            func.sum(score.predicted_clv).label("clv"),
        )
        .join(tables.runs, runs.run_key == score.run_key)
        .where(runs.run_id == run_id, runs.published_at.is_not(None))
        .group_by(score.segment)
    )
    with database.read() as connection:
        found = {row.segment: row for row in connection.execute(totals)}
    everyone = sum(row.customers for row in found.values())
    return [
        SegmentTotals(label.name, label.name_ja, 0, 0.0, None, 0.0, 0.0)
        if (row := found.get(label.name)) is None
        else SegmentTotals(
            label.name,
            label.name_ja,
            row.customers,
            row.customers / everyone,
            row.probability,
            row.at_risk or 0.0,
            row.clv or 0.0,
        )
        for label in SEGMENTS
    ]


class TotalsOfLate:
    """The segments of the run last asked for, counted again after a minute: only an erasure changes them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: tuple[str, float, list[SegmentTotals]] = ("", 0.0, [])

    def of(self, run_id: str) -> list[SegmentTotals]:
        """Return the ten segments of a published run."""
        known_of, trusted_until, totals = self._known
        if known_of != run_id or time.monotonic() > trusted_until:
            totals = segment_totals(self._database, run_id)
            self._known = run_id, time.monotonic() + TRUSTED_SECONDS, totals
        return totals


def document_of(database: Database, run_id: str, which: Document) -> Any:  # noqa: ANN401 - JSON of any form
    """Return a document of a published run, or None where it has none."""
    runs, kept = tables.runs.c, tables.run_documents.c
    wanted = (
        select(kept.document)
        .join(tables.runs, runs.run_key == kept.run_key)
        .where(runs.run_id == run_id, runs.published_at.is_not(None), kept.name == which.value)
    )
    with database.read() as connection:
        text = connection.execute(wanted).scalar()
    return None if text is None else json.loads(text)


def attribute_values(database: Database, run_id: str, name: str, *, limit: int) -> list[str]:
    """Return the values that an attribute has in a published run, by their bytes, up to ``limit`` of them."""
    runs, known = tables.runs.c, tables.customer_attributes.c
    this_run = select(runs.run_key).where(runs.run_id == run_id, runs.published_at.is_not(None))
    values = select(known.value).distinct().where(known.run_key == this_run.scalar_subquery())
    with database.read() as connection:
        rows = connection.execute(values.where(known.name == name).order_by(known.value).limit(limit))
        return list(rows.scalars())


def attributes_of(database: Database, run_id: str, customer_id: str) -> dict[str, str]:
    """Return what a published run knows of a customer's attributes."""
    runs, known = tables.runs.c, tables.customer_attributes.c
    wanted = (
        select(known.name, known.value)
        .join(tables.runs, runs.run_key == known.run_key)
        .where(runs.run_id == run_id, runs.published_at.is_not(None), known.customer_id == customer_id)
        .order_by(known.name)
    )
    with database.read() as connection:
        return {row.name: row.value for row in connection.execute(wanted)}
