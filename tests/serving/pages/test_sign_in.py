from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from serving.app import create_app
from serving.pages.door import PAGE_PATHS, SESSION_COOKIE
from serving.pages.sessions import make_link_token
from serving.service import ScoringService
from serving.settings import Settings
from serving.store import Store
from tests.serving.conftest import Shop


def bare(shop: Shop) -> TestClient:
    return TestClient(shop.client.app, follow_redirects=False)


def link(shop: Shop) -> str:
    return make_link_token(shop.store, now=datetime.now(UTC))


def test_a_link_signs_in_by_a_button_and_once(served: Shop) -> None:
    token = link(served)
    for _ in range(2):  # whatever follows links does not use it up
        page = bare(served).get("/sign-in", params={"token": token})
        assert page.status_code == 200
        assert token in page.text
    client = bare(served)
    assert (client.post("/sign-in", data={"token": token}).status_code, client.get("/").status_code) == (
        303,
        200,
    )
    again = bare(served).post("/sign-in", data={"token": token})
    assert again.status_code == 403
    assert "used before" in again.text
    assert SESSION_COOKIE not in again.cookies


def test_the_cookie_is_kept_from_scripts_other_sites_and_plain_http(served: Shop, store: Store) -> None:
    cookie = bare(served).post("/sign-in", data={"token": link(served)}).headers["set-cookie"]
    assert re.search("HttpOnly.*Max-Age=1209600.*Path=/.*SameSite=lax", cookie)
    assert "Secure" not in cookie
    settings = Settings(public_url="https://joren.example.com")
    app = create_app(settings, ScoringService(store, served.client.app.state.service.shelf))  # type: ignore[attr-defined]
    token = make_link_token(store, now=datetime.now(UTC))
    assert (
        "Secure"
        in TestClient(app, follow_redirects=False)
        .post("/sign-in", data={"token": token})
        .headers["set-cookie"]
    )


def test_without_a_session_every_page_leads_to_the_sign_in(served: Shop) -> None:
    for client in (bare(served), TestClient(served.client.app, follow_redirects=False, headers=served.key())):
        for path in PAGE_PATHS:
            answer = client.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    piece = bare(served).get("/", headers={"HX-Request": "true"})
    assert (piece.status_code, piece.headers["hx-redirect"], piece.text) == (401, "/sign-in", "")


def test_the_session_opens_nothing_of_the_api(served: Shop, visitor: TestClient) -> None:
    assert visitor.get("/").status_code == 200
    for path in ("/v1/at-risk", "/v1/customers/c-7f/score", "/metrics", "/v1/models/current"):
        assert visitor.get(path).status_code == 401
    assert visitor.post("/v1/scores/lookup", json={"customer_ids": ["c-7f"]}).status_code == 401
    assert served.client.get("/v1/at-risk").status_code == 200


def test_only_a_form_of_the_sessions_own_pages_signs_out(visitor: TestClient) -> None:
    for sent in ({}, {"form_token": ""}, {"form_token": "a" * 64}, {"form_token": "é"}):
        assert visitor.post("/sign-out", data=sent).status_code == 403
    assert visitor.get("/sign-out").status_code == 405
    page = visitor.get("/").text
    found = re.search(r'name="form_token" value="(\w+)"', page)
    assert found
    kept = dict(visitor.cookies)
    left = visitor.post("/sign-out", data={"form_token": found[1]})
    assert (left.status_code, left.headers["location"]) == (303, "/sign-in")
    visitor.cookies.update(kept)
    assert visitor.get("/").status_code == 303


@pytest.mark.parametrize(
    "body", [b"", b"token", b"\xff\xfe=\x00", b"token=" + b"a" * 100_000, b"a=1&" * 50, b"{}"]
)
def test_what_is_no_form_signs_nobody_in(served: Shop, body: bytes) -> None:
    answer = bare(served).post("/sign-in", content=body)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_forged_cookies_open_nothing(served: Shop) -> None:
    for value in ("x", "A" * 43, '"', "a;b=c", "%00", "A" * 7_000):
        answer = bare(served).get("/", headers={"Cookie": f"{SESSION_COOKIE}={value}"})
        assert answer.status_code == 303


def test_an_expired_session_is_over(
    served: Shop, visitor: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert visitor.get("/").status_code == 200
    monkeypatch.setattr("serving.pages.sessions.SESSION_LASTS", timedelta(seconds=-1))
    token = link(served)
    assert visitor.post("/sign-in", data={"token": token}).status_code == 303
    assert visitor.get("/").status_code == 303


def test_neither_token_reaches_the_log(served: Shop, caplog: pytest.LogCaptureFixture) -> None:
    token = link(served)
    client = bare(served)
    with caplog.at_level(logging.DEBUG):
        client.get("/sign-in", params={"token": token})
        client.post("/sign-in", data={"token": token})
        client.get("/customer", params={"id": "c-7f"})
    told = " ".join(
        f"{record.getMessage()} {record.__dict__.get('joren')}"
        for record in caplog.records
        if record.name.startswith("joren")
    )
    assert "/sign-in" in told
    assert not [secret for secret in (token, client.cookies[SESSION_COOKIE], "c-7f") if secret in told]


def test_a_store_that_does_not_answer_is_told_on_a_page(served: Shop, visitor: TestClient) -> None:
    with served.store.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE sessions RENAME TO gone")
    page = visitor.get("/")
    assert page.status_code == 503
    assert "The scores cannot be read just now" in page.text
