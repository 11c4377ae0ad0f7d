from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from serving.auth import ApiKey, Scope, create_key
from serving.limits import SLOTS, Guesses, Limits, Quota, Tally
from tests.serving.conftest import NOW, Shop


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_000 * 60.0

    def __call__(self) -> float:
        return self.seconds


def key(prefix: str, requests_per_minute: int | None = None) -> ApiKey:
    made = datetime(2026, 4, 1, tzinfo=UTC)
    return ApiKey(prefix, "test", frozenset(), made, None, None, requests_per_minute=requests_per_minute)


@pytest.fixture(params=["of this process", "in a file"])
def tally(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tally]:
    made = Tally(tmp_path / "tally" if request.param == "in a file" else None)
    yield made
    made.close()


def test_a_key_has_so_many_requests_a_minute_and_then_a_new_minute(tally: Tally) -> None:
    clock = Clock()
    limits = Limits(tally, 3, clock=clock)
    clock.seconds += 17.5
    spent = [limits.spend(key("crm")) for _ in range(4)]
    assert [quota.is_exceeded for quota in spent] == [False, False, False, True]
    assert spent[3] == Quota(limit=3, used=4, reset_seconds=43)
    assert spent[1].headers == {
        "RateLimit-Policy": '"requests";q=3;w=60',
        "RateLimit": '"requests";r=1;t=43',
    }
    assert not limits.spend(key("another")).is_exceeded
    clock.seconds += 43
    assert limits.spend(key("crm")) == Quota(limit=3, used=1, reset_seconds=60)


def test_a_key_may_have_a_limit_of_its_own(tally: Tally) -> None:
    limits = Limits(tally, 1, clock=Clock())
    assert [limits.spend(key("crm", 2)).is_exceeded for _ in range(3)] == [False, False, True]


def test_so_many_guesses_a_minute_and_each_address_has_its_own(tally: Tally) -> None:
    clock = Clock()
    guesses = Guesses(tally, 2, clock=clock)
    clock.seconds += 17.5
    waits = []
    for _ in range(3):
        waits.append(guesses.wait_seconds("192.0.2.1"))
        guesses.note("192.0.2.1")
    assert waits == [0, 0, 43]
    assert guesses.wait_seconds("192.0.2.2") == 0
    clock.seconds += 43
    assert guesses.wait_seconds("192.0.2.1") == 0


def test_keys_that_fall_on_one_slot_are_counted_apart(tally: Tally) -> None:
    names = [f"key-{number}" for number in range(SLOTS // 4)]
    for expected in (1, 2):
        assert {tally.add(name, 7) for name in names} == {expected}
    assert {tally.add(name, 8) for name in reversed(names)} == {1}
    assert {tally.add(name, 8) for name in names} == {2}


def test_more_keys_than_slots_break_nothing(tally: Tally, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.limits.SLOTS", 4)
    assert {tally.add(f"key-{number}", 7) for number in range(9)} == {1}


def count(file: Path, times: int) -> None:
    tally = Tally(file)
    for _ in range(times):
        tally.add("crm", 7)


def test_processes_lose_no_count(tmp_path: Path) -> None:
    file = tmp_path / "tally"
    forking = multiprocessing.get_context("fork")
    workers = [forking.Process(target=count, args=(file, 2_000)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    assert Tally(file).add("crm", 7) == 6_001


def test_a_spent_minute_is_a_429_that_says_when_to_go_on(served: Shop) -> None:
    secret = create_key(served.store, "hasty", [Scope.LISTS_READ], now=NOW, requests_per_minute=2)
    headers = {"X-API-Key": secret}
    answers = [served.client.get("/v1/at-risk", headers=headers) for _ in range(7)]  # within two minutes
    assert {answer.status_code for answer in answers} == {200, 429}
    assert answers[0].headers["RateLimit"].startswith('"requests";r=1;t=')
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["title"] == "Too many requests"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["RateLimit-Policy"] == '"requests";q=2;w=60'
    assert served.client.get("/v1/at-risk").status_code == 200
    assert "RateLimit" not in served.client.get("/livez").headers


def test_who_guesses_keys_is_sent_away_and_known_keys_are_not(served: Shop) -> None:
    known, other = served.key(Scope.LISTS_READ), served.key(Scope.LISTS_READ)
    assert served.client.get("/v1/at-risk", headers=known).status_code == 200
    tried = [{"X-API-Key": f"joren_{'a' * 10}_{'a' * 32}"}] * 130  # more than two minutes' worth
    answers = [served.client.get("/v1/at-risk", headers=headers) for headers in tried]
    assert {answer.status_code for answer in answers} == {401, 429}
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert served.client.get("/v1/at-risk", headers=known).status_code == 200
    assert served.client.get("/v1/at-risk", headers={"X-API-Key": "nonsense"}).status_code == 401
    assert served.client.get("/v1/at-risk", headers=other).status_code in {200, 429}
