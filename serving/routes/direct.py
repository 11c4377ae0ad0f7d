"""Routes that are asked thousands of times a second.

FastAPI finds out at each request, parameter by parameter, what a handler wants of it; that takes longer than
all else that a lookup does. A `Direct` route has the parts read as FastAPI declared them, at once. FastAPI
describes it, and answers every request that is not quite as it should be.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from serving.body import READ
from serving.routes.segments import Segments

__all__ = ["Direct"]

Check = Callable[[Request], Awaitable[None]]

JSON = b"application/json"


class Direct(Segments):
    """A route class for coroutines of ``request`` and what else is declared: path, query model, body model.

    The dependencies of such a route are coroutines of the request alone, whose answers nobody wants.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **described: Any) -> None:  # noqa: ANN401 - as APIRoute's
        super().__init__(path, endpoint, **described)
        self._checks = [cast("Check", dependency.call) for dependency in self.dependant.dependencies]

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is well formed, and let FastAPI answer what is not."""
        parts = self._read(scope)
        if parts is None:
            await super().handle(scope, receive, send)
            return
        request = Request(scope, receive, send)
        for check in self._checks:
            await check(request)
        answer: Response = await self.endpoint(request=request, **parts)
        await answer(scope, receive, send)

    def _read(self, scope: Scope) -> dict[str, Any] | None:
        """Return what the handler wants, by name; None where anything is not as declared."""
        if scope["method"] not in (self.methods or ()):
            return None
        wanted, parts = self.dependant, {}
        sent = [(field, scope["path_params"][field.name]) for field in wanted.path_params]
        sent += [(field, _query(scope)) for field in wanted.query_params]
        sent += [(field, _body(scope)) for field in wanted.body_params]
        for field, value in sent:
            parts[field.name], faults = field.validate(value)
            if faults:
                return None
        return parts


def _query(scope: Scope) -> dict[str, str] | None:
    """Return the query's parameters; None, which is no model, where one is given twice."""
    if not scope["query_string"]:
        return {}
    given = QueryParams(scope["query_string"])
    return dict(given) if len(given) == len(given.multi_items()) else None


def _body(scope: Scope) -> object:
    """Return the JSON that was sent, as `serving.body` read it; None where it was not sent as JSON."""
    kinds = [value for name, value in scope["headers"] if name == b"content-type"]
    return scope["state"].get(READ) if kinds == [JSON] else None
