"""What several routes ask of a request, and how they answer."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from serving.service import ScoringService

__all__ = ["Service", "json_answer", "refuse_parameters", "refuse_repeated_parameters"]


def service_of(request: Request) -> ScoringService:
    """Return the service behind the app."""
    return cast("ScoringService", request.app.state.service)


Service = Annotated[ScoringService, Depends(service_of)]


def refuse_repeated_parameters(request: Request) -> None:
    """Raise what becomes a 422 where a parameter is given twice: which of them counts would be a guess."""
    names = [name for name, _ in request.query_params.multi_items()]
    if len(set(names)) < len(names):
        fault = {"type": "repeated", "loc": ("query",), "msg": "A parameter is given twice"}
        raise RequestValidationError([fault])


def refuse_parameters(request: Request) -> None:
    """Raise what becomes a 422 where a route that knows no parameters is given one."""
    if request.query_params:
        fault = {"type": "unknown", "loc": ("query",), "msg": "A parameter is not known"}
        raise RequestValidationError([fault])


def json_answer(model: BaseModel) -> Response:
    """Return a model as JSON, written once and by pydantic itself."""
    return Response(model.model_dump_json(), media_type="application/json")
