"""What several routes ask of a request, and how they answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from serving.service import ScoringService

__all__ = [
    "LINKED",
    "REVALIDATED",
    "answer_of",
    "json_answer",
    "refuse_parameters",
    "refuse_repeated_parameters",
    "revalidated",
    "service_of",
]

REVALIDATED: dict[int | str, dict[str, Any]] = {
    200: {"headers": {"ETag": {"description": "Names this very answer.", "schema": {"type": "string"}}}},
    304: {"description": "The answer is still the one that If-None-Match names."},
}
"""What a route says in its description whose answers are `revalidated`."""

LINKED: dict[int | str, dict[str, Any]] = {
    200: {
        "headers": {
            "Link": {
                "description": 'The next page, as `<…>; rel="next"`; missing at the end.',
                "schema": {"type": "string"},
            }
        }
    }
}
"""What a route says in its description whose answers are pages."""

P = ParamSpec("P")
T = TypeVar("T")


def service_of(request: Request) -> ScoringService:
    """Return the service behind the app."""
    return cast("ScoringService", request.app.state.service)


async def answer_of(service: ScoringService, question: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """Return ``question(*args)``, from a thread unless the store answers faster than a thread would start."""
    if service.store.is_local:
        return question(*args, **named)
    return await run_in_threadpool(question, *args, **named)


def refuse_repeated_parameters(request: Request, *, but: str = "") -> None:
    """Raise what becomes a 422 where a parameter is given twice: which of them counts would be a guess.

    Of ``but`` there may be several.
    """
    if not request.scope["query_string"]:
        return
    names = [name for name, _ in request.query_params.multi_items() if name != but]
    if len(set(names)) < len(names):
        fault = {"type": "repeated", "loc": ("query",), "msg": "A parameter is given twice"}
        raise RequestValidationError([fault])


def refuse_parameters(request: Request) -> None:
    """Raise what becomes a 422 where a route that knows no parameters is given one."""
    if request.scope["query_string"] and request.query_params:
        fault = {"type": "unknown", "loc": ("query",), "msg": "No parameter is known here"}
        raise RequestValidationError([fault])


def json_answer(model: BaseModel) -> Response:
    """Return a model as JSON, written once and by pydantic itself."""
    return Response(model.model_dump_json(), media_type="application/json")


def revalidated(request: Request, answer: Response) -> Response:
    """Return the answer with its ETag, or a 304 without a body where the client has this very answer."""
    etag = f'"{hashlib.sha256(answer.body).hexdigest()[:32]}"'
    told = [(b"etag", etag.encode()), (b"cache-control", b"private, no-cache")]
    if sent := request.headers.get("if-none-match"):
        known = {tag.strip().removeprefix("W/") for tag in sent.split(",")}
        if known & {etag, "*"}:
            unchanged = Response(status_code=304)
            kept = [header for header in answer.raw_headers if header[0] in {b"vary", b"link"}]
            unchanged.raw_headers = kept + told
            return unchanged
    answer.raw_headers += told
    return answer
