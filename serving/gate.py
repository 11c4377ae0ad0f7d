"""The gate: every path needs a key but those listed here. A route that nobody thought of is closed."""

from __future__ import annotations

from typing import Annotated

import anyio.to_thread
from fastapi import Security, params
from fastapi.security import APIKeyHeader, HTTPBearer, SecurityScopes
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Connection

from serving.auth import ApiKey, Gatekeeper, Scope
from serving.errors import ServingError
from serving.problems import answer_error

__all__ = ["OPEN_PATHS", "OPEN_UNDER", "Gate", "needs"]

OPEN_PATHS = frozenset({"/livez", "/readyz", "/openapi.json", "/docs"})
OPEN_UNDER = "/static/"

BEARER = HTTPBearer(
    scheme_name="Bearer",
    description="`Authorization: Bearer joren_…`, with a key from `joren keys create`.",
    auto_error=False,
)
HEADER = APIKeyHeader(
    name="X-API-Key",
    scheme_name="ApiKey",
    description="The same key in a header of its own.",
    auto_error=False,
)


class Gate:
    """ASGI middleware: lets a request in with a live key, which then stands in ``scope["state"]["key"]``."""

    def __init__(self, app: ASGIApp, *, gatekeeper: Gatekeeper) -> None:
        self._app = app
        self._gatekeeper = gatekeeper

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        """Answer 401, or hand the request on."""
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS or scope["path"].startswith(OPEN_UNDER):
            await self._app(scope, receive, send)
            return
        credential = _credential(Headers(scope=scope))
        try:
            if self._gatekeeper.remembers(credential):
                key = self._gatekeeper.admit(credential)
            else:
                key = await anyio.to_thread.run_sync(self._gatekeeper.admit, credential)
        except ServingError as error:
            await answer_error(Request(scope), error)(scope, receive, send)
            return
        scope["state"]["key"] = key
        await self._app(scope, receive, send)


async def _check(
    request: Request,
    needed: SecurityScopes,
    _bearer: Annotated[object, Security(BEARER)],
    _header: Annotated[object, Security(HEADER)],
) -> None:
    key: ApiKey = request.state.key
    for scope in needed.scopes:
        key.demand(Scope(scope))


def needs(scope: Scope) -> params.Security:
    """Return the dependency of a route whose key must have that scope (403 otherwise)."""
    return params.Security(_check, scopes=[scope.value])


def _credential(headers: Headers) -> str | None:
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    return bearer.strip() if scheme.lower() == "bearer" else headers.get("x-api-key")
