from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.server import ServerState

from serving import patience
from serving.head import HeadCheck
from serving.patience import PatientProtocol

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class App:
    """Answers with so many bytes; ``done`` once it is rid of them."""

    def __init__(self, answer_bytes: int = 2) -> None:
        self._answer = b"x" * answer_bytes
        self.done = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's
        length = str(len(self._answer)).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
        await send({"type": "http.response.body", "body": self._answer[:-1], "more_body": True})
        await send({"type": "http.response.body", "body": self._answer[-1:]})
        self.done.set()


@asynccontextmanager
async def connected(app: ASGIApp) -> AsyncIterator[Client]:
    config = uvicorn.Config(app, log_config=None, lifespan="off")
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: PatientProtocol(config, state, {}), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    try:
        yield reader, writer
    finally:
        writer.close()
        server.close()


async def to_the_end(reader: asyncio.StreamReader) -> bytes:
    read = b""
    try:
        while chunk := await reader.read(65_536):
            read += chunk
    except ConnectionError:
        pass
    return read


def run(client: Callable[[Client], Awaitable[None]], app: Callable[[], ASGIApp] = App) -> None:
    async def whole() -> None:
        async with connected(app()) as streams:
            await client(streams)

    asyncio.run(whole())


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n", REQUEST + b"GET / HT"])
def test_a_head_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.05)

    async def client(streams: Client) -> None:
        reader, writer = streams
        writer.write(sent)
        assert (await to_the_end(reader)).count(b"200 OK") == sent.count(REQUEST)

    run(client)


def test_a_head_without_end_is_not_kept() -> None:
    async def client(streams: Client) -> None:
        reader, writer = streams
        writer.write(b"GET / HTTP/1.1\r\nX-Endless: " + b"x" * 1_000_000)
        assert await to_the_end(reader) == b""

    run(client)


def test_a_target_that_no_parser_takes_apart_is_for_the_app_to_refuse() -> None:
    async def client(streams: Client) -> None:
        reader, writer = streams
        writer.write(b"GET /?cursor=" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 414 " in await reader.readline()

    run(client, lambda: HeadCheck(App()))


def test_who_takes_a_while_between_two_requests_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    async def client(streams: Client) -> None:
        reader, writer = streams
        for _ in range(2):
            writer.write(REQUEST)
            assert b"200 OK" in await reader.readuntil(b"xx")
            monkeypatch.setattr(patience, "HEAD_SECONDS", 0.0)
            await asyncio.sleep(0)

    run(client)


def test_an_answer_that_nobody_reads_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "READING_SECONDS", 0.05)

    async def whole() -> None:
        app = App(answer_bytes=50_000_000)
        async with connected(app) as (_, writer):
            writer.write(REQUEST)
            await app.done.wait()

    asyncio.run(whole())
