"""Request heads: at most so long a target, and at most so many bytes of headers."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.errors import HeadersTooLargeError, ServingError, TargetTooLongError
from serving.problems import answer_error

__all__ = ["HeadCheck"]

LIMIT_BYTES = 32_768


class HeadCheck:
    """ASGI middleware: answers 414 or 431 to a head that no client means."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on what is short enough."""
        if scope["type"] == "http":
            try:
                _refuse_if_too_long(scope)
            except ServingError as error:
                answer = answer_error(Request(scope), error)
                answer.headers["Connection"] = "close"
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _refuse_if_too_long(scope: Scope) -> None:
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > LIMIT_BYTES:
        raise TargetTooLongError(
            f"A path and its query have at most {LIMIT_BYTES:,} bytes.",
            mend="Ask for long ids with POST /v1/scores/lookup.",
        )
    if sum(len(name) + len(value) for name, value in scope["headers"]) > LIMIT_BYTES:
        raise HeadersTooLargeError(f"Headers have at most {LIMIT_BYTES:,} bytes.", mend="Send fewer of them.")
