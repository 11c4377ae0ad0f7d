"""Request bodies: at most so many bytes, counted as they arrive and unpack, and JSON in the strictest sense.

What parsers disagree about is refused before any of them sees it: repeated names, NaN and Infinity, numbers
beyond a double, nesting without end, bytes that are no UTF-8.
"""

from __future__ import annotations

import asyncio
import json
import math
from typing import NoReturn

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.errors import (
    BodyEncodingError,
    BodyTimeoutError,
    BodyTooLargeError,
    MalformedBodyError,
    ServingError,
)
from serving.pages.door import FORM_PATHS
from serving.problems import answer_error
from serving.unpacking import Gunzip, Plain

__all__ = ["READ", "BodyCheck", "strict_json"]

READ = "json"
"""Under this name a request's state holds its body, read."""

TELL_OF_A_BODY = frozenset({b"content-length", b"transfer-encoding"})
AT_ONCE_BYTES = 65_536
"""A longer body is read beside the event loop, which it would hold up for milliseconds."""


class BodyCheck:
    """ASGI middleware: reads a body whole, unpacks and checks it, and hands it on in one piece."""

    def __init__(self, app: ASGIApp, *, limit_bytes: int, timeout_seconds: float) -> None:
        self._app = app
        self._limit_bytes = limit_bytes
        self._timeout_seconds = timeout_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 408, 413, 415 or 400 where the body is none to hand on."""
        if scope["type"] != "http" or not any(name in TELL_OF_A_BODY for name, _ in scope["headers"]):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            body = await self._in_time(headers, receive)
            if body and scope["path"] not in FORM_PATHS:
                scope["state"][READ] = await _read(body)
        except ServingError as error:
            answer = answer_error(Request(scope), error)
            answer.headers["Connection"] = "close"
            if isinstance(error, BodyEncodingError):
                answer.headers["Accept-Encoding"] = "gzip"
            await answer(scope, receive, send)
            return
        if body is not None:
            _fit_headers(scope, body)
            await self._app(scope, _replaying(body, receive), send)

    async def _in_time(self, headers: Headers, receive: Receive) -> bytes | None:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._whole(headers, receive)
        except TimeoutError as error:
            raise BodyTimeoutError(
                f"The body did not arrive within {self._timeout_seconds:g} seconds.", mend="Send it again."
            ) from error

    async def _whole(self, headers: Headers, receive: Receive) -> bytes | None:
        """Return the body, or None where the client went away."""
        packing = _packing(headers.get("content-encoding", "identity"))
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self._limit_bytes:
            raise self._too_large()
        chunks: list[bytes] = []
        arrived = size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            chunk = message.get("body", b"")
            chunks.append(packing.feed(chunk, self._limit_bytes - size))
            arrived += len(chunk)
            size += len(chunks[-1])
            if max(arrived, size) > self._limit_bytes:
                raise self._too_large()
            if not message.get("more_body", False):
                packing.end()
                return b"".join(chunks)

    def _too_large(self) -> BodyTooLargeError:
        return BodyTooLargeError(
            f"A body holds at most {self._limit_bytes:,} bytes, unpacked.", mend="Split the request."
        )


async def _read(body: bytes) -> object:
    if len(body) > AT_ONCE_BYTES:
        return await run_in_threadpool(strict_json, body)
    return strict_json(body)


def strict_json(body: bytes) -> object:
    """Return what the body says; raises ``MalformedBodyError`` unless every parser reads it the same way."""
    try:
        return json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_each_name_once,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except (ValueError, RecursionError) as error:
        raise MalformedBodyError(
            "The body is not strict JSON: UTF-8, each name once, finite numbers, no deep nesting."
        ) from error


def _each_name_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = dict(pairs)
    if len(names) < len(pairs):
        raise ValueError("a name is repeated")
    return names


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is beyond a double")
    return number


def _packing(encoding: str) -> Gunzip | Plain:
    known: dict[str, type[Gunzip | Plain]] = {"identity": Plain, "gzip": Gunzip}
    if (packing := known.get(encoding.strip().lower())) is None:
        raise BodyEncodingError("A body is compressed with gzip, or not at all.", mend="Send it as gzip.")
    return packing()


def _fit_headers(scope: Scope, body: bytes) -> None:
    """Let the headers tell of the body as it is handed on, in the scope that others hold, too."""
    gone = {b"content-encoding", b"content-length", b"transfer-encoding"}
    kept = [header for header in scope["headers"] if header[0] not in gone]
    scope["headers"] = [*kept, (b"content-length", str(len(body)).encode())]


def _replaying(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay
