"""The model behind the scores, and the one that answers for what comes with a request."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from serving.auth import Scope
from serving.errors import ModelRefusedError, ModelUnavailableError, NotPublishedError
from serving.gate import needs
from serving.routes.asked import REVALIDATED, json_answer, refuse_parameters, revalidated, service_of
from serving.schemas import CurrentModel, UsedModel
from serving.told_errors import problems

__all__ = ["router"]

router = APIRouter(tags=["models"])


@router.get(
    "/v1/models/current",
    summary="The model behind the current scores",
    response_model=CurrentModel,
    response_description="The model.",
    responses=REVALIDATED | problems(NotPublishedError, ModelUnavailableError),
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


@router.post(
    "/v1/models/current/reload",
    summary="Use the promoted model from now on",
    response_model=UsedModel,
    response_description="The model in use from now on.",
    responses=problems(ModelRefusedError, ModelUnavailableError),
    **needs(Scope.MODELS_ADMIN),
)
def reload_model(request: Request) -> Response:
    """Look at `bundles/current` at once, and answer when what it leads to is in use.

    After `joren promote` or `joren rollback` this says whether the model was taken in: it is verified first,
    which takes seconds, and a bundle that is not sound is a 409, while the one before goes on answering. A
    bundle that was refused is looked at again. Of several workers the one that answers has it now, the others
    within moments.
    """
    refuse_parameters(request)
    if (watch := request.app.state.watch) is None:
        raise ModelUnavailableError("This service watches no folder of models.")
    model = watch.reload()
    return json_answer(UsedModel(version=model.version, as_of=model.metadata.as_of))
