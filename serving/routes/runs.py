"""What is kept: runs, and the models behind them."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from serving.auth import Scope
from serving.gate import needs
from serving.overview import overview
from serving.routes.asked import json_answer, refuse_parameters, service_of
from serving.wire_runs import HeldModel, HeldModels, Runs, runs_answer

__all__ = ["router"]

router = APIRouter(tags=["models"])


@router.get(
    "/v1/runs",
    summary="The runs that are kept",
    response_model=Runs,
    response_description="The runs, newest first, and the room that the store takes.",
    **needs(Scope.SCORES_READ),
)
def runs(request: Request) -> Response:
    """Return the published runs that are still kept, which of them is current, and the room they take."""
    refuse_parameters(request)
    return json_answer(runs_answer(overview(service_of(request).store)))


@router.get(
    "/v1/models",
    summary="The models that are kept",
    response_model=HeldModels,
    response_description="The models.",
    **needs(Scope.SCORES_READ),
)
def models(request: Request) -> Response:
    """Return every model in the bundles folder, which runs it gave, and which of them scores the next run."""
    refuse_parameters(request)
    service = service_of(request)
    champion, runs = service.shelf.champion(), service.store.runs()
    held = [
        HeldModel(
            version=version,
            is_champion=version == champion,
            is_usable=origin is not None,
            runs=[run.run_id for run in runs if run.model_version == version],
            method=origin.method if origin else None,
            as_of=origin.as_of if origin else None,
            horizon_days=origin.horizon_days if origin else None,
        )
        for version, origin in service.shelf.held().items()
    ]
    return json_answer(HeldModels(data=sorted(held, key=lambda one: (not one.is_champion, one.version))))
