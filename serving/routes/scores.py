"""Scores of single customers, one at a time or up to a thousand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from serving.auth import Scope
from serving.errors import (
    CustomerNotFoundError,
    ModelUnavailableError,
    NotPublishedError,
    ReasonsUnavailableError,
)
from serving.gate import needs
from serving.routes.asked import (
    REVALIDATED,
    answer_of,
    json_answer,
    refuse_parameters,
    refuse_repeated_parameters,
    revalidated,
    service_of,
)
from serving.routes.direct import Direct
from serving.schemas import LookupAnswer, LookupItem, LookupRequest, ScoreQuery
from serving.service import Explaining, ScoringService
from serving.told_errors import problems
from serving.wire_score import CustomerId, Score

__all__ = ["router"]

router = APIRouter(tags=["scores"], route_class=Direct)

FEW = 20
"""So many scores are looked up sooner than a thread would start."""


@router.get(
    "/v1/customers/{customer_id:path}/score",
    summary="A customer's score",
    response_description="The score.",
    response_model=Score,
    responses=REVALIDATED
    | problems(CustomerNotFoundError, NotPublishedError, ModelUnavailableError, ReasonsUnavailableError),
    **needs(Scope.SCORES_READ),
)
async def customer_score(
    request: Request,
    customer_id: Annotated[CustomerId, Path()],
    query: Annotated[ScoreQuery, Query()],
) -> Response:
    """Return all that the current run says of a customer, with reasons if they are asked for.

    Send the `ETag` back as `If-None-Match`, and an unchanged score is a 304 without a body.
    """
    refuse_repeated_parameters(request)
    service = service_of(request)
    explaining = Explaining(query.language, compute=query.reasons)
    if explaining.compute:
        row = await run_in_threadpool(service.score, customer_id, explaining)
    else:
        row = await answer_of(service, service.score, customer_id, explaining)
    return revalidated(request, json_answer(Score.model_validate(row)))


@router.post(
    "/v1/scores/lookup",
    summary="The scores of up to 1,000 customers",
    response_description="One result for each id.",
    response_model=LookupAnswer,
    responses=problems(NotPublishedError),
    **needs(Scope.SCORES_READ),
)
async def lookup_scores(request: Request, asked: LookupRequest) -> Response:
    """Return one result for each id, in the order of the request, all from the same run.

    Reasons are those stored with the run: in English, for the customers with the most value at risk.
    """
    refuse_parameters(request)
    service = service_of(request)
    if len(asked.customer_ids) > FEW:
        return await run_in_threadpool(_looked_up, service, asked.customer_ids)
    return await answer_of(service, _looked_up, service, asked.customer_ids)


def _looked_up(service: ScoringService, customer_ids: Sequence[str]) -> Response:
    found = service.lookup(customer_ids)
    scores = {one: Score.model_validate(row) for one, row in found.scores.items()}
    results = [
        LookupItem(customer_id=one, status="found" if one in scores else "not_found", score=scores.get(one))
        for one in customer_ids
    ]
    return json_answer(LookupAnswer(run_id=found.run_id, results=results))
