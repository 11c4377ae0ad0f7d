"""The Open Inference Protocol (version 2): predictions from feature rows."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from serving.auth import Scope
from serving.errors import (
    ModelNotFoundError,
    ModelUnavailableError,
    ServiceBusyError,
    TensorsRefusedError,
    UnpredictableError,
)
from serving.gate import needs
from serving.in_use import Predictor
from serving.routes.asked import json_answer, refuse_parameters, service_of
from serving.tensors import InferRequest, rows_of, tensors_of
from serving.told_errors import inference_errors
from serving.wire_compute import EARLIEST, LATEST
from serving.wire_inference import (
    NAME,
    InferAnswer,
    LiveAnswer,
    ModelAnswer,
    ModelReadyAnswer,
    ReadyAnswer,
    ServerAnswer,
    described,
)
from training.bundle import NUMBERS

__all__ = ["router"]

router = APIRouter(prefix="/v2", tags=["inference"])

Name = Annotated[str, Path(description="The model's name: joren.", examples=["joren"])]
Version = Annotated[str, Path(description="The version in use.", examples=["0a1b2c3d4e5f"])]
KEYED: dict[str, Any] = {
    "responses": inference_errors(ModelNotFoundError, ModelUnavailableError),
    **needs(Scope.SCORES_READ),
}
ASKED: dict[str, Any] = KEYED | {
    "responses": inference_errors(
        TensorsRefusedError, UnpredictableError, ModelNotFoundError, ModelUnavailableError, ServiceBusyError
    )
}
NOT_READY: dict[int | str, dict[str, Any]] = {
    503: {"description": "No model is in use yet, or the service is draining.", "model": ReadyAnswer}
}


@router.get(
    "",
    summary="The server",
    response_model=ServerAnswer,
    response_description="Its name and version.",
    **needs(Scope.SCORES_READ),
)
async def server(request: Request) -> Response:
    """Return what answers here."""
    refuse_parameters(request)
    return json_answer(ServerAnswer())


@router.get(
    "/health/live", summary="Is the process alive?", response_model=LiveAnswer, response_description="It is."
)
async def live() -> Response:
    """Answer as long as the process can. Open without a key."""
    return json_answer(LiveAnswer())


@router.get(
    "/health/ready",
    summary="Can rows be predicted?",
    response_model=ReadyAnswer,
    response_description="They can.",
    responses=NOT_READY,
)
async def ready(request: Request) -> Response:
    """Answer 200 when a model is in use, and the service is not draining. Open without a key."""
    in_use, draining = service_of(request).in_use, request.app.state.lifecycle.draining
    is_ready = in_use.version is not None and not draining
    answer = json_answer(ReadyAnswer(ready=is_ready))
    answer.status_code = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
    return answer


@router.get(
    "/models/{name}",
    summary="The model in use",
    response_model=ModelAnswer,
    response_description="Its inputs and outputs.",
    **KEYED,
)
async def model(request: Request, name: Name) -> Response:
    """Return the inputs of the model in use, one for each feature, and its outputs."""
    return _described(request, name, None)


@router.get(
    "/models/{name}/versions/{version}",
    summary="A version of the model",
    response_model=ModelAnswer,
    response_description="Its inputs and outputs.",
    **KEYED,
)
async def model_version(request: Request, name: Name, version: Version) -> Response:
    """Return the inputs and outputs of the model, where it is this version that is in use."""
    return _described(request, name, version)


@router.get(
    "/models/{name}/ready",
    summary="Is the model ready?",
    response_model=ModelReadyAnswer,
    response_description="It is.",
    **KEYED,
)
async def model_ready(request: Request, name: Name) -> Response:
    """Answer 200 where the model is in use."""
    return _ready(request, name, None)


@router.get(
    "/models/{name}/versions/{version}/ready",
    summary="Is a version ready?",
    response_model=ModelReadyAnswer,
    response_description="It is.",
    **KEYED,
)
async def model_version_ready(request: Request, name: Name, version: Version) -> Response:
    """Answer 200 where this version is in use, 404 where another is."""
    return _ready(request, name, version)


@router.post(
    "/models/{name}/infer",
    summary="Predict from feature rows",
    response_model=InferAnswer,
    response_description="A value of each output for each row.",
    **ASKED,
)
async def infer(request: Request, asked: InferRequest, name: Name) -> Response:
    """Return what the model in use predicts of each row of features, and which version that is.

    Give every feature as a tensor of its own, or all of them as the tensor `features`, in the order of the
    model's inputs. A value that is missing is null.
    """
    return await _inferred(request, asked, name, None)


@router.post(
    "/models/{name}/versions/{version}/infer",
    summary="Predict by one version",
    response_model=InferAnswer,
    response_description="A value of each output for each row.",
    **ASKED,
)
async def infer_by_version(request: Request, asked: InferRequest, name: Name, version: Version) -> Response:
    """Return what this version predicts; a 404 where another is in use."""
    return await _inferred(request, asked, name, version)


def _described(request: Request, name: str, version: str | None) -> Response:
    refuse_parameters(request)
    return json_answer(described(_asked_for(request, name, version)))


def _ready(request: Request, name: str, version: str | None) -> Response:
    refuse_parameters(request)
    _asked_for(request, name, version)
    return json_answer(ModelReadyAnswer(name=NAME))


async def _inferred(request: Request, asked: InferRequest, name: str, version: str | None) -> Response:
    refuse_parameters(request)
    chosen = _asked_for(request, name, version)
    as_of = _as_of(asked.parameters or {}, chosen)
    wanted = NUMBERS if asked.outputs is None else tuple(one.name for one in asked.outputs)
    if unknown := len(set(wanted) - set(NUMBERS)):
        raise TensorsRefusedError(f"{unknown} of the outputs wanted are none of the model's.")
    rows = rows_of(asked.inputs, chosen.metadata.features)
    with request.app.state.metrics.inferring("features"):
        said = await request.app.state.inference.predict(chosen, as_of, rows)
    answer: dict[str, Any] = {
        "model_name": NAME,
        "model_version": chosen.version,
        "parameters": {"as_of": str(as_of)},
        "outputs": tensors_of({name: said[name] for name in wanted}),
    }
    return JSONResponse(answer if asked.id is None else {"id": asked.id, **answer})


def _asked_for(request: Request, name: str, version: str | None) -> Predictor:
    if name != NAME:
        raise ModelNotFoundError("There is no model of this name.", mend=f"Ask for {NAME}.")
    chosen = service_of(request).in_use.model
    if version not in {None, chosen.version}:
        raise ModelNotFoundError("This version is not in use.", mend=f"Ask for {chosen.version}.")
    return chosen


def _as_of(parameters: dict[str, Any], chosen: Predictor) -> date:
    if set(parameters) - {"as_of"}:
        raise TensorsRefusedError("A parameter is not known.", mend="There is as_of.")
    told = parameters.get("as_of", str(chosen.metadata.as_of))
    try:
        as_of = date.fromisoformat(told)
    except (TypeError, ValueError) as error:
        raise TensorsRefusedError("as_of is no day.", mend="Write YYYY-MM-DD.") from error
    if not EARLIEST <= as_of <= LATEST:
        raise TensorsRefusedError("as_of is out of range.", mend="Years lie between 1900 and 2199.")
    return as_of
