"""What holds for one worker process holds for all of them together."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import Message
from http.client import HTTPConnection

import pytest

from serving.auth import Scope, create_key, keys, revoke_key
from serving.store import Store
from tests.serving.real_server import Server, started, wait_until

LIMIT = 50


@pytest.fixture(scope="module", params=[2, pytest.param(4, marks=pytest.mark.prove)])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("workers")
    given = {"workers": request.param, "key_cache_seconds": 1, "log_level": "WARNING"}
    with started(folder, **given, requests_per_minute=100_000) as running:
        wait_until(lambda: len(workers_of(running)) == request.param)
        yield running


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: bytes

    @property
    def worker(self) -> int:
        """The process that answered /v1/worker."""
        return int(self.body)


def asked(server: Server, path: str = "/v1/worker") -> Answer:
    """Ask by a connection of its own, so that any worker may answer."""
    connection = HTTPConnection("127.0.0.1", server.settings.port, timeout=60)
    connection.request("GET", path, headers={"X-API-Key": server.key, "Connection": "close"})
    response = connection.getresponse()
    answer = Answer(response.status, response.headers, response.read())
    connection.close()
    return answer


def workers_of(server: Server, times: int = 20) -> set[int]:
    return {asked(server).worker for _ in range(times)}


def with_key(server: Server, **told: int) -> Server:
    with closing(Store.open(server.settings.store_url)) as store:
        return replace(server, key=create_key(store, "hasty", Scope, now=datetime.now(UTC), **told))


def test_a_limit_is_one_for_all_workers(server: Server) -> None:
    hasty = with_key(server, requests_per_minute=LIMIT)
    answers = [asked(hasty) for _ in range(2 * LIMIT + 10)]  # too many, also where a new minute begins
    let_in = [answer for answer in answers if answer.status == 200]
    assert LIMIT <= len(let_in) <= 2 * LIMIT
    assert {answer.status for answer in answers} == {200, 429}
    assert len({answer.worker for answer in let_in}) > 1
    places = [answer.headers["RateLimit"].split(";")[1] for answer in let_in]
    assert max(Counter(places).values()) <= 2, "a request of a minute was given out twice"


def test_a_revoked_key_is_refused_by_every_worker_within_five_seconds(server: Server) -> None:
    leaked = with_key(server)
    wait_until(lambda: len(workers_of(leaked)) > 1)
    with closing(Store.open(server.settings.store_url)) as store:
        revoke_key(store, leaked.key.split("_")[1], now=datetime.now(UTC))
    revoked = let_in = time.monotonic()
    refused = 0
    while refused < 40:
        begun = time.monotonic()
        if asked(leaked).status == 401:
            refused += 1
        else:
            refused, let_in = 0, begun
    assert let_in - revoked < 5


def test_the_last_use_reaches_the_store(server: Server) -> None:
    def last_used() -> bool:
        with closing(Store.open(server.settings.store_url)) as store:
            return keys(store)[0].last_used_at is not None

    wait_until(last_used)


def test_the_metrics_are_those_of_all_workers(server: Server) -> None:
    def told() -> int:
        counted = r'http_requests_total\{handler="/v1/worker",method="GET",status="200"\} (\d+)'
        found = re.search(counted, asked(server, "/metrics").body.decode())
        return int(found[1]) if found else 0

    before = told()
    assert len(workers_of(server, times=30)) > 1
    wait_until(lambda: told() == before + 30)


@pytest.mark.prove
def test_a_worker_that_dies_is_replaced(server: Server) -> None:
    before = workers_of(server)
    os.kill(min(before), signal.SIGKILL)
    wait_until(lambda: len(workers_of(server) - {min(before)}) == len(before))


def test_all_workers_answer_what_they_began_before_they_go(server: Server) -> None:
    answered: list[int] = []

    def ask_slowly() -> None:
        answered.append(asked(server, "/v1/slow").status)

    under_way = [threading.Thread(target=ask_slowly) for _ in range(6)]
    for thread in under_way:
        thread.start()
    wait_until((server.folder / "begun").exists)
    begun = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    (server.folder / "finish").touch()
    assert server.process.wait(timeout=60) == 0
    assert time.monotonic() - begun < 10
    for thread in under_way:
        thread.join()
    assert answered == [200] * 6
