from __future__ import annotations

import re
import shutil
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from serving.auth import Scope
from serving.background import Background, Document
from serving.errors import ServingError
from serving.staleness import Staleness
from serving.store import Store
from tests.serving.conftest import Shop, running
from tests.serving.frames import PUBLISHED_AT, VERSION, run_info, shop


def test_the_model_behind_the_scores(served: Shop) -> None:
    assert served.client.get("/v1/models/current").json() == {
        "version": VERSION,
        "method": "out-of-time",
        "as_of": "2026-03-31",
        "horizon_days": 91,
        "zone": "Asia/Tokyo",
        "currency": "JPY",
        "features": ["orders", "days_since_last_order", "median_gap_days"],
        "run_id": "run-1",
        "published_at": "2026-04-01T03:30:00Z",
        "customers": 200,
    }
    assert served.client.get("/v1/models/current?x=1").status_code == 422


def test_alive_though_nothing_else_is(unpublished: Shop) -> None:
    unpublished.store.close()
    shutil.rmtree(unpublished.bundles)
    assert unpublished.client.get("/livez").json() == {"status": "live"}


def test_ready_only_with_scores_their_model_and_open_doors(unpublished: Shop) -> None:
    def answer() -> tuple[int, str]:
        got = unpublished.client.get("/readyz")
        return got.status_code, got.json().get("detail", "")

    assert answer() == (503, "No scores have been published yet.")
    unpublished.store.publish(*shop(), run=run_info())
    assert answer() == (200, "")
    unpublished.client.app.state.lifecycle.draining = True  # type: ignore[attr-defined]
    assert answer() == (503, "The service is draining.")


def test_not_ready_without_the_bundle(served: Shop) -> None:
    shutil.rmtree(served.bundles / VERSION)
    answer = served.client.get("/readyz")
    assert (answer.status_code, answer.json()["title"]) == (503, "Not ready")
    assert answer.json()["detail"] == "The model behind the scores cannot be loaded."


def test_not_ready_when_the_store_does_not_answer(served: Shop) -> None:
    with served.store.database.write() as connection:
        connection.exec_driver_sql("DROP TABLE current_run")
    for path in ("/readyz", "/v1/customers/c-7f/score"):
        answer = served.client.get(path)
        assert answer.status_code == 503
        assert "The score store does not answer." in answer.json()["detail"]
        assert "current_run" not in answer.text


def test_metrics_count_by_template_and_name_no_customer(served: Shop) -> None:
    served.client.get("/v1/customers/c-7f/score?reasons=true")
    served.client.get("/v1/customers/c-7f/score")
    served.client.get("/v1/customers/hidden-id/score")
    served.client.get("/hidden-path")
    served.client.get("/static/swagger-ui/start.js")
    served.client.request("BREW", "/livez")
    text = served.client.get("/metrics").text
    for line in (
        'http_requests_total{handler="/v1/customers/{customer_id}/score",method="GET",status="200"} 2.0',
        'http_requests_total{handler="/v1/customers/{customer_id}/score",method="GET",status="404"} 1.0',
        'http_requests_total{handler="unmatched",method="GET",status="404"} 1.0',
        'http_requests_total{handler="/static/",method="GET",status="200"} 1.0',
        'http_requests_total{handler="/livez",method="OTHER",status="405"} 1.0',
        f'model_info{{version="{VERSION}"}} 1.0',
        "scores_customers 200.0",
    ):
        assert line in text
    published = re.search(r"^scores_published_timestamp_seconds (\S+)$", text, re.MULTILINE)
    assert published
    assert float(published[1]) == PUBLISHED_AT.timestamp()
    assert re.search(r'duration_seconds_count\{handler="/v1/customers/\{customer_id\}/score".*\} 3\.0', text)
    assert "hidden" not in text
    assert "c-7f" not in text


def test_metrics_tell_of_the_data_behind_the_scores(served: Shop) -> None:
    refused = Background(documents={Document.REFUSED_ROWS: {"no_amount": 3, "no_customer": 1}})
    served.store.publish(*shop(run_id="run-2"), run=run_info("run-2"), background=refused)
    text = served.client.get("/metrics").text
    assert 'rows_refused_total{reason="no_amount",source="run"} 3.0' in text
    assert 'rows_refused_total{reason="no_customer",source="run"} 1.0' in text
    assert text.count("# TYPE rows_refused_total counter") == 1
    assert "scores_stale 1.0" in text


def test_stale_scores_are_told_with_every_answer_of_the_api(served: Shop) -> None:
    answer = served.client.get("/v1/at-risk")
    told = re.fullmatch(r"true; age_days=(\d+)", answer.headers["Joren-Scores-Stale"])
    assert told
    assert int(told[1]) == (datetime.now(UTC) - PUBLISHED_AT).days
    assert "Joren-Scores-Stale" not in served.client.get("/livez").headers


def test_fresh_scores_are_not(tmp_path: Path) -> None:
    with closing(Store.open(f"sqlite:///{tmp_path}/scores.db")) as store:
        now = replace(run_info(), published_at=datetime.now(UTC))
        store.publish(*shop(), run=now)
        with running(store, tmp_path) as fresh:
            assert "Joren-Scores-Stale" not in fresh.client.get("/v1/at-risk").headers
            assert "scores_stale 0.0" in fresh.client.get("/metrics").text


def test_scores_are_stale_once_the_next_run_is_overdue() -> None:
    published = datetime(2026, 4, 1, tzinfo=UTC)
    on_the_day = Staleness.of(published, published + timedelta(days=35), 35)
    assert (on_the_day.is_stale, on_the_day.age_days) == (False, 35)
    assert Staleness.of(published, published + timedelta(days=35, seconds=1), 35).is_stale


def test_two_apps_in_one_process_count_apart(served: Shop, tmp_path: Path) -> None:
    with closing(Store.open(f"sqlite:///{tmp_path}/another.db")) as store:
        with running(store, tmp_path / "another") as other:
            other.client.get("/livez")
        assert 'handler="/livez"' not in served.client.get("/metrics").text


def test_request_ids_come_back_or_are_made(served: Shop) -> None:
    assert (
        served.client.get("/livez", headers={"X-Request-Id": "crm-42.a_B"}).headers["X-Request-Id"]
        == "crm-42.a_B"
    )
    for odd in ("", "a b", "x" * 129, "id=1", "<script>", "a/b"):
        given = served.client.get("/livez", headers={"X-Request-Id": odd}).headers["X-Request-Id"]
        assert re.fullmatch(r"[0-9a-f]{32}", given)
    answer = served.client.get("/nothing", headers={"X-Request-Id": "crm-43"})
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"] == "crm-43"


@pytest.mark.parametrize(
    "path", ["/livez", "/docs", "/openapi.json", "/nothing", "/static/swagger-ui/start.js"]
)
def test_every_answer_wears_the_security_headers(served: Shop, path: str) -> None:
    headers = served.client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == ("no-cache" if path.startswith("/static/") else "no-store")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/v1/customers/c-7f", 405),
        ("GET", "/v1/customers/c-7f%2Fscore", 405),
        ("GET", "/v1/customers/c-7f/more/score", 404),
        ("GET", "/v1/at-risk/", 404),
        ("DELETE", "/v1/at-risk", 405),
        ("PATCH", "/v1/scores/lookup", 405),
        ("GET", "/static/nothing.js", 404),
        ("POST", "/docs", 405),
    ],
)
def test_what_the_framework_refuses_is_a_problem_too(
    served: Shop, method: str, path: str, status: int
) -> None:
    answer = served.client.request(method, path)
    assert answer.status_code == answer.json()["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert "c-7f" not in answer.text
    if status == 405:
        allowed = answer.headers["Allow"].split(", ")
        assert ("GET" in allowed) == ("HEAD" in allowed)


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/v1/at-risk", "/v1/scores", "/v2", "/docs", "/v1/no"])
def test_a_head_is_answered_as_a_get_without_its_body(
    served: Shop, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    wanted = served.client.get(path)
    caplog.clear()
    with caplog.at_level("INFO", "joren.access"):
        answer = served.client.head(path)
    assert (answer.status_code, answer.content) == (wanted.status_code, b"")
    for name in ("content-type", "content-length", "etag", "link"):
        assert answer.headers.get(name) == wanted.headers.get(name)
    (line,) = (record.joren for record in caplog.records if record.name == "joren.access")  # type: ignore[attr-defined]
    assert (line["method"], line["route"]) == ("HEAD", "unmatched" if path == "/v1/no" else path)


def test_a_refusal_says_what_is_wrong_and_what_is_known(served: Shop) -> None:
    def told(path: str, **body: object) -> tuple[str, str]:
        answer = served.client.post(path, json=body) if body else served.client.get(path)
        problem = answer.json()
        assert answer.status_code == 422
        assert "secret" not in answer.text
        (one,) = problem["errors"]
        assert problem["detail"].endswith(f"{one['message']}.")
        return one["pointer"], one["message"]

    assert told("/v1/at-risk?limit=101") == ("/limit", "Input should be less than or equal to 100")
    pointer, message = told("/v1/at-risk?secret=1")
    assert pointer == ""
    assert message.startswith("A parameter is not known. Known are status, band, segment, ")
    assert told("/v1/customers/c-7f/score?secret=1")[1].endswith("Known are reasons, language")
    assert told("/v1/cx?secret=1") == ("", "No parameter is known here")
    assert told("/v1/segments/secret/customers")[1].startswith("The segments are Champions, ")
    assert told("/v1/scores/lookup", customer_ids=["c-7f"], secret=1) == ("", "A field here is not known")
    empty = served.client.post("/v1/jobs/score").json()
    assert empty["detail"] == "The request is not as it should be. body: A body is required."
    many = served.client.post("/v1/scores/lookup", json={"customer_ids": [1] * 5}).json()
    assert (len(many["errors"]), many["detail"].endswith("And 2 more.")) == (5, True)
    inference = served.client.post("/v2/models/joren/infer", json={}).json()
    assert inference == {"error": "The request is not as it should be. body /inputs: Field required."}


@pytest.mark.parametrize("error", [RuntimeError("secret c-7f"), ServingError("secret c-7f")])
def test_a_fault_is_a_500_that_tells_nothing(
    served: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(Store, "score", fail)
    answer = served.client.get("/v1/customers/c-7f/score", headers={"X-Request-Id": "crm-44"})
    assert answer.status_code == 500
    assert answer.json() == {
        "type": "urn:joren:problem:internal-error",
        "title": "Internal error",
        "status": 500,
        "detail": "The fault is Joren's. Quote the request id when you report it.",
        "request_id": "crm-44",
    }
    fault = next(record for record in caplog.records if record.getMessage() == "fault")
    assert fault.joren == {"request_id": "crm-44"}  # type: ignore[attr-defined]
    assert served.client.get("/livez").status_code == 200


def test_the_docs_page_loads_nothing_from_elsewhere(served: Shop) -> None:
    answer = served.client.get("/docs")
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "http" not in policy
    assert "unsafe" not in policy
    loaded = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
    assert loaded
    for path in loaded:
        assert path.startswith("/")
        assert not path.startswith("//")
        assert served.client.get(path).status_code == 200
    script = served.client.get("/static/swagger-ui/start.js").text
    assert '"/openapi.json"' in script
    assert "validatorUrl: null" in script
    style = served.client.get("/static/swagger-ui/swagger-ui.css").text
    assert not re.search(r"url\(['\"]?(https?:)?//", style)
    assert "@import" not in style


def test_a_service_that_watches_no_models_takes_none_in(served: Shop) -> None:
    path = "/v1/models/current/reload"
    assert served.client.post(path, headers=served.key(Scope.SCORES_READ)).status_code == 403
    answer = served.client.post(path, headers=served.key(Scope.MODELS_ADMIN))
    assert (answer.status_code, answer.json()["title"]) == (503, "Model unavailable")
