from __future__ import annotations

from typing import Any

import pytest

from serving.auth import Scope
from tests.serving.conftest import Shop

LOOKUP = "/v1/scores/lookup"
SCORE = "/v1/customers/c-7f/score"


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        (f"{SCORE}?reasons=maybe", "/reasons"),
        (f"{SCORE}?languages=ja", ""),
        (f"{SCORE}?reasons=true&reasons=true", ""),
        ("/v1/customers/%00/score", "/customer_id"),
    ],
)
def test_what_is_not_as_declared_is_told_field_by_field(served: Shop, path: str, pointer: str) -> None:
    answer = served.client.get(path)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/vnd.crm+json"])
def test_json_by_other_names_is_read_too(served: Shop, kind: str) -> None:
    body: Any = '{"customer_ids": ["c-7f"]}'
    answer = served.client.post(LOOKUP, content=body, headers={"Content-Type": kind})
    assert answer.status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_json_that_calls_itself_something_else_is_not_read(served: Shop, kind: str) -> None:
    body: Any = '{"customer_ids": ["c-7f"]}'
    answer = served.client.post(LOOKUP, content=body, headers={"Content-Type": kind})
    assert answer.status_code == 422


def test_a_method_that_the_route_does_not_know_is_refused(served: Shop) -> None:
    answer = served.client.post(SCORE)
    assert answer.status_code == 405


def test_who_may_not_ask_is_told_so_before_what_is_wrong(served: Shop) -> None:
    other = served.key(Scope.LISTS_READ)
    assert served.client.get(SCORE, headers=other).status_code == 403
    assert served.client.get(f"{SCORE}?languages=ja", headers=other).status_code == 403


def test_a_long_body_is_read_as_a_short_one_is(served: Shop) -> None:
    ids = [f"{number}{'x' * 400}" for number in range(999)]
    answer = served.client.post(LOOKUP, json={"customer_ids": [*ids, "c-7f"]})
    assert [one["customer_id"] for one in answer.json()["results"]] == [*ids, "c-7f"]
    refused = served.client.post(LOOKUP, content=b'{"a": "' + b"x" * 100_000 + b'", "a": 1}')
    assert refused.status_code == 400
