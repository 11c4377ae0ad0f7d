from __future__ import annotations

import asyncio
import gzip
import json

import pytest
from starlette.types import Message

from serving.body import BodyCheck, strict_json
from serving.errors import MalformedBodyError
from serving.unpacking import Gunzip
from tests.serving.conftest import Shop

LOOKUP = "/v1/scores/lookup"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "body",
    [
        b'{"customer_ids": [NaN]}',
        b'{"customer_ids": [Infinity]}',
        b'{"customer_ids": [-Infinity]}',
        b'{"customer_ids": [1e309]}',
        b'{"customer_ids": ["c-7f"], "customer_ids": ["00123"]}',
        b'{"customer_ids": ["c-7f"]',
        b"{'customer_ids': []}",
        b'{"customer_ids": ["c-7f"],}',
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"customer_ids": ["\xff"]}',
        '{"customer_ids": ["c-7f"]}'.encode("utf-16"),
        b'\xef\xbb\xbf{"customer_ids": ["c-7f"]}',
        b'{"customer_ids": [' + b"9" * 5_000 + b"]}",
        b'{"customer_ids": ["tab\there"]}',
        b"\0",
        b" ",
    ],
)
def test_what_is_not_strict_json_is_a_400(served: Shop, body: bytes) -> None:
    answer = served.client.post(LOOKUP, content=body, headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:joren:problem:malformed-body"


@pytest.mark.parametrize(
    "body",
    [
        rb'{"customer_ids": ["\ud800"]}',
        rb'{"customer_ids": ["\udfff\ud800"]}',
        rb'{"customer_ids": ["nul\u0000"]}',
        rb'{"\ud800": 1, "customer_ids": ["c-7f"]}',
        b"null",
        b"",
    ],
)
def test_what_is_json_but_says_nothing_is_a_422(served: Shop, body: bytes) -> None:
    answer = served.client.post(LOOKUP, content=body, headers=JSON)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_of_another_type_is_refused(served: Shop, content_type: str) -> None:
    body = b'{"customer_ids": ["c-7f"]}'
    answer = served.client.post(LOOKUP, content=body, headers={"Content-Type": content_type})
    assert answer.status_code == 422


def test_a_body_of_a_mebibyte_is_the_largest(served: Shop) -> None:
    fitting = json.dumps({"customer_ids": ["x" * (1_048_576 - 22)]}).encode()
    assert len(fitting) == 1_048_576
    assert served.client.post(LOOKUP, content=fitting, headers=JSON).status_code == 200
    answer = served.client.post(LOOKUP, content=fitting + b" ", headers=JSON)
    assert (answer.status_code, answer.json()["title"]) == (413, "Body too large")
    assert answer.headers["Connection"] == "close"


def test_the_size_is_counted_while_a_body_of_unknown_length_arrives(served: Shop) -> None:
    arrived = 0

    def endless() -> object:
        nonlocal arrived
        while arrived < 100:
            arrived += 1
            yield b" " * 100_000

    answer = served.client.post(LOOKUP, content=endless(), headers=JSON)
    assert answer.status_code == 413


async def read_nothing(_scope: object, _receive: object, _send: object) -> None:
    raise AssertionError("the app was reached")


def test_no_more_is_read_than_the_limit_and_one_piece() -> None:
    pieces, sent = 0, []

    async def receive() -> Message:
        nonlocal pieces
        pieces += 1
        return {"type": "http.request", "body": b" " * 10, "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "path": LOOKUP, "headers": [(b"transfer-encoding", b"chunked")]}
    asyncio.run(BodyCheck(read_nothing, limit_bytes=25, timeout_seconds=60)(scope, receive, send))
    assert pieces == 3
    assert sent[0]["status"] == 413


def test_a_client_that_goes_away_is_not_answered() -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "path": LOOKUP, "headers": [(b"content-length", b"10")]}
    asyncio.run(BodyCheck(read_nothing, limit_bytes=25, timeout_seconds=60)(scope, receive, send))
    assert sent == []


PACKED = JSON | {"Content-Encoding": "gzip"}


def test_a_body_may_come_as_gzip(served: Shop) -> None:
    body = gzip.compress(json.dumps({"customer_ids": ["c-7f", "nobody"]}).encode())
    answer = served.client.post(LOOKUP, content=body, headers=PACKED)
    assert [one["status"] for one in answer.json()["results"]] == ["found", "not_found"]
    one_by_one = (body[place : place + 1] for place in range(len(body)))
    assert served.client.post(LOOKUP, content=one_by_one, headers=PACKED).json() == answer.json()


def test_the_size_is_counted_as_it_unpacks(served: Shop) -> None:
    fitting = b'{"customer_ids": ["c-7f"]}'.ljust(1_048_576)
    assert served.client.post(LOOKUP, content=gzip.compress(fitting), headers=PACKED).status_code == 200
    answer = served.client.post(LOOKUP, content=gzip.compress(fitting + b" "), headers=PACKED)
    assert (answer.status_code, answer.json()["title"]) == (413, "Body too large")


def test_no_more_of_a_bomb_is_unpacked_than_the_limit() -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    assert len(Gunzip().feed(bomb, limit=1_000)) == 1_001
    pieces, sent = [bomb[start : start + 100] for start in range(0, len(bomb), 100)], []

    async def receive() -> Message:
        return {"type": "http.request", "body": pieces.pop(0), "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    left = len(pieces)
    scope = {
        "type": "http",
        "path": LOOKUP,
        "headers": [(b"transfer-encoding", b"chunked"), (b"content-encoding", b"gzip")],
    }
    check = BodyCheck(read_nothing, limit_bytes=1_048_576, timeout_seconds=60)
    asyncio.run(check(scope, receive, send))
    assert sent[0]["status"] == 413
    assert left - len(pieces) < left / 20


EMPTY = gzip.compress(b"{}", mtime=0)
NO_WHOLE_GZIP = {
    "no gzip": b"no gzip",
    "cut short": EMPTY[:-1],
    "bytes after the end": EMPTY + b"{}",
    "two members": EMPTY * 2,
    "wrong checksum": EMPTY[:-5] + b"\0" * 5,
    "no strict JSON": gzip.compress(b'{"a": NaN}', mtime=0),
    "nothing": b"",
}


@pytest.mark.parametrize("body", NO_WHOLE_GZIP.values(), ids=NO_WHOLE_GZIP)
def test_what_is_no_whole_gzip_is_a_400(served: Shop, body: bytes) -> None:
    answer = served.client.post(LOOKUP, content=body, headers=PACKED)
    assert (answer.status_code, answer.json()["title"]) == (400, "Malformed body")


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "gzip;q=1", "x" * 100, ""])
def test_another_encoding_is_refused_unread(served: Shop, encoding: str) -> None:
    answer = served.client.post(LOOKUP, content=b"{}", headers=JSON | {"Content-Encoding": encoding})
    assert (answer.status_code, answer.json()["title"]) == (415, "Body encoding")
    assert answer.headers["Accept-Encoding"] == "gzip"


def test_a_body_that_does_not_arrive_is_a_408() -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return await asyncio.Future()

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "path": LOOKUP, "headers": [(b"content-length", b"10")]}
    asyncio.run(BodyCheck(read_nothing, limit_bytes=25, timeout_seconds=0.01)(scope, receive, send))
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]


def test_heads_have_an_end(served: Shop) -> None:
    fitting, too_long = "x" * 20_000, "x" * 33_000
    for path, status in (("/livez", 200), ("/v1/customers/%s/score", 404), ("/v1/at-risk?cursor=%s", 422)):
        assert served.client.get(path.replace("%s", fitting)).status_code == status
        answer = served.client.get(path.replace("%s", too_long), headers={"X-Long": fitting})
        assert answer.status_code == (414 if "%s" in path else 200)
    answer = served.client.get("/livez", headers={"X-Long": too_long})
    assert (answer.status_code, answer.json()["title"]) == (431, "Headers too large")
    assert answer.headers["Connection"] == "close"


def test_strict_json_lets_ordinary_json_by() -> None:
    for body in (b"{}", b'{"a": [1, 2.5, -1e-9, "x", null, true]}', '{"名": "値"}'.encode()):
        strict_json(body)
    with pytest.raises(MalformedBodyError):
        strict_json(b'{"a": {"b": 1, "b": 2}}')
