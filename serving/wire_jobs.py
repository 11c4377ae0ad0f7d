"""Jobs on the wire."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from serving.jobs import Job, JobState
from serving.schemas import Question
from serving.wire_score import Answer

__all__ = ["JobAnswer", "JobPage", "JobsQuery", "ScoreRequest", "job_answer"]


ONE_DAY = timedelta(days=1)


def _not_to_come(day: date) -> date:
    if day > datetime.now(UTC).date() + ONE_DAY:  # which it already is, east of Greenwich
        raise ValueError("the day is yet to come")
    return day


class ScoreRequest(Question):
    """What is to be scored."""

    as_of: Annotated[date, AfterValidator(_not_to_come)] | None = Field(
        default=None,
        description="Score as of this local day, which may not be yet to come; null: as joren.toml says, "
        "else the data's last day.",
        examples=["2026-04-30"],
    )


class JobsQuery(Question):
    """How many jobs at a time."""

    limit: int = Field(default=20, ge=1, le=100, description="Jobs a page.")
    cursor: str | None = Field(
        default=None, min_length=1, max_length=8_192, description="`next_cursor` of the page before."
    )


class JobAnswer(Answer):
    """A job as it stands."""

    job_id: str = Field(description="Names it.", examples=["job_5f0c1e9a7b4f0c8e6a2d"])
    state: JobState = Field(
        description="`running`; `succeeded`: its scores are published; `failed`: see `problem`; `cancelled`.",
        examples=["running"],
    )
    as_of: date | None = Field(description="What was asked for.", examples=["2026-04-30"])
    created_at: datetime = Field(description="In UTC.", examples=["2026-05-01T02:00:00Z"])
    finished_at: datetime | None = Field(description="In UTC; null while it runs.", examples=[None])
    cancel_requested: bool = Field(
        description="Whether somebody wants it stopped; it stops within seconds, unless it ends before."
    )
    step: str | None = Field(
        description="What it is doing, or did last.", examples=["Scoring every customer"]
    )
    steps_done: int = Field(
        description="How many steps are behind it: reading, scoring and publishing are one each.",
        examples=[1],
    )
    run_id: str | None = Field(description="The run that it published.", examples=[None])
    problem: str | None = Field(
        description="Why it failed.", examples=["Another run is at work in the project's folder."]
    )


class JobPage(Answer):
    """A page of jobs."""

    data: list[JobAnswer] = Field(description="Newest first; jobs are kept for 30 days.")
    has_more: bool = Field(description="Whether there is a next page.", examples=[False])
    next_cursor: str | None = Field(
        description="Goes into `cursor` for the next page; null at the end.", examples=[None]
    )


def job_answer(job: Job) -> JobAnswer:
    """Put a job on the wire."""
    return JobAnswer(
        job_id=job.job_id,
        state=job.state,
        as_of=job.asked["as_of"],
        created_at=job.created_at,
        finished_at=job.finished_at,
        cancel_requested=job.cancel_requested_at is not None,
        step=job.step,
        steps_done=job.steps_done,
        run_id=job.run_id,
        problem=job.problem,
    )
