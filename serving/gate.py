"""The gate: every path needs a key but those listed here, and the pages, which need a session.

A route that nobody thought of is closed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import anyio.to_thread
from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Connection

from serving.auth import ApiKey, Credential, Gatekeeper, Scope
from serving.errors import NotAuthenticatedError, ServingError, TooManyRequestsError
from serving.limits import Guesses, Limits, Quota
from serving.pages.door import PAGE_PATHS, Door
from serving.pages.rendering import pages_of
from serving.problems import answer_error
from serving.usage import KeyUsage

__all__ = ["OPEN_PATHS", "OPEN_UNDER", "SECURITY_SCHEMES", "Gate", "needs"]

OPEN_PATHS = frozenset(
    {"/livez", "/readyz", "/v2/health/live", "/v2/health/ready", "/openapi.json", "/docs", "/sign-in"}
)
OPEN_UNDER = "/static/"

SECURITY_SCHEMES = {
    "Bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "`Authorization: Bearer joren_…`, with a key from `joren keys create`.",
    },
    "ApiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "The same key in a header of its own.",
    },
}


class Gate:
    """ASGI middleware: lets a request in with a live key that has requests left.

    The key then stands in ``scope["state"]["key"]``, what is left of its minute in ``["quota"]``. A page
    opens with a session instead, which stands in ``["session"]``.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        gatekeeper: Gatekeeper,
        door: Door,
        limits: Limits,
        guesses: Guesses,
        usage: KeyUsage,
    ) -> None:
        self._app = app
        self._gatekeeper = gatekeeper
        self._door = door
        self._limits = limits
        self._guesses = guesses
        self._usage = usage

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        """Answer 401 or 429, or hand the request on."""
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS or scope["path"].startswith(OPEN_UNDER):
            await self._app(scope, receive, send)
            return
        if scope["path"] in PAGE_PATHS:
            await self._answer_page(scope, receive, send)
            return
        credential = Credential.of(_sent(scope["headers"]))
        address = str((scope.get("client") or ("",))[0])
        if not self._gatekeeper.has_met(credential) and (wait := self._guesses.wait_seconds(address)):
            await _refusal(scope, _too_many_guesses(wait), wait)(scope, receive, send)
            return
        try:
            if self._gatekeeper.answers_at_once(credential):
                key = self._gatekeeper.admit(credential)
            else:
                key = await anyio.to_thread.run_sync(self._gatekeeper.admit, credential)
        except ServingError as error:
            if isinstance(error, NotAuthenticatedError) and not self._gatekeeper.has_met(credential):
                self._guesses.note(address)
            await answer_error(Request(scope), error)(scope, receive, send)
            return
        scope["state"]["key"] = key
        scope["state"]["quota"] = quota = self._limits.spend(key)
        self._usage.saw(key.prefix)
        if quota.is_exceeded:
            await _refusal(scope, _too_many(quota), quota.reset_seconds)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _answer_page(self, scope: Connection, receive: Receive, send: Send) -> None:
        request = Request(scope)
        try:
            session = await anyio.to_thread.run_sync(self._door.admit, request)
        except ServingError as error:
            await pages_of(request).error(request, error)(scope, receive, send)
            return
        if session is None:
            await self._door.turn_away(request)(scope, receive, send)
            return
        scope["state"]["session"] = session
        await self._app(scope, receive, send)


def needs(scope: Scope) -> dict[str, Any]:
    """Return the keywords of a route whose key must have that scope (403 otherwise), and that says so."""

    async def check(request: Request) -> None:
        key: ApiKey = request.state.key
        key.demand(scope)

    ways = [{name: [scope.value]} for name in SECURITY_SCHEMES]
    return {"dependencies": [Depends(check)], "openapi_extra": {"security": ways}}


def _refusal(scope: Connection, error: TooManyRequestsError, wait_seconds: int) -> Response:
    answer = answer_error(Request(scope), error)
    answer.headers["Retry-After"] = str(wait_seconds)
    return answer


def _too_many_guesses(wait_seconds: int) -> TooManyRequestsError:
    return TooManyRequestsError(
        "Too many keys that are none were sent from this address.",
        mend=f"Try a key that was not used before again in {wait_seconds} seconds.",
    )


def _too_many(quota: Quota) -> TooManyRequestsError:
    return TooManyRequestsError(
        f"This key may make {quota.limit:,} requests a minute.",
        mend=f"Try again in {quota.reset_seconds} seconds.",
    )


def _sent(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Return the one credential that was sent; None where two headers tell of different ones."""
    told = set()
    for name, value in headers:
        if name == b"x-api-key":
            told.add(value.decode("latin-1"))
        elif name == b"authorization":
            scheme, _, bearer = value.decode("latin-1").partition(" ")
            told.add(bearer.strip() if scheme.lower() == "bearer" else "")
    return told.pop() if len(told) == 1 else None
