"""Whole runs on the wire, in three forms, each written a piece at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from typing import TypeVar

from pydantic import BaseModel, Field

from serving.export import Difference, DifferenceKind, Export
from serving.rows import ScoreRow
from serving.schemas import PublishedAt, Question, RunId
from serving.spreadsheet import csv_lines, to_csv
from serving.wire_score import Answer, CustomerId, Score
from training.score_schema import SCORE_COLUMNS

__all__ = ["ExportQuery", "ExportedRun", "as_csv", "as_json", "as_ndjson"]

PIECE_ROWS = 500
T = TypeVar("T")
NO_SCORE = dict.fromkeys(SCORE_COLUMNS)


class ExportQuery(Question):
    """Which run, and since which other one."""

    run_id: str | None = Field(
        default=None, min_length=1, max_length=200, description="A kept run; unset: the current one."
    )
    changed_since_run: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="A kept run: only what differs from it is handed out.",
    )


class ChangedScore(Answer):
    """A customer whom the run does not tell the same of as the run before."""

    change: DifferenceKind = Field(
        description="`added`: not in the run before. `changed`: a field but `run_id`, `as_of` and "
        "`model_version` is another. `removed`: not in this run any more.",
        examples=["changed"],
    )
    customer_id: CustomerId
    score: Score | None = Field(description="What this run says; null if removed.")


class ExportedRun(Answer):
    """A run, whole, or what differs from another one."""

    run_id: RunId
    as_of: date = Field(
        description="The last local day of history, in the business's zone.", examples=["2026-03-31"]
    )
    published_at: PublishedAt
    customers: int = Field(description="How many customers the run scored.", examples=[23570])
    changed_since_run: str | None = Field(
        description="The run that it is held against; null for the whole.", examples=[None]
    )
    data: list[Score] | list[ChangedScore] = Field(
        description="By the bytes of the ids. Differences, where `changed_since_run` was asked for."
    )


def as_json(export: Export) -> Iterator[str]:
    """Yield one `ExportedRun`."""
    run, since = export.run, export.since
    head = ExportedRun(
        run_id=run.run_id,
        as_of=run.as_of,
        published_at=run.published_at,
        customers=run.customers,
        changed_since_run=None if since is None else since.run_id,
        data=[],
    )
    yield head.model_dump_json().removesuffix("]}")
    comma = ""
    for piece in _pieces(_models(export)):
        yield comma + ",".join(piece)
        comma = ","
    yield "]}"


def as_ndjson(export: Export) -> Iterator[str]:
    """Yield a `Score` a line; a `ChangedScore`, where only differences are asked for."""
    for piece in _pieces(_models(export)):
        yield "\n".join([*piece, ""])


def as_csv(export: Export) -> Iterator[str]:
    """Yield the columns of a score, those of differences after a column `change`."""
    columns = SCORE_COLUMNS if export.since is None else ("change", *SCORE_COLUMNS)
    yield to_csv([], columns)
    for piece in _pieces(map(_flat, export.rows)):
        yield csv_lines(piece, columns)


def _models(export: Export) -> Iterator[str]:
    return (_model(row).model_dump_json() for row in export.rows)


def _model(row: ScoreRow | Difference) -> BaseModel:
    if not isinstance(row, Difference):
        return Score.model_validate(row)
    score = None if row.score is None else Score.model_validate(row.score)
    return ChangedScore(change=row.kind, customer_id=row.customer_id, score=score)


def _flat(row: ScoreRow | Difference) -> dict[str, object]:
    if not isinstance(row, Difference):
        return row
    return {**(row.score or NO_SCORE), "customer_id": row.customer_id, "change": row.kind.value}


def _pieces(rows: Iterable[T]) -> Iterator[list[T]]:
    each = iter(rows)
    while piece := list(islice(each, PIECE_ROWS)):
        yield piece
