"""All customers together: the segments, and the customers' experience."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from serving.auth import Scope
from serving.errors import ExperienceNotKnownError, NotPublishedError
from serving.gate import needs
from serving.routes.asked import (
    REVALIDATED,
    json_answer,
    refuse_parameters,
    revalidated,
    service_of,
)
from serving.told_errors import problems
from serving.wire_population import Experience, SegmentItem, Segments

__all__ = ["router"]

router = APIRouter(tags=["lists"])


@router.get(
    "/v1/segments",
    summary="The ten segments",
    response_model=Segments,
    response_description="The segments of the current run.",
    responses=REVALIDATED | problems(NotPublishedError),
    **needs(Scope.LISTS_READ),
)
def segments(request: Request) -> Response:
    """Return how many stand in each segment of recency and frequency, and what is at stake there."""
    refuse_parameters(request)
    run, totals = service_of(request).segments()
    answer = Segments(
        run_id=run.run_id,
        as_of=run.as_of,
        published_at=run.published_at,
        currency=run.currency,
        data=[SegmentItem(**asdict(one)) for one in totals],
    )
    return revalidated(request, json_answer(answer))


@router.get(
    "/v1/cx",
    summary="The customers' experience in figures",
    response_model=Experience,
    response_description="The figures, as the current run found them.",
    responses=REVALIDATED | problems(ExperienceNotKnownError, NotPublishedError),
    **needs(Scope.LISTS_READ),
)
def experience(request: Request) -> Response:
    """Return NPS, CSAT, CES, churn and retention by month, cohorts and support's answers.

    They are counted, not predicted: as of the run's as_of, each with its sample and a 95 % interval.
    """
    refuse_parameters(request)
    run, found = service_of(request).experience()
    told = {**found, "run_id": run.run_id, "published_at": run.published_at}
    return revalidated(request, json_answer(Experience.model_validate(told)))
