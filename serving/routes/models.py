"""The model behind the scores."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from serving.auth import Scope
from serving.gate import needs
from serving.openapi import problems
from serving.routes.asked import REVALIDATED, json_answer, refuse_parameters, revalidated, service_of
from serving.schemas import CurrentModel

__all__ = ["router"]

router = APIRouter(tags=["models"])


@router.get(
    "/v1/models/current",
    summary="The model behind the current scores",
    response_model=CurrentModel,
    response_description="The model.",
    responses=REVALIDATED | problems(401, 403, 422, 503),
    **needs(Scope.SCORES_READ),
)
def current_model(request: Request) -> Response:
    """Return what the current scores were made with, and when they were published.

    Its `ETag` changes with each run that is published: with `If-None-Match` it costs little to ask often.
    """
    refuse_parameters(request)
    model, run = service_of(request).model()
    origin = model.metadata
    answer = CurrentModel(
        version=model.version,
        method=origin.method,
        as_of=origin.as_of,
        horizon_days=origin.horizon_days,
        zone=origin.zone,
        currency=origin.currency,
        features=list(origin.features),
        run_id=run.run_id,
        published_at=run.published_at,
        customers=run.customers,
    )
    return revalidated(request, json_answer(answer))
