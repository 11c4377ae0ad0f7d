from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from starlette.routing import BaseRoute, Mount

from serving import tables
from serving.auth import Credential, Gatekeeper, Scope, create_key, keys, revoke_key, rotate_key
from serving.errors import KeyNotRotatedError, NotAllowedError, NotAuthenticatedError
from serving.gate import OPEN_PATHS, OPEN_UNDER
from serving.pages.door import PAGE_PATHS
from serving.store import Store
from serving.usage import KeyUsage
from tests.serving.conftest import Shop

NOW = datetime(2026, 4, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gatekeeper(store: Store, clock: Clock) -> Gatekeeper:
    return Gatekeeper(store, trust_seconds=4, clock=clock.now, monotonic=clock.monotonic)


def test_a_key_is_told_once_and_kept_as_a_hash(store: Store, gatekeeper: Gatekeeper) -> None:
    key = create_key(store, "crm", [Scope.LISTS_READ, Scope.SCORES_READ], now=NOW)
    word, prefix, secret = key.split("_")
    assert word == "joren"
    assert len(secret) * 5 >= 128
    admitted = gatekeeper.admit(Credential.of(key))
    assert (admitted.prefix, admitted.name) == (prefix, "crm")
    assert keys(store) == [admitted]
    with store.database.read() as connection:
        row = connection.execute(select(tables.api_keys)).one()
    assert secret not in repr(row)
    assert admitted.scopes == {"lists:read", "scores:read"}


def test_a_wrong_secret_an_unknown_prefix_and_no_key_are_told_alike(
    store: Store, gatekeeper: Gatekeeper
) -> None:
    key = create_key(store, "crm", [Scope.SCORES_READ], now=NOW)
    swapped = key[:-1] + ("a" if key[-1] != "a" else "b")
    told = set()
    for credential in (swapped, "joren_aaaaaaaaaa_" + "a" * 32, "joren", "", None, key.upper(), key + "a"):
        with pytest.raises(NotAuthenticatedError) as refused:
            gatekeeper.admit(Credential.of(credential))
        told.add(str(refused.value))
    assert len(told) == 1


def test_an_expired_key_is_refused_from_its_very_second(
    store: Store, gatekeeper: Gatekeeper, clock: Clock
) -> None:
    key = create_key(store, "crm", [Scope.SCORES_READ], now=NOW, expires_at=NOW + timedelta(seconds=2))
    clock.seconds = 1.9
    gatekeeper.admit(Credential.of(key))
    clock.seconds = 2
    with pytest.raises(NotAuthenticatedError):
        gatekeeper.admit(Credential.of(key))


def test_a_revocation_is_seen_once_trust_runs_out(store: Store, gatekeeper: Gatekeeper, clock: Clock) -> None:
    old = create_key(store, "crm", [Scope.SCORES_READ], now=NOW)
    new = create_key(store, "crm", [Scope.SCORES_READ], now=NOW)
    gatekeeper.admit(Credential.of(old))
    assert revoke_key(store, old.split("_")[1], now=NOW)
    assert not revoke_key(store, old.split("_")[1], now=NOW)
    assert gatekeeper.admit(Credential.of(old))
    assert gatekeeper.answers_at_once(Credential.of(old))
    clock.seconds = 4
    assert gatekeeper.answers_at_once(Credential.of(old)) == store.is_local
    with pytest.raises(NotAuthenticatedError):
        gatekeeper.admit(Credential.of(old))
    gatekeeper.admit(Credential.of(new))


def test_while_a_key_is_rotated_two_are_live(store: Store, gatekeeper: Gatekeeper, clock: Clock) -> None:
    old = create_key(store, "crm", [Scope.LISTS_READ], now=NOW, requests_per_minute=7)
    new = rotate_key(store, old.split("_")[1], now=NOW, grace=timedelta(hours=1))
    assert gatekeeper.admit(Credential.of(old)).replaced_by == new.split("_")[1]
    admitted = gatekeeper.admit(Credential.of(new))
    assert (admitted.name, admitted.scopes, admitted.requests_per_minute) == ("crm", {"lists:read"}, 7)
    clock.seconds = 3_600
    with pytest.raises(NotAuthenticatedError):
        gatekeeper.admit(Credential.of(old))
    assert gatekeeper.admit(Credential.of(new)).expires_at is None


def test_a_rotation_lengthens_no_life_unless_told_to(store: Store) -> None:
    ends = NOW + timedelta(hours=2)
    old = create_key(store, "trial", [Scope.LISTS_READ], now=NOW, expires_at=ends)
    rotate_key(store, old.split("_")[1], now=NOW, grace=timedelta(days=7))
    assert [key.expires_at for key in keys(store)] == [ends, ends]


def test_only_a_live_key_is_rotated_and_only_once(store: Store) -> None:
    old = create_key(store, "crm", [Scope.LISTS_READ], now=NOW).split("_")[1]
    new = rotate_key(store, old, now=NOW, grace=timedelta(hours=1)).split("_")[1]
    with pytest.raises(KeyNotRotatedError, match=f"rotated to {new}"):
        rotate_key(store, old, now=NOW, grace=timedelta(hours=1))
    revoke_key(store, new, now=NOW)
    for prefix in (new, "aaaaaaaaaa"):
        with pytest.raises(KeyNotRotatedError, match="no live key"):
            rotate_key(store, prefix, now=NOW, grace=timedelta(hours=1))
    assert len(keys(store)) == 2


def test_the_last_use_of_a_key_is_known_to_the_minute(store: Store) -> None:
    prefix = create_key(store, "crm", [Scope.LISTS_READ], now=NOW).split("_")[1]
    second = NOW.timestamp() + 119
    usage, behind = KeyUsage(store, clock=lambda: second), KeyUsage(store, clock=lambda: second - 60)
    for one in (usage, behind):
        one.saw(prefix)
        one.saw("aaaaaaaaaa")
        one.write_down()
    assert [key.last_used_at for key in keys(store)] == [NOW + timedelta(minutes=1)]


def test_a_use_that_cannot_be_written_yet_is_written_later(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/scores.db")
    prefix = create_key(store, "crm", [Scope.LISTS_READ], now=NOW).split("_")[1]
    usage = KeyUsage(store, clock=NOW.timestamp)
    usage.saw(prefix)
    with store.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE api_keys RENAME TO elsewhere")
    usage.write_down()
    with store.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO api_keys")
    usage.write_down()
    assert [key.last_used_at for key in keys(store)] == [NOW]
    store.close()


def test_the_memory_of_keys_is_bounded(
    store: Store, gatekeeper: Gatekeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.auth.REMEMBERED", 2)
    for _ in range(5):
        gatekeeper.admit(Credential.of(create_key(store, "crm", [Scope.SCORES_READ], now=NOW)))
        assert len(gatekeeper._remembered) <= 2


def test_a_key_demands_its_scope(store: Store, gatekeeper: Gatekeeper) -> None:
    key = gatekeeper.admit(Credential.of(create_key(store, "crm", [Scope.SCORES_READ], now=NOW)))
    key.demand(Scope.SCORES_READ)
    with pytest.raises(NotAllowedError, match="lists:read"):
        key.demand(Scope.LISTS_READ)


def paths_of(routes: list[BaseRoute]) -> Iterator[str]:
    """Every path that the app answers, through routers that are included and apps that are mounted."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            yield from paths_of(included.routes)
        elif isinstance(route, Mount):
            yield f"{route.path}/"
        else:
            yield str(route.path)  # type: ignore[attr-defined]


def test_without_a_key_only_the_listed_paths_answer(served: Shop) -> None:
    paths = set(paths_of(served.client.app.routes))  # type: ignore[attr-defined]
    assert {"/v1/customers/{customer_id:path}/score", "/v1/scores/lookup", "/metrics"} <= paths
    bare = TestClient(served.client.app, raise_server_exceptions=False)
    open_paths = set()
    for path in paths:
        filled = path.replace("{customer_id:path}", "c-7f")
        methods = ("GET", "POST", "PUT", "OPTIONS")
        answers = [bare.request(method, filled, follow_redirects=False) for method in methods]
        shut = "/sign-in" if path in PAGE_PATHS else None
        if {(one.status_code, one.headers.get("location")) for one in answers} != {
            (303 if shut else 401, shut)
        }:
            open_paths.add(path)
    listed = {
        "/livez",
        "/readyz",
        "/v2/health/live",
        "/v2/health/ready",
        "/openapi.json",
        "/docs",
        "/sign-in",
        "/static/",
    }
    assert listed == OPEN_PATHS | {OPEN_UNDER}
    assert open_paths == listed & paths
    assert paths >= PAGE_PATHS


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/", "/nothing", "/docs/", "/livez/x", "/static", "http://testserver//livez"]
)
def test_what_is_no_route_is_closed_too(served: Shop, path: str) -> None:
    bare = TestClient(served.client.app)
    answer = bare.get(path)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="joren"'


def test_the_door_for_static_files_leads_nowhere_else(served: Shop) -> None:
    bare = TestClient(served.client.app)
    for path in ("/static/..%2f..%2fapp.py", "/static/%2e%2e/app.py", "/static/", "/static/swagger-ui"):
        assert bare.get(path).status_code in {401, 404}


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/v1/customers/c-7f/score", Scope.SCORES_READ),
        ("/v1/scores", Scope.SCORES_READ),
        ("/v1/customers/c-7f/history", Scope.SCORES_READ),
        ("/v1/models", Scope.SCORES_READ),
        ("/v1/models/current", Scope.SCORES_READ),
        ("/v1/runs", Scope.SCORES_READ),
        ("/v1/at-risk", Scope.LISTS_READ),
        ("/v1/segments", Scope.LISTS_READ),
        ("/v1/segments/Champions/customers", Scope.LISTS_READ),
        ("/metrics", Scope.METRICS_READ),
    ],
)
def test_each_route_wants_its_scope(served: Shop, path: str, scope: Scope) -> None:
    assert served.client.get(path, headers=served.key(scope)).status_code == 200
    others = [other for other in Scope if other is not scope]
    refused = served.client.get(path, headers=served.key(*others))
    assert refused.status_code == 403
    assert refused.json()["type"] == "urn:joren:problem:not-allowed"


def test_a_key_is_taken_from_either_header(served: Shop) -> None:
    bare = TestClient(served.client.app)
    key = served.key(Scope.LISTS_READ)["X-API-Key"]
    for headers in (
        {"Authorization": f"Bearer {key}"},
        {"authorization": f"bearer  {key}"},
        {"X-API-Key": key},
    ):
        assert bare.get("/v1/at-risk", headers=headers).status_code == 200
    both = {"Authorization": f"Bearer {key}", "X-API-Key": key}
    assert bare.get("/v1/at-risk", headers=both).status_code == 200
    for headers in (
        {"Authorization": key},
        {"Authorization": f"Basic {key}"},
        {"Authorization": "Bearer"},
        both | {"X-API-Key": key[:-1]},
        both | {"Authorization": "Basic abc"},
    ):
        assert bare.get("/v1/at-risk", headers=headers).status_code == 401


def test_a_revoked_and_an_expired_key_open_nothing(served: Shop) -> None:
    live = served.key(Scope.LISTS_READ)
    expired = served.key(Scope.LISTS_READ, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert served.client.get("/v1/at-risk", headers=expired).status_code == 401
    assert served.client.get("/v1/at-risk", headers=live).status_code == 200
    revoke_key(served.store, live["X-API-Key"].split("_")[1], now=datetime.now(UTC))
    assert served.client.get("/v1/at-risk", headers=live).status_code == 401


def test_other_origins_get_no_leave(served: Shop) -> None:
    answer = served.client.get("/v1/at-risk", headers={"Origin": "https://elsewhere.example"})
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_keys_survive_the_process(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/scores.db"
    first = Store.open(url)
    key = create_key(first, "crm", [Scope.SCORES_READ], now=NOW)
    first.close()
    second = Store.open(url)
    assert Gatekeeper(second, 0).admit(Credential.of(key)).name == "crm"
    second.close()
