"""What every answer is wrapped in: a request id, what the key may still ask, a line in the log, a count."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.gate import OPEN_PATHS, OPEN_UNDER
from serving.housekeeping import Housekeeping
from serving.metrics import Metrics
from serving.pages.door import PAGE_PATHS, SIGN_IN
from serving.pages.rendering import pages_of
from serving.problems import server_fault

__all__ = ["Envelope"]

logger = logging.getLogger("joren.access")

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
USUAL_HEADERS = (*SECURITY_HEADERS, (b"cache-control", b"no-store"))
USUAL_HEADERS_OF_FILES = (*SECURITY_HEADERS, (b"cache-control", b"no-cache"))


Header = tuple[bytes, bytes]


class Envelope:
    """ASGI middleware, the outermost of ours."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, housekeeping: Housekeeping) -> None:
        self._app = app
        self._metrics = metrics
        self._housekeeping = housekeeping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, whatever happens inside."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope["headers"])
        scope.setdefault("state", {})["request_id"] = request_id
        usual = USUAL_HEADERS_OF_FILES if scope["path"].startswith(OPEN_UNDER) else USUAL_HEADERS
        status = 0
        begun = time.perf_counter()

        async def wrapped(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                told = {"X-Request-Id": request_id}
                if quota := scope["state"].get("quota"):
                    told |= quota.headers
                if scope["path"].startswith("/v1/"):
                    told |= self._housekeeping.stale_headers
                message["headers"] = _completed(message.get("headers", ()), usual, told)
            await send(message)

        try:
            await self._app(scope, receive, wrapped)
        except Exception:
            logger.exception("fault", extra={"joren": {"request_id": request_id}})
            if status:
                raise  # the answer has begun: only breaking the connection can still tell
            await _fault(scope)(scope, receive, wrapped)
        finally:
            self._note(scope, request_id, status, time.perf_counter() - begun)

    def _note(self, scope: Scope, request_id: str, status: int, seconds: float) -> None:
        handler = _template(scope)
        method = scope["method"] if scope["method"] in METHODS else "OTHER"
        self._metrics.answered(handler, method, status, seconds)
        key = scope["state"].get("key")
        fields = {
            "request_id": request_id,
            "method": method,
            "route": handler,
            "status": status,
            "duration_ms": round(seconds * 1000, 2),
            "key": key.prefix if key else None,
        }
        logger.info("answered", extra={"joren": fields})


def _fault(scope: Scope) -> Response:
    """Return a page to people and a problem to programs."""
    if scope["path"] in PAGE_PATHS or scope["path"] == SIGN_IN:
        request = Request(scope)
        with suppress(Exception):  # it may be the pages that are broken
            return pages_of(request).fault(request)
    return server_fault(scope)


def _completed(headers: Iterable[Header], usual: Iterable[Header], told: Mapping[str, str]) -> list[Header]:
    """Return ``headers`` with those of the ``usual`` that they lack, and what is ``told`` of the request."""
    there = list(headers)
    names = {name for name, _ in there}
    lacking = [header for header in usual if header[0] not in names]
    ours = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in told.items()]
    return there + lacking + ours


def _request_id(headers: Iterable[Header]) -> str:
    given = next((value.decode("latin-1") for name, value in headers if name == b"x-request-id"), "")
    return given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def _template(scope: Scope) -> str:
    """Return the path of the route with its parameters' names, not their values."""
    template = getattr(scope.get("route"), "path_format", None)
    if template is not None:
        return str(template)
    if scope["path"].startswith(OPEN_UNDER):
        return OPEN_UNDER
    return str(scope["path"]) if scope["path"] in OPEN_PATHS else "unmatched"
