"""Every error as problem+json (RFC 9457). What the client sent is never repeated in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal, cast

from fastapi.exceptions import RequestValidationError
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from serving.errors import (
    STATUS,
    NotAuthenticatedError,
    RefusedRowsError,
    ServiceBusyError,
    ServingError,
)
from serving.wire_score import Answer

__all__ = [
    "INFERENCE",
    "MEDIA_TYPE",
    "Problem",
    "answer_error",
    "answer_http",
    "answer_invalid",
    "problem_answer",
    "server_fault",
    "title_of",
    "type_of",
]

INFERENCE = "/v2"  # where errors have the form of the Open Inference Protocol
MEDIA_TYPE = "application/problem+json"
ADVICE: dict[type[ServingError], dict[str, str]] = {
    NotAuthenticatedError: {"WWW-Authenticate": 'Bearer realm="joren"'},
    ServiceBusyError: {"Retry-After": "1"},
}
UNKNOWN_FIELD, OUR_OWN, MISSING = "extra_forbidden", "value_error", "missing"  # as pydantic names them
SHOWN = 3


class ProblemItem(Answer):
    """One thing that is wrong with a request. The offending value is never repeated."""

    where: Literal["body", "query", "path", "header"]
    pointer: str = Field(
        description="A JSON pointer to the field; of a field that is not known, to what it stands in.",
        examples=["/customer_ids/3"],
    )
    message: str = Field(examples=["Input should be a valid string"])
    code: str | None = Field(
        default=None,
        description="Of a row that breaks the data contract: the reason, as in a run's quarantine.",
        examples=["unreadable_amount"],
    )


class Problem(Answer):
    """An error, as RFC 9457 says."""

    type: str = Field(
        description="A stable name of the kind of error.", examples=["urn:joren:problem:customer-not-found"]
    )
    title: str = Field(examples=["Customer not found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["No customer of this id has been scored."])
    request_id: str = Field(
        description="The same as in the X-Request-Id header: quote it when you ask for help.",
        examples=["4f5d0c1e9a7b4f0c8e6a2d3b1c0f9e8d"],
    )
    errors: list[ProblemItem] | None = Field(
        default=None, description="What is wrong with the request, one by one."
    )


def title_of(kind: type[Exception]) -> str:
    """Return the title of a kind of error: ``CustomerNotFoundError`` is "Customer not found"."""
    if kind is RequestValidationError:
        return "Invalid request"
    return re.sub(r"(?<!^)(?=[A-Z])", " ", kind.__name__.removesuffix("Error")).capitalize()


def type_of(kind: type[Exception]) -> str:
    """Return what the ``type`` of a kind of error ends with: ``customer-not-found``."""
    return _kebab(title_of(kind))


def answer_error(request: Request, error: Exception) -> Response:
    """Answer one of Joren's errors with the status that ``STATUS`` gives it; raise any other again."""
    if not isinstance(error, ServingError) or type(error) not in STATUS:
        raise error
    refused = error.places if isinstance(error, RefusedRowsError) else ()
    return problem_answer(
        request.scope,
        STATUS[type(error)],
        name=title_of(type(error)),
        detail=f"{error.what} {error.mend}".strip(),
        headers=ADVICE.get(type(error)),
        errors=[ProblemItem(where="body", pointer=at, message=mend, code=why) for at, why, mend in refused]
        or None,
    )


def answer_http(request: Request, error: Exception) -> Response:
    """Answer what the framework refuses: an unknown path, a method that a path does not know."""
    refused = cast("HTTPException", error)
    status = HTTPStatus(refused.status_code)
    detail = f"{status.description or status.phrase}."
    headers = dict(refused.headers or {})
    if "GET" in (allowed := headers.get("Allow", "").split(", ")):
        headers["Allow"] = ", ".join([*allowed, "HEAD"])
    return problem_answer(request.scope, status, name=status.phrase, detail=detail, headers=headers)


def answer_invalid(request: Request, error: Exception) -> Response:
    """Answer a request whose fields are not as they should be, field by field."""
    items = [_item(one, request) for one in cast("RequestValidationError", error).errors()]
    return problem_answer(
        request.scope,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        name=title_of(RequestValidationError),
        detail=_summary(items),
        errors=items,
    )


def server_fault(scope: Scope) -> Response:
    """Answer a fault of Joren's own: the log, under the same request id, says where."""
    return problem_answer(
        scope,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        name="Internal error",
        detail="The fault is Joren's. Quote the request id when you report it.",
    )


def problem_answer(
    scope: Scope,
    status: HTTPStatus,
    *,
    name: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
    errors: list[ProblemItem] | None = None,
) -> Response:
    """Return the problem as an ASGI answer; ``name`` gives both its title and, in kebab case, its type.

    The Open Inference Protocol has an error form of its own.
    """
    if scope["path"].startswith(INFERENCE):
        return JSONResponse({"error": detail}, int(status), headers=dict(headers or {}))
    problem = Problem(
        type=f"urn:joren:problem:{_kebab(name)}",
        title=name,
        status=status,
        detail=detail,
        request_id=scope.get("state", {}).get("request_id", ""),
        errors=errors,
    )
    content = problem.model_dump_json(exclude_none=True)
    return Response(content, int(status), headers=dict(headers or {}), media_type=MEDIA_TYPE)


def _kebab(title: str) -> str:
    return title.lower().replace(" ", "-")


def _summary(items: list[ProblemItem]) -> str:
    told = [f"{item.where} {item.pointer}".strip() + f": {item.message}." for item in items[:SHOWN]]
    more = [f"And {len(items) - SHOWN} more."] if len(items) > SHOWN else []
    return " ".join(["The request is not as it should be.", *told, *more])


def _item(error: Mapping[str, Any], request: Request) -> ProblemItem:
    where, *path = error["loc"]
    kind, told = error["type"], error["msg"]
    if kind == UNKNOWN_FIELD:
        path, told = path[:-1], "A field here is not known"
        if where == "query":
            told = f"A parameter is not known. Known are {', '.join(_parameters(request))}"
    elif kind == OUR_OWN:
        told = told.removeprefix("Value error, ")
    elif kind == MISSING and where == "body" and not path:
        told = "A body is required"
    return ProblemItem(where=where, pointer=_pointer(path), message=told[0].upper() + told[1:])


def _parameters(request: Request) -> list[str]:
    """Return the names of the query's parameters, which stand in the one model that a route has for them."""
    models = [field.field_info.annotation for field in request.scope["route"].dependant.query_params]
    return [name for model in models for name in getattr(model, "model_fields", ())]


def _pointer(path: list[str | int]) -> str:
    return "".join(f"/{step}" for step in path)
